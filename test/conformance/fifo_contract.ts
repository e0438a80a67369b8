import { assertEquals } from "@std/assert";
import { textOf } from "../../src/utf8.ts";
import { assertCancellable, assertRefused, background, type Promises } from "./fixture.ts";

/** More than any fifo holds, in parts that go whole or not at all (man 7 pipe, PIPE_BUF). */
const FIFO_PARTS_MAX = 1_024;
const PART = "x".repeat(4_096);

/** Promises of fifos. */
export const fifoPromises: Promises = {
  "openFifo() refuses what is not there": async ({ kernel: { files }, scratch }) => {
    await assertRefused(files.openFifo(`${scratch}/none`), "ENOENT");
  },

  "writeFifo() refuses what is not there, and what nobody reads": async (fixture) => {
    const { kernel: { files }, scratch } = fixture;
    await assertRefused(files.writeFifo(`${scratch}/none`, "x"), "ENOENT");
    await fixture.makeFifo(`${scratch}/fifo`);
    await assertRefused(files.writeFifo(`${scratch}/fifo`, "x"), "ENXIO");
    const reader = await files.openFifo(`${scratch}/fifo`);
    reader[Symbol.dispose]();
    await assertRefused(files.writeFifo(`${scratch}/fifo`, "x"), "ENXIO");
  },

  "openFifo() and writeFifo() refuse a file that took the fifo's place": async (fixture) => {
    const { kernel: { files }, scratch } = fixture;
    await files.writeFile(`${scratch}/file`, "kept");
    await assertRefused(files.openFifo(`${scratch}/file`), "EINVAL");
    await assertRefused(files.writeFifo(`${scratch}/file`, "x"), "EINVAL");
    assertEquals(textOf(await files.readFile(`${scratch}/file`, 10)), "kept");
  },

  "writeFifo() refuses to wait when the fifo is full": async (fixture) => {
    const { kernel: { files }, scratch } = fixture;
    await fixture.makeFifo(`${scratch}/fifo`);
    using reader = await files.openFifo(`${scratch}/fifo`);
    const fill = async () => {
      for (let part = 0; part < FIFO_PARTS_MAX; part++) {
        await files.writeFifo(`${scratch}/fifo`, PART);
      }
    };
    await assertRefused(fill(), "EAGAIN");
    assertEquals(textOf(await reader.read(background)).slice(0, 4_096), PART);
  },

  "read() gives what was written before it": async (fixture) => {
    const { kernel: { files }, scratch } = fixture;
    await fixture.makeFifo(`${scratch}/fifo`);
    using reader = await files.openFifo(`${scratch}/fifo`);
    await files.writeFifo(`${scratch}/fifo`, "early");
    assertEquals(textOf(await reader.read(background)), "early");
    assertEquals(textOf(await reader.read(background)), "");
  },

  "read() waits for the first writer": async (fixture) => {
    const { kernel: { files }, scratch } = fixture;
    await fixture.makeFifo(`${scratch}/fifo`);
    using reader = await files.openFifo(`${scratch}/fifo`);
    const reading = reader.read(background);
    await files.writeFifo(`${scratch}/fifo`, "late");
    assertEquals(textOf(await reading), "late");
  },

  "read() does not take a fifo without a writer for one at its end": async (fixture) => {
    const { kernel: { files }, scratch } = fixture;
    await fixture.makeFifo(`${scratch}/quiet`);
    await fixture.makeFifo(`${scratch}/busy`);
    using quiet = await files.openFifo(`${scratch}/quiet`);
    using busy = await files.openFifo(`${scratch}/busy`);
    let hasEnded = false;
    const reading = quiet.read(background).then((bytes) => {
      hasEnded = true;
      return textOf(bytes);
    });
    // Whoever waits for one fifo has let the kernel tell about all of them.
    const waking = busy.read(background);
    await files.writeFifo(`${scratch}/busy`, "x");
    await waking;
    assertEquals(hasEnded, false);
    await files.writeFifo(`${scratch}/quiet`, "y");
    assertEquals(await reading, "y");
  },

  "read() resolves empty when a writer has come and gone": async (fixture) => {
    const { kernel: { files }, scratch } = fixture;
    await fixture.makeFifo(`${scratch}/fifo`);
    using reader = await files.openFifo(`${scratch}/fifo`);
    const reading = reader.read(background);
    await files.writeFifo(`${scratch}/fifo`, "");
    assertEquals(textOf(await reading), "");
  },

  "read() works again with the next writer": async (fixture) => {
    const { kernel: { files }, scratch } = fixture;
    await fixture.makeFifo(`${scratch}/fifo`);
    using reader = await files.openFifo(`${scratch}/fifo`);
    for (const word of ["one", "two"]) {
      await files.writeFifo(`${scratch}/fifo`, word);
      assertEquals(textOf(await reader.read(background)), word);
    }
  },

  "read() can be cancelled, and loses nothing by it": async (fixture) => {
    const { kernel: { files }, scratch } = fixture;
    await fixture.makeFifo(`${scratch}/fifo`);
    using reader = await files.openFifo(`${scratch}/fifo`);
    await assertCancellable((context) => reader.read(context));
    await files.writeFifo(`${scratch}/fifo`, "x");
    assertEquals(textOf(await reader.read(background)), "x");
  },

  "tryRead() never waits": async (fixture) => {
    const { kernel: { files }, scratch } = fixture;
    await fixture.makeFifo(`${scratch}/fifo`);
    using reader = await files.openFifo(`${scratch}/fifo`);
    assertEquals(textOf(await reader.tryRead()), "");
    await files.writeFifo(`${scratch}/fifo`, "x");
    assertEquals(textOf(await reader.tryRead()), "x");
    assertEquals(textOf(await reader.tryRead()), "");
  },
};
