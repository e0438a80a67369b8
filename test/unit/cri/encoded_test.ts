import { fromBinary } from "@bufbuild/protobuf";
import { assertEquals, assertStrictEquals } from "@std/assert";

import { encode, inARow, WrittenOnce } from "../../../src/cri/encoded.ts";
import { ListContainersResponseSchema } from "../../../src/cri/gen/v1_pb.ts";

function listOf(...ids: readonly string[]) {
  return encode(ListContainersResponseSchema, { containers: ids.map((id) => ({ id })) });
}

Deno.test("inARow() appends the lists of its parts", () => {
  const all = inARow([listOf("a"), listOf(), listOf("b", "c")]);
  const { containers } = fromBinary(ListContainersResponseSchema, all.bytes);
  assertEquals(containers.map((it) => it.id), ["a", "b", "c"]);
  assertEquals(inARow([]).bytes.length, 0);
});

Deno.test("WrittenOnce writes an object once for each of its states", () => {
  const written = new WrittenOnce<object>();
  const [one, other] = [{}, {}];
  const [before, after] = [{}, {}];
  let count = 0;
  const write = () => listOf(`${++count}`);
  const first = written.get(one, [before, undefined], write);
  assertStrictEquals(written.get(one, [before, undefined], write), first);
  assertEquals(written.get(one, [after, undefined], write), listOf("2"));
  assertEquals(written.get(one, [after, before], write), listOf("3"), "each part counts");
  assertEquals(written.get(one, [before, undefined], write), listOf("4"), "the last one is kept");
  assertEquals(written.get(other, [before, undefined], write), listOf("5"), "another object");
});
