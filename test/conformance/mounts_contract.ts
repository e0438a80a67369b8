import { assertEquals } from "@std/assert";
import { textOf } from "../../src/utf8.ts";
import { assertRefused, type Promises } from "./fixture.ts";

const TMPFS = { type: "tmpfs", options: ["size=1m", "nosuid", "nodev"] };

/** Promises of mounts. */
export const mountPromises: Promises = {
  "mount() covers what is below, unmount() uncovers it": async ({ kernel, scratch }) => {
    const { files, mounts } = kernel;
    await files.mkdir(`${scratch}/a`);
    await files.writeFile(`${scratch}/a/below`, "1");
    await mounts.mount("tmpfs", `${scratch}/a`, TMPFS);
    assertEquals(await files.list(`${scratch}/a`), []);
    await mounts.unmount(`${scratch}/a`);
    assertEquals(await files.list(`${scratch}/a`), ["below"]);
  },

  "mount() twice stacks, and list() says so": async ({ kernel: { files, mounts }, scratch }) => {
    await files.mkdir(`${scratch}/a/b`);
    assertEquals(await mounts.list(scratch), []);
    await mounts.mount("tmpfs", `${scratch}/a`, TMPFS);
    await mounts.mount("tmpfs", `${scratch}/a`, TMPFS);
    assertEquals(await mounts.list(`${scratch}/a`), [`${scratch}/a`, `${scratch}/a`]);
    await mounts.unmount(`${scratch}/a`);
    assertEquals(await mounts.list(scratch), [`${scratch}/a`]);
    await mounts.unmount(`${scratch}/a`);
    assertEquals(await mounts.list(scratch), []);
  },

  "list() takes no sibling for a child": async ({ kernel: { files, mounts }, scratch }) => {
    await files.mkdir(`${scratch}/a`);
    await files.mkdir(`${scratch}/ab c`);
    await mounts.mount("tmpfs", `${scratch}/ab c`, TMPFS);
    assertEquals(await mounts.list(`${scratch}/a`), []);
    assertEquals(await mounts.list(`${scratch}/ab c`), [`${scratch}/ab c`]);
    assertEquals(await mounts.list(`${scratch}/none`), []);
  },

  "list() looks at one path after the other": async ({ kernel: { files, mounts }, scratch }) => {
    for (const name of ["a", "b", "c/d"]) {
      await files.mkdir(`${scratch}/${name}`);
      await mounts.mount("tmpfs", `${scratch}/${name}`, TMPFS);
    }
    const paths = ["c", "none", "a"].map((it) => `${scratch}/${it}`);
    assertEquals(await mounts.list(...paths), [`${scratch}/c/d`, `${scratch}/a`]);
    assertEquals(await mounts.list(), []);
  },

  "sharing() is how the mount that a path is in was made": async ({ kernel, scratch }) => {
    const { files, mounts } = kernel;
    for (const sharing of ["shared", "private"] as const) {
      const place = `${scratch}/${sharing}`;
      await files.mkdir(place);
      await mounts.mount("tmpfs", place, { type: "tmpfs", options: ["size=1m", `r${sharing}`] });
      await files.mkdir(`${place}/a/b`);
      for (const path of [place, `${place}/a/b`]) assertEquals(await mounts.sharing(path), sharing);
    }
    await assertRefused(mounts.sharing(`${scratch}/none`), "ENOENT");
  },

  "mount() refuses a missing target and an unknown type": async ({ kernel, scratch }) => {
    const { mounts } = kernel;
    await assertRefused(mounts.mount("tmpfs", `${scratch}/none`, TMPFS), "ENOENT");
    const bind = { type: "bind", options: [] };
    await assertRefused(mounts.mount(`${scratch}/none`, scratch, bind), "ENOENT");
    const unknown = { type: "slipwayfs", options: [] };
    await assertRefused(mounts.mount("none", scratch, unknown), "ENODEV");
  },

  "mount() refuses an unknown option": async ({ kernel: { mounts }, scratch }) => {
    const options = { type: "tmpfs", options: ["frobnicate=1"] };
    await assertRefused(mounts.mount("tmpfs", scratch, options), "EINVAL");
    assertEquals(await mounts.list(scratch), []);
  },

  "mount() binds, and read-only means it": async ({ kernel: { files, mounts }, scratch }) => {
    await files.mkdir(`${scratch}/a`);
    await files.mkdir(`${scratch}/b`);
    await files.writeFile(`${scratch}/a/file`, "1");
    const options = { type: "bind", options: ["rbind", "ro", "nosuid", "rprivate"] };
    await mounts.mount(`${scratch}/a`, `${scratch}/b`, options);
    assertEquals(textOf(await files.readFile(`${scratch}/b/file`, 10)), "1");
    await assertRefused(files.writeFile(`${scratch}/b/file`, "2"), "EROFS");
    await files.writeFile(`${scratch}/a/file`, "3");
    assertEquals(textOf(await files.readFile(`${scratch}/b/file`, 10)), "3");
  },

  "mount() stacks layers with overlay": async ({ kernel: { files, mounts }, scratch }) => {
    const folders = ["lower", "base", "upper", "work", "merged"];
    for (const name of folders) await files.mkdir(`${scratch}/${name}`);
    await files.writeFile(`${scratch}/lower/file`, "lower");
    await files.writeFile(`${scratch}/base/file`, "base");
    await files.writeFile(`${scratch}/base/other`, "base");
    const options = [
      `lowerdir=${scratch}/lower:${scratch}/base`,
      `upperdir=${scratch}/upper`,
      `workdir=${scratch}/work`,
    ];
    await mounts.mount("overlay", `${scratch}/merged`, { type: "overlay", options });
    assertEquals(textOf(await files.readFile(`${scratch}/merged/file`, 10)), "lower");
    await files.writeFile(`${scratch}/merged/other`, "upper");
    assertEquals(textOf(await files.readFile(`${scratch}/base/other`, 10)), "base");
    assertEquals(textOf(await files.readFile(`${scratch}/upper/other`, 10)), "upper");
  },

  "unmount() refuses what is no mount point, also the second time": async ({ kernel, scratch }) => {
    const { files, mounts } = kernel;
    await files.mkdir(`${scratch}/a`);
    await assertRefused(mounts.unmount(`${scratch}/a`), "EINVAL");
    await mounts.mount("tmpfs", `${scratch}/a`, TMPFS);
    await mounts.unmount(`${scratch}/a`);
    await assertRefused(mounts.unmount(`${scratch}/a`), "EINVAL");
    await assertRefused(mounts.unmount(`${scratch}/none`), "ENOENT");
  },

  "unmount() follows no symlink": async ({ kernel: { files, mounts }, scratch }) => {
    await files.mkdir(`${scratch}/a`);
    await mounts.mount("tmpfs", `${scratch}/a`, TMPFS);
    await files.symlink(`${scratch}/a`, `${scratch}/link`);
    await assertRefused(mounts.unmount(`${scratch}/link`), "EINVAL");
    assertEquals(await mounts.list(scratch), [`${scratch}/a`]);
  },

  "unmount() does not wait for open files": async (fixture) => {
    const { kernel: { files, mounts }, scratch } = fixture;
    await files.mkdir(`${scratch}/a`);
    await mounts.mount("tmpfs", `${scratch}/a`, TMPFS);
    await fixture.makeFifo(`${scratch}/a/fifo`);
    using _reader = await files.openFifo(`${scratch}/a/fifo`);
    await mounts.unmount(`${scratch}/a`);
    assertEquals(await mounts.list(scratch), []);
  },
};
