import { assertEquals } from "@std/assert";
import type { DirectoryWatch } from "../../src/kernel/files.ts";
import { assertCancellable, assertRefused, background, type Promises } from "./fixture.ts";

/** Promises of directory watches. A name may come late or twice, so a test waits for it to come. */
export const watchPromises: Promises = {
  "watch() refuses what is not there": async ({ kernel: { files }, scratch }) => {
    await assertRefused(files.watch(`${scratch}/none`, "changes"), "ENOENT");
  },

  "watch() reports what changed before it was asked": async ({ kernel: { files }, scratch }) => {
    using watch = await files.watch(scratch, "changes");
    await files.writeFile(`${scratch}/a`, "1");
    await files.writeFile(`${scratch}/b`, "2");
    await untilReported(watch, "a", "b");
  },

  "watch() wakes who waits": async ({ kernel: { files }, scratch }) => {
    using watch = await files.watch(scratch, "changes");
    const woken = untilReported(watch, "a");
    await files.writeFile(`${scratch}/a`, "1");
    await woken;
  },

  "watch() reports a file that is replaced, renamed or removed": async ({ kernel, scratch }) => {
    const { files } = kernel;
    await files.writeFile(`${scratch}/a`, "1");
    await files.writeFile(`${scratch}/gone`, "1");
    using watch = await files.watch(scratch, "changes");
    await files.writeFile(`${scratch}/a`, "2");
    await untilReported(watch, "a");
    await files.rename(`${scratch}/a`, `${scratch}/b`);
    await untilReported(watch, "a", "b");
    await files.remove(`${scratch}/gone`);
    await untilReported(watch, "gone");
  },

  "watch() of arrivals reports what is renamed to a name, and nothing else": async ({
    kernel: { files },
    scratch,
  }) => {
    await files.writeFile(`${scratch}/a`, "1");
    await files.writeFile(`${scratch}/b`, "2");
    using watch = await files.watch(scratch, "arrivals");
    await files.remove(`${scratch}/a`);
    await files.mkdir(`${scratch}/other`);
    await files.rename(`${scratch}/b`, `${scratch}/other/b`);
    await files.rename(`${scratch}/other/b`, `${scratch}/c`);
    assertEquals(await reportedUntil(watch, "c"), ["c"]);
  },

  "watch() tells each watcher": async ({ kernel: { files }, scratch }) => {
    using first = await files.watch(scratch, "changes");
    using second = await files.watch(scratch, "changes");
    const woken = Promise.all([untilReported(first, "a"), untilReported(second, "a")]);
    await files.writeFile(`${scratch}/a`, "1");
    await woken;
  },

  "watch() can be cancelled, and loses nothing by it": async ({ kernel: { files }, scratch }) => {
    using watch = await files.watch(scratch, "changes");
    await assertCancellable((context) => watch.next(context));
    await files.writeFile(`${scratch}/a`, "1");
    await untilReported(watch, "a");
  },
};

async function untilReported(watch: DirectoryWatch, ...names: readonly string[]): Promise<void> {
  const missing = new Set(names);
  while (missing.size > 0) {
    const reported = await watch.next(background);
    // An empty list stands for every name.
    if (reported.length === 0) return;
    for (const name of reported) missing.delete(name);
  }
}

/** Every name that is reported before and with `last`, sorted. */
async function reportedUntil(watch: DirectoryWatch, last: string): Promise<readonly string[]> {
  const names = new Set<string>();
  while (!names.has(last)) {
    for (const name of await watch.next(background)) names.add(name);
  }
  return [...names].sort();
}
