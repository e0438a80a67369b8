import { assert, assertEquals, assertRejects } from "@std/assert";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import { onMachine } from "./fixture.ts";

/** A folder with what a path can trip over, as `ls -l` would show it. */
async function furnish({ files }: Kernel): Promise<void> {
  await files.mkdir("/run/t/folder");
  await files.writeFile("/run/t/file", "1");
  await files.symlink("loop", "/run/t/loop");
  await files.symlink("none/x", "/run/t/dangling");
  await files.symlink("file", "/run/t/to-file");
  await files.symlink("folder", "/run/t/to-folder");
}

async function assertErrno(call: Promise<unknown>, errno: string): Promise<void> {
  const error = await assertRejects(() => call, KernelError);
  assertEquals(error.errno, errno);
}

Deno.test("mkdir() refuses a name that is taken, wherever its symlink leads", () => {
  onMachine(async (kernel) => {
    await furnish(kernel);
    const { files } = kernel;
    for (const name of ["loop", "loop/", "dangling", "dangling/x", "to-file", "file"]) {
      await assertErrno(files.mkdir(`/run/t/${name}`), "EEXIST");
    }
    await files.mkdir("/run/t/to-folder");
    await files.mkdir("/run/t/to-folder//a/b");
    assertEquals(await files.list("/run/t/folder"), ["a"]);
  });
});

Deno.test("mkdir() refuses to make a directory below what is none", () => {
  onMachine(async (kernel) => {
    await furnish(kernel);
    const { files } = kernel;
    for (const name of ["loop/x", "loop/x/y"]) {
      await assertErrno(files.mkdir(`/run/t/${name}`), "ELOOP");
    }
    for (const name of ["file/x", "file/x/y", "to-file/x"]) {
      await assertErrno(files.mkdir(`/run/t/${name}`), "ENOTDIR");
    }
  });
});

Deno.test("resolveInRoot() takes nothing but a directory for a root", () => {
  onMachine(async (kernel) => {
    await furnish(kernel);
    const { files } = kernel;
    for (const path of [".", "", "/", "..", "x"]) {
      await assertErrno(files.resolveInRoot("/run/t/file", path), "ENOTDIR");
      await assertErrno(files.resolveInRoot("/run/t/to-file", path), "ENOTDIR");
    }
    await assertErrno(files.resolveInRoot("/run/t/loop", "."), "ELOOP");
    assertEquals(await files.resolveInRoot("/run/t/to-folder", "/.."), "/run/t/folder");
  });
});

Deno.test("pin() says that a path loops", () => {
  onMachine(async (kernel) => {
    await furnish(kernel);
    for (const path of ["/run/t/loop", "/run/t/loop/x"]) {
      await assertErrno(kernel.namespaces.pin({ ipc: path }, "host"), "ELOOP");
    }
  });
});

Deno.test("isPinned() does not follow a last symlink", () => {
  onMachine(async (kernel) => {
    await furnish(kernel);
    const { namespaces } = kernel;
    await namespaces.pin({ ipc: "/run/t/to-file" }, "host");
    assertEquals(await namespaces.isPinned("/run/t/file"), true);
    assertEquals(await namespaces.isPinned("/run/t/to-file"), false);
    await namespaces.unpin("/run/t/file");
  });
});

Deno.test("writeFile() that fails between its two steps has changed nothing", () => {
  const calls = [{ call: /^then files\.writeFile/, errno: "EIO", probability: 1 }];
  onMachine(async ({ files }, simulation) => {
    simulation.faults.isOn = false;
    await files.writeFile("/run/a", "old");
    simulation.faults.isOn = true;
    await assertErrno(files.writeFile("/run/a", "new"), "EIO");
    await assertErrno(files.writeFile("/run/b", "new"), "EIO");
    assertEquals(await files.list("/run"), ["a"]);
    assertEquals(new TextDecoder().decode(await files.readFile("/run/a", 10)), "old");
  }, { faults: { calls } });
});

Deno.test("writeFile() that meets a directory at its second step has changed nothing", () => {
  onMachine(async ({ files }, simulation) => {
    const writing = simulation.spawn("writer", () => files.writeFile("/run/a", "new"));
    const hold = await simulation.until(writing, "then files.writeFile");
    await files.mkdir("/run/a");
    hold.release();
    await assertErrno(writing.promise, "EISDIR");
    assertEquals(await files.list("/run"), ["a"]);
  });
});

Deno.test("writeFile() that a crash cuts off may leave its temporary file", () => {
  const { simulation } = onMachine(async (_, simulation) => {
    const daemon = simulation.bootDaemon(() => {}, "writer");
    const writing = daemon.spawn("write", ({ files }) => files.writeFile("/run/a", "new"));
    await simulation.until(writing, "then files.writeFile");
    daemon.crash();
    await writing.settled;
  });
  assert(simulation.machine.tree.find("/run/a") === undefined);
  assert(simulation.machine.tree.find("/run/a.tmp1") !== undefined);
});
