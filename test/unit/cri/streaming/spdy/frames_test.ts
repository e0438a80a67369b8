import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";

import {
  encodeFrame,
  type Frame,
  FrameReader,
} from "../../../../../src/cri/streaming/spdy/frames.ts";
import { ProtocolError } from "../../../../../src/cri/streaming/spdy/protocol_error.ts";
import { joined } from "../../../../../src/bytes.ts";

const id = fc.integer({ min: 0, max: 0x7fff_ffff });
const number = fc.integer({ min: 0, max: 0xffff_ffff });
const some = fc.uint8Array({ maxLength: 200 });

const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: fc.constantFrom("synStream" as const, "synReply" as const, "headers" as const),
    streamId: id,
    isFin: fc.boolean(),
    block: some,
  }),
  fc.record({ type: fc.constant("data" as const), streamId: id, isFin: fc.boolean(), bytes: some }),
  fc.record({ type: fc.constant("rstStream" as const), streamId: id, status: number }),
  fc.record({ type: fc.constant("settings" as const) }),
  fc.record({ type: fc.constant("ping" as const), id: number }),
  fc.record({ type: fc.constant("goAway" as const), lastStreamId: id, status: number }),
  fc.record({ type: fc.constant("windowUpdate" as const), streamId: id, delta: id }),
);

/** Frames as their reader gives them when `bytes` come in pieces of these lengths. */
function read(bytes: Uint8Array, lengths: readonly number[]): Frame[] {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  let at = 0;
  for (const length of [...lengths, bytes.length]) {
    frames.push(...reader.frames(bytes.slice(at, at + length)));
    at = Math.min(at + length, bytes.length);
  }
  return frames;
}

/** Parts of one data frame put together again, since where they are cut is nobody's business. */
function whole(frames: readonly Frame[]): Frame[] {
  const merged: Frame[] = [];
  for (const frame of frames) {
    const last = merged.at(-1);
    const continues = frame.type === "data" && last?.type === "data" && !last.isFin &&
      last.streamId === frame.streamId;
    if (!continues) merged.push(frame);
    else merged.splice(-1, 1, { ...frame, bytes: joined([last.bytes, frame.bytes]) });
  }
  return merged;
}

Deno.test("FrameReader gives the frames that were encoded, wherever they are cut", () => {
  fc.assert(fc.property(
    fc.array(frame, { maxLength: 10 }),
    fc.array(fc.integer({ min: 1, max: 50 })),
    (frames, lengths) => {
      const bytes = joined(frames.map(encodeFrame));
      assertEquals(whole(read(bytes, lengths)), whole(frames));
      assertEquals(whole(read(bytes, Array.from(bytes, () => 1))), whole(frames));
    },
  ));
});

Deno.test("FrameReader gives frames or a ProtocolError, whatever comes", () => {
  const header = fc.constantFrom(0x80, 0x00, 0x03, 0x01, 0x09, 0xff);
  const garbage = fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.array(header)));
  fc.assert(fc.property(garbage, (chunks) => {
    const reader = new FrameReader();
    try {
      for (const chunk of chunks) [...reader.frames(Uint8Array.from(chunk))];
    } catch (error) {
      assert(error instanceof ProtocolError, String(error));
    }
  }));
});

Deno.test("FrameReader refuses other versions, and control frames that are too long or too short", () => {
  const refused = [
    [0x80, 0x02, 0, 1, 0, 0, 0, 0],
    [0x80, 0x03, 0, 1, 0, 0xff, 0, 0],
    [0x80, 0x03, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1],
    [0x80, 0x03, 0, 3, 0, 0, 0, 4, 0, 0, 0, 1],
    [0x80, 0x03, 0, 6, 0, 0, 0, 0],
  ];
  for (const bytes of refused) {
    assertThrows(() => read(Uint8Array.from(bytes), []), ProtocolError);
  }
});

Deno.test("FrameReader skips control frames that it does not know", () => {
  const unknown = [0x80, 0x03, 0, 99, 0, 0, 0, 1, 7];
  const many = Uint8Array.from(Array.from({ length: 20_000 }, () => unknown).flat());
  const ping: Frame = { type: "ping", id: 1 };
  assertEquals(read(joined([many, encodeFrame(ping)]), []), [ping]);
});

Deno.test("FrameReader passes data on as it comes, with its end at the end", () => {
  const bytes = encodeFrame({ type: "data", streamId: 1, isFin: true, bytes: Uint8Array.of(1, 2) });
  assertEquals(read(bytes, [9]), [
    { type: "data", streamId: 1, isFin: false, bytes: Uint8Array.of(1) },
    { type: "data", streamId: 1, isFin: true, bytes: Uint8Array.of(2) },
  ]);
});
