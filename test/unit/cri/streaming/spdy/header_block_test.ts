import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { constants, createDeflate, createInflate } from "node:zlib";

import { DICTIONARY, DICTIONARY_ID } from "../../../../../src/cri/streaming/spdy/dictionary.ts";
import { HeaderReader, HeaderWriter } from "../../../../../src/cri/streaming/spdy/header_block.ts";
import { ProtocolError } from "../../../../../src/cri/streaming/spdy/protocol_error.ts";
import { joined } from "../../../../../src/bytes.ts";

/** What one block of a zlib stream is made into. */
async function through(
  zlib: ReturnType<typeof createDeflate> | ReturnType<typeof createInflate>,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const onData = (chunk: Uint8Array) => void chunks.push(chunk);
  zlib.on("data", onData);
  const { promise, resolve } = Promise.withResolvers<void>();
  zlib.write(bytes, () => resolve());
  await promise;
  zlib.off("data", onData);
  return joined(chunks);
}

Deno.test("the dictionary is the specification's", () => {
  let [a, b] = [1, 0];
  for (const byte of DICTIONARY) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  // Adler-32, by which zlib names it (RFC 1950, section 9).
  assertEquals([DICTIONARY.length, b * 65_536 + a], [1423, DICTIONARY_ID]);
});

Deno.test("HeaderReader gives the headers that HeaderWriter was given, block after block", async () => {
  const headers = fc.dictionary(
    fc.stringMatching(/^[a-z0-9:-]{1,20}$/),
    fc.string({ unit: "grapheme", maxLength: 200 }),
    { maxKeys: 10, noNullPrototype: true },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(headers, { maxLength: 10 }), async (blocks) => {
      const writer = new HeaderWriter();
      using reader = new HeaderReader();
      for (const block of blocks) {
        const entries = new Map(Object.entries(block).map(([k, v]) => [k, v.toWellFormed()]));
        assertEquals(await reader.read(writer.write(entries)), entries);
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("HeaderReader reads what zlib compresses, with repetitions over blocks", async () => {
  const deflate = createDeflate({ dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH });
  using reader = new HeaderReader();
  for (let length = 1; length < 100; length++) {
    const value = "stdout".repeat(length);
    const block = joined([
      Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 10),
      new TextEncoder().encode("StreamType"),
      Uint8Array.of(0, 0, value.length >> 8, value.length & 0xff),
      new TextEncoder().encode(value),
    ]);
    const headers = await reader.read(await through(deflate, block));
    assertEquals(headers, new Map([["streamtype", value]]));
  }
  deflate.destroy();
});

Deno.test("HeaderWriter makes a stream that zlib reads with the dictionary, whole after each block", async () => {
  const inflate = createInflate({ dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH });
  const writer = new HeaderWriter();
  for (let count = 0; count < 3; count++) {
    assertEquals(await through(inflate, writer.write(new Map())), Uint8Array.of(0, 0, 0, 0));
  }
  inflate.destroy();
});

Deno.test("HeaderReader refuses a block that is larger than headers are once it is inflated", async () => {
  const deflate = createDeflate({ dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH });
  const bomb = await through(deflate, new Uint8Array(10_000_000));
  deflate.destroy();
  assert(bomb.length < 16_384);
  using reader = new HeaderReader();
  await assertRejects(() => reader.read(bomb), ProtocolError, "too long");
  await assertRejects(() => reader.read(bomb), ProtocolError);
});

Deno.test("HeaderReader refuses what is no header block, whatever it is", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (garbage) => {
    using reader = new HeaderReader();
    await assertRejects(() => reader.read(garbage), ProtocolError);
  }));
  const cutOff = [[0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1, 0, 0, 0, 9, 65], [255, 255, 255, 255]];
  for (const block of cutOff) {
    const deflate = createDeflate({ dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH });
    const compressed = await through(deflate, Uint8Array.from(block));
    deflate.destroy();
    using reader = new HeaderReader();
    await assertRejects(() => reader.read(compressed), ProtocolError, "cut off");
  }
});
