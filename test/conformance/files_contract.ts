import { assert, assertEquals } from "@std/assert";
import { Context } from "../../src/kernel/context.ts";
import { textOf } from "../../src/utf8.ts";
import { assertRefused, background, type Promises } from "./fixture.ts";

/** Promises of files and directories. */
export const filePromises: Promises = {
  "writeFile() and readFile() keep every byte": async ({ kernel: { files }, scratch }) => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
    await files.writeFile(`${scratch}/a`, bytes);
    assertEquals(await files.readFile(`${scratch}/a`, 100_000), bytes);
    await files.writeFile(`${scratch}/a`, "");
    assertEquals(textOf(await files.readFile(`${scratch}/a`, 10)), "");
  },

  "readFile() refuses what is absent, a directory, or too large": async ({ kernel, scratch }) => {
    const { files } = kernel;
    await assertRefused(files.readFile(`${scratch}/none`, 10), "ENOENT");
    await assertRefused(files.readFile(scratch, 10), "EISDIR");
    await files.writeFile(`${scratch}/a`, "12345");
    assertEquals(textOf(await files.readFile(`${scratch}/a`, 5)), "12345");
    await assertRefused(files.readFile(`${scratch}/a`, 4), "EFBIG");
    await assertRefused(files.readFile(`${scratch}/a/b`, 4), "ENOTDIR");
  },

  "writeFile() shows readers the old content or the new": async (
    { kernel: { files }, scratch },
  ) => {
    const contents = ["a", "b", "c"].map((letter) => letter.repeat(50_000));
    await files.writeFile(`${scratch}/a`, contents[0]!);
    const reads = Array.from({ length: 10 }, () => files.readFile(`${scratch}/a`, 1_000_000));
    const writes = contents.map((content) => files.writeFile(`${scratch}/a`, content));
    const more = Array.from({ length: 10 }, () => files.readFile(`${scratch}/a`, 1_000_000));
    await Promise.all(writes);
    for (const bytes of await Promise.all([...reads, ...more])) {
      assert(contents.includes(textOf(bytes)), "a whole content was read");
    }
  },

  "writeFile() gives mode 0600 unless told otherwise": async ({ kernel: { files }, scratch }) => {
    await files.writeFile(`${scratch}/a`, "1");
    assertEquals((await files.stat(`${scratch}/a`))?.mode, 0o600);
    await files.writeFile(`${scratch}/a`, "1", 0o666);
    assertEquals((await files.stat(`${scratch}/a`))?.mode, 0o666);
  },

  "writeFile() that fails leaves nothing behind": async ({ kernel: { files }, scratch }) => {
    await assertRefused(files.writeFile(`${scratch}/none/a`, "1"), "ENOENT");
    await files.mkdir(`${scratch}/folder`);
    await assertRefused(files.writeFile(`${scratch}/folder`, "1"), "EISDIR");
    assertEquals(await files.list(scratch), ["folder"]);
  },

  "writeFile() replaces a symlink, not what it leads to": async (
    { kernel: { files }, scratch },
  ) => {
    await files.writeFile(`${scratch}/target`, "kept");
    await files.symlink(`${scratch}/target`, `${scratch}/a`);
    await files.writeFile(`${scratch}/a`, "new");
    assertEquals(textOf(await files.readFile(`${scratch}/target`, 10)), "kept");
    assertEquals((await files.stat(`${scratch}/a`))?.kind, "file");
  },

  "mkdir() makes parents and leaves what is there": async ({ kernel: { files }, scratch }) => {
    await files.mkdir(`${scratch}/a/b/c`, 0o700);
    assertEquals((await files.stat(`${scratch}/a/b/c`))?.mode, 0o700);
    await files.writeFile(`${scratch}/a/b/c/file`, "1");
    await files.mkdir(`${scratch}/a/b/c`, 0o755);
    assertEquals((await files.stat(`${scratch}/a/b/c`))?.mode, 0o700);
    assertEquals(await files.list(`${scratch}/a/b/c`), ["file"]);
    await assertRefused(files.mkdir(`${scratch}/a/b/c/file`), "EEXIST");
    await assertRefused(files.mkdir(`${scratch}/a/b/c/file/below`), "ENOTDIR");
    await files.symlink("nowhere", `${scratch}/dangling`);
    await assertRefused(files.mkdir(`${scratch}/dangling`), "EEXIST");
    assertEquals(await files.list(scratch), ["a", "dangling"]);
  },

  "remove() takes a file, a tree, and what is not there": async (
    { kernel: { files }, scratch },
  ) => {
    await files.mkdir(`${scratch}/a/b`);
    await files.writeFile(`${scratch}/a/b/file`, "1");
    await files.writeFile(`${scratch}/file`, "1");
    for (const name of ["a", "file", "a", "none/none"]) await files.remove(`${scratch}/${name}`);
    assertEquals(await files.list(scratch), []);
  },

  "remove() takes several at once, whether they are there or not": async (
    { kernel: { files }, scratch },
  ) => {
    await files.mkdir(`${scratch}/a/b`);
    await files.mkdir(`${scratch}/tree`);
    await files.writeFile(`${scratch}/tree/1`, "1");
    await files.writeFile(`${scratch}/tree/2`, "2");
    await files.writeFile(`${scratch}/file`, "1");
    await files.writeFile(`${scratch}/kept`, "1");
    await files.remove(...["a", "none", "file", "tree"].map((name) => `${scratch}/${name}`));
    assertEquals(await files.list(scratch), ["kept"]);
    await files.remove();
  },

  "remove() of several fails with the one that cannot be removed": async ({ kernel, scratch }) => {
    const { files, mounts } = kernel;
    await files.mkdir(`${scratch}/a`);
    await files.mkdir(`${scratch}/tree/inner`);
    await mounts.mount("tmpfs", `${scratch}/tree/inner`, { type: "tmpfs", options: [] });
    await assertRefused(files.remove(`${scratch}/a`, `${scratch}/tree`), "EBUSY");
    assertEquals(await files.list(`${scratch}/tree`), ["inner"]);
    await mounts.unmount(`${scratch}/tree/inner`);
  },

  "remove() follows no symlink": async ({ kernel: { files }, scratch }) => {
    await files.mkdir(`${scratch}/outside`);
    await files.writeFile(`${scratch}/outside/file`, "1");
    await files.mkdir(`${scratch}/tree`);
    await files.symlink(`${scratch}/outside`, `${scratch}/tree/link`);
    await files.symlink(`${scratch}/outside`, `${scratch}/link`);
    await files.remove(`${scratch}/tree`);
    await files.remove(`${scratch}/link`);
    assertEquals(await files.list(scratch), ["outside"]);
    assertEquals(await files.list(`${scratch}/outside`), ["file"]);
  },

  "remove() refuses a mount point and keeps what is mounted": async ({ kernel, scratch }) => {
    const { files, mounts } = kernel;
    await files.mkdir(`${scratch}/kept`);
    await files.writeFile(`${scratch}/kept/file`, "1");
    await files.mkdir(`${scratch}/tree/inner`);
    await mounts.mount(`${scratch}/kept`, `${scratch}/tree/inner`, { type: "bind", options: [] });
    await assertRefused(files.remove(`${scratch}/tree`), "EBUSY");
    await assertRefused(files.remove(`${scratch}/tree/inner`), "EBUSY");
    assertEquals(await files.list(`${scratch}/kept`), ["file"]);
    await mounts.unmount(`${scratch}/tree/inner`);
    await files.remove(`${scratch}/tree`);
    assertEquals(await files.list(`${scratch}/kept`), ["file"]);
  },

  "remove() refuses a tree with a mounted file, a large one as well": async (
    { kernel, scratch },
  ) => {
    const { files, mounts } = kernel;
    await files.writeFile(`${scratch}/kept`, "1");
    await files.mkdir(`${scratch}/tree/inner`);
    await files.writeFile(`${scratch}/tree/inner/file`, "2");
    const place = `${scratch}/tree/inner/file`;
    await mounts.mount(`${scratch}/kept`, place, { type: "bind", options: [] });
    await assertRefused(files.remove(`${scratch}/tree`), "EBUSY");
    for (let index = 0; index < 100; index++) {
      await files.writeFile(`${scratch}/tree/${index}`, "3");
    }
    await assertRefused(files.remove(`${scratch}/tree`), "EBUSY");
    await mounts.unmount(place);
    await files.remove(`${scratch}/tree`);
    assertEquals(await files.list(scratch), ["kept"]);
    assertEquals((await files.stat(`${scratch}/kept`))?.sizeBytes, 1);
  },

  "rename() replaces a file and refuses what is not there": async (
    { kernel: { files }, scratch },
  ) => {
    await files.writeFile(`${scratch}/a`, "new");
    await files.writeFile(`${scratch}/b`, "old");
    await files.rename(`${scratch}/a`, `${scratch}/b`);
    assertEquals(await files.list(scratch), ["b"]);
    assertEquals(textOf(await files.readFile(`${scratch}/b`, 10)), "new");
    await assertRefused(files.rename(`${scratch}/a`, `${scratch}/b`), "ENOENT");
  },

  "rename() refuses to put a directory below itself": async ({ kernel: { files }, scratch }) => {
    await files.mkdir(`${scratch}/a/b`);
    await assertRefused(files.rename(`${scratch}/a`, `${scratch}/a/b/c`), "EINVAL");
    assertEquals(await files.list(`${scratch}/a`), ["b"]);
  },

  "symlink() refuses to replace": async ({ kernel: { files }, scratch }) => {
    await files.symlink("nowhere", `${scratch}/a`);
    assertEquals((await files.stat(`${scratch}/a`))?.kind, "symlink");
    await assertRefused(files.symlink("elsewhere", `${scratch}/a`), "EEXIST");
  },

  "stat() tells what is there, and undefined when nothing is": async (fixture) => {
    const { kernel: { files, clock }, scratch } = fixture;
    await files.writeFile(`${scratch}/file`, "12345");
    await fixture.makeFifo(`${scratch}/fifo`);
    const stat = await files.stat(`${scratch}/file`);
    assertEquals([stat?.kind, stat?.sizeBytes, stat?.uid, stat?.gid], ["file", 5, 0, 0]);
    // A file system's clock may lag behind by a tick.
    assert(Math.abs((stat?.modifiedMicros ?? 0) - clock.nowMicros()) < 60_000_000);
    assertEquals((await files.stat(`${scratch}/fifo`))?.kind, "fifo");
    assertEquals((await files.stat(scratch))?.kind, "directory");
    assertEquals(await files.stat(`${scratch}/none`), undefined);
    assertEquals(await files.stat(`${scratch}/file/none`), undefined);
    await files.rename(`${scratch}/file`, `${scratch}/other`);
    const moved = await files.stat(`${scratch}/other`);
    assertEquals([moved?.device, moved?.inode], [stat?.device, stat?.inode]);
  },

  "stat() tells which device a node stands for": async (fixture) => {
    const { kernel: { files }, scratch } = fixture;
    await fixture.makeDevice(`${scratch}/node`, 1, 259);
    const stat = await files.stat(`${scratch}/node`);
    assertEquals([stat?.kind, stat?.mode], ["device", 0o600]);
    assertEquals(stat?.node, { type: "c", major: 1, minor: 259 });
    await files.writeFile(`${scratch}/file`, "1");
    assertEquals((await files.stat(`${scratch}/file`))?.node, undefined);
  },

  "list() is sorted, and refuses what is no directory": async ({ kernel: { files }, scratch }) => {
    for (const name of ["b", "a", "c"]) await files.writeFile(`${scratch}/${name}`, "1");
    assertEquals(await files.list(scratch), ["a", "b", "c"]);
    await assertRefused(files.list(`${scratch}/none`), "ENOENT");
    await assertRefused(files.list(`${scratch}/a`), "ENOTDIR");
  },

  "resolveInRoot() never leaves the root": async ({ kernel: { files }, scratch }) => {
    const root = `${scratch}/root`;
    await files.mkdir(`${root}/etc`);
    await files.writeFile(`${root}/etc/passwd`, "1");
    await files.symlink("/etc/passwd", `${root}/absolute`);
    await files.symlink("../../../../etc", `${root}/upwards`);
    assertEquals(await files.resolveInRoot(root, "/etc/passwd"), `${root}/etc/passwd`);
    assertEquals(await files.resolveInRoot(root, "absolute"), `${root}/etc/passwd`);
    assertEquals(await files.resolveInRoot(root, "upwards/passwd"), `${root}/etc/passwd`);
    assertEquals(await files.resolveInRoot(root, "../../etc/./passwd"), `${root}/etc/passwd`);
    assertEquals(await files.resolveInRoot(root, "/"), root);
  },

  "resolveInRoot() refuses what leads nowhere": async ({ kernel: { files }, scratch }) => {
    await files.symlink("loop", `${scratch}/loop`);
    await files.writeFile(`${scratch}/file`, "1");
    await assertRefused(files.resolveInRoot(scratch, "none"), "ENOENT");
    await assertRefused(files.resolveInRoot(scratch, "file/none"), "ENOTDIR");
    await assertRefused(files.resolveInRoot(scratch, "loop"), "ELOOP");
  },

  "usage() counts inodes and grows with content": async ({ kernel: { files }, scratch }) => {
    await files.mkdir(`${scratch}/a`);
    const before = await files.usage(`${scratch}/a`);
    await files.writeFile(`${scratch}/a/file`, "x".repeat(100_000));
    const after = await files.usage(`${scratch}/a`);
    assertEquals([before.inodes, after.inodes], [1, 2]);
    assert(after.bytes - before.bytes >= 100_000);
    await assertRefused(files.usage(`${scratch}/none`), "ENOENT");
  },

  "usage() does not look into mounts": async ({ kernel: { files, mounts }, scratch }) => {
    await files.mkdir(`${scratch}/a/mounted`);
    const before = await files.usage(`${scratch}/a`);
    await mounts.mount("tmpfs", `${scratch}/a/mounted`, { type: "tmpfs", options: ["size=1m"] });
    await files.writeFile(`${scratch}/a/mounted/file`, "x".repeat(100_000));
    const after = await files.usage(`${scratch}/a`);
    assert(after.inodes <= before.inodes && after.bytes <= before.bytes);
  },

  "usageOfEach() counts each tree that is there": async ({ kernel: { files }, scratch }) => {
    const paths = ["a", "none", "b"].map((it) => `${scratch}/${it}`);
    await files.mkdir(`${scratch}/a`);
    await files.mkdir(`${scratch}/b/c`);
    const usages = await files.usageOfEach(paths, background);
    assertEquals([...usages.keys()], [`${scratch}/a`, `${scratch}/b`]);
    for (const [path, usage] of usages) assertEquals(usage, await files.usage(path));
    assertEquals((await files.usageOfEach([], background)).size, 0);
  },

  "usageOfEach() counts no more once nobody wants it": async ({ kernel: { files }, scratch }) => {
    const context = new Context();
    context.cancel();
    assertEquals((await files.usageOfEach([scratch], context)).size, 0);
  },

  "syncFileSystem() refuses what is not there": async ({ kernel: { files }, scratch }) => {
    await files.syncFileSystem(scratch);
    await assertRefused(files.syncFileSystem(`${scratch}/none`), "ENOENT");
  },
};
