import { assert, assertEquals, assertRejects } from "@std/assert";
import { basename } from "@std/path";
import { KernelError } from "../../src/kernel/errno.ts";
import { SIGKILL } from "../../src/kernel/processes.ts";
import { assertRefused, background, type Promises, start } from "./fixture.ts";

/** Promises of namespaces. */
export const namespacePromises: Promises = {
  "pin() binds each kind to its path": async ({ kernel: { files, namespaces }, scratch }) => {
    const pins = { net: `${scratch}/net`, ipc: `${scratch}/ipc`, uts: `${scratch}/uts` };
    assertEquals(await namespaces.isPinned(pins.net), false);
    await namespaces.pin(pins, "a-host");
    const inodes = new Set<number | undefined>();
    for (const path of Object.values(pins)) {
      assertEquals(await namespaces.isPinned(path), true);
      inodes.add((await files.stat(path))?.inode);
    }
    assertEquals(inodes.size, 3);
    for (const path of Object.values(pins)) await namespaces.unpin(path);
    assertEquals(await files.list(scratch), []);
  },

  "pin() takes a file that is there, and no pin": async ({ kernel, scratch }) => {
    const { files, namespaces } = kernel;
    await files.writeFile(`${scratch}/uts`, "");
    await namespaces.pin({ uts: `${scratch}/uts` }, "a-host");
    await assertRefused(namespaces.pin({ uts: `${scratch}/uts` }, "a-host"), "EEXIST");
    assertEquals(await namespaces.isPinned(`${scratch}/uts`), true);
  },

  "pin() refuses a missing folder": async ({ kernel: { namespaces }, scratch }) => {
    await assertRefused(namespaces.pin({ ipc: `${scratch}/none/ipc` }, "a-host"), "ENOENT");
  },

  "pin() takes a hostname for nothing but a name": async ({ kernel, scratch }) => {
    const { files, namespaces } = kernel;
    await namespaces.pin({ uts: `${scratch}/uts` }, `$(touch ${scratch}/a);'"`);
    assertEquals(await files.list(scratch), ["uts"]);
  },

  "pin() sets parameters, and refuses what is none": async ({ kernel, scratch }) => {
    const { namespaces } = kernel;
    const set = { "net/core/somaxconn": "512", "fs/mqueue/msg_max": "20" };
    await namespaces.pin({ net: `${scratch}/net`, ipc: `${scratch}/ipc` }, "", set);
    for (const [path, value] of [["net/nothing", "1"], ["net/core/somaxconn", "many"]] as const) {
      const pins = { net: `${scratch}/${basename(path)}` };
      const pinned = () => namespaces.pin(pins, "", { [path]: value });
      assertEquals((await assertRejects(pinned, KernelError)).subject, `/proc/sys/${path}`);
    }
  },

  "unpin() takes what is not there, twice": async ({ kernel, scratch }) => {
    const { files, namespaces } = kernel;
    await files.writeFile(`${scratch}/file`, "");
    for (const path of ["none", "none/none", "file/none"]) {
      await namespaces.unpin(`${scratch}/${path}`);
    }
    await namespaces.pin({ ipc: `${scratch}/ipc` }, "a-host");
    await namespaces.unpin(`${scratch}/ipc`);
    await namespaces.unpin(`${scratch}/ipc`);
    assertEquals(await namespaces.isPinned(`${scratch}/ipc`), false);
  },

  "unpin() takes a file that was never bound": async ({ kernel, scratch }) => {
    const { files, namespaces } = kernel;
    await files.writeFile(`${scratch}/net`, "");
    assertEquals(await namespaces.isPinned(`${scratch}/net`), false);
    await namespaces.unpin(`${scratch}/net`);
    assertEquals(await files.list(scratch), []);
  },

  "pinOf() outlives the process": async (fixture) => {
    const { kernel: { files, namespaces }, scratch, programs } = fixture;
    using waiting = await start(fixture, programs.wait());
    await namespaces.pinOf(waiting.child.identity, "ipc", `${scratch}/ipc`);
    const inode = (await files.stat(`${scratch}/ipc`))?.inode;
    await waiting.child.signal(SIGKILL);
    await waiting.child.exited(background);
    assertEquals(await namespaces.isPinned(`${scratch}/ipc`), true);
    assertEquals((await files.stat(`${scratch}/ipc`))?.inode, inode);
  },

  "pinOf() refuses another process with the same pid": async (fixture) => {
    const { kernel: { namespaces }, scratch, programs } = fixture;
    using waiting = await start(fixture, programs.wait());
    const { pid, startTime } = waiting.child.identity;
    const another = { pid, startTime: startTime + 1 };
    await assertRefused(namespaces.pinOf(another, "net", `${scratch}/net`), "ESRCH");
    assertEquals(await namespaces.isPinned(`${scratch}/net`), false);
  },

  "pinOf() refuses a process that is gone": async (fixture) => {
    const { kernel: { processes, namespaces }, scratch, programs } = fixture;
    using child = await processes.spawn(programs.exit(0), { outputBytesMax: 0 });
    await child.exited(background);
    await assertRefused(namespaces.pinOf(child.identity, "net", `${scratch}/net`), "ESRCH");
    assertEquals(await namespaces.isPinned(`${scratch}/net`), false);
  },

  "interfaces() sees a namespace through who lives in it": async (fixture) => {
    const { kernel: { namespaces }, programs, scratch } = fixture;
    using inside = await start(fixture, programs.wait());
    const { identity } = inside.child;
    await namespaces.pinOf(identity, "net", `${scratch}/net`);
    const interfaces = await namespaces.interfaces(`${scratch}/net`, identity);
    const loopback = interfaces.find(({ name }) => name === "lo");
    assert(loopback !== undefined && loopback.receivedBytes === loopback.sentBytes);
    await namespaces.unpin(`${scratch}/net`);
  },

  "interfaces() takes no stranger for who lives in it": async (fixture) => {
    const { kernel: { namespaces }, programs, scratch } = fixture;
    using inside = await start(fixture, programs.wait());
    const { identity } = inside.child;
    await namespaces.pin({ net: `${scratch}/other` }, "");
    await namespaces.pinOf(identity, "net", `${scratch}/net`);
    await assertRefused(namespaces.interfaces(`${scratch}/other`, identity), "ESRCH");
    const recycled = { ...identity, startTime: identity.startTime - 1 };
    await assertRefused(namespaces.interfaces(`${scratch}/net`, recycled), "ESRCH");
    await assertRefused(namespaces.interfaces(`${scratch}/none`, identity), "ENOENT");
    await inside.child.signal(SIGKILL);
    await inside.child.exited(background);
    await assertRefused(namespaces.interfaces(`${scratch}/net`, identity), "ESRCH");
  },
};
