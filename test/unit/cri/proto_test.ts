import { create, type DescMethod, fromBinary, toBinary } from "@bufbuild/protobuf";
import { assert, assertEquals } from "@std/assert";

import {
  ContainerStatusSchema,
  file_v1,
  ImageService,
  ImageSpecSchema,
  KeyValueSchema,
  NamespaceOptionSchema,
  RuntimeService,
} from "../../../src/cri/gen/v1_pb.ts";

const proto = await Deno.readTextFile(new URL("../../../src/cri/proto/v1.proto", import.meta.url));

type Numbers = Map<string, number>;

Deno.test("gen/ is made from proto/", () => {
  assertEquals(sorted(generatedNumbers()), sorted(declaredNumbers()));
});

Deno.test("the API has 35 calls for the runtime and 6 for images, 7 of them streams", () => {
  assertEquals(RuntimeService.typeName, "runtime.v1.RuntimeService");
  assertEquals(ImageService.typeName, "runtime.v1.ImageService");
  const methods: DescMethod[] = [...RuntimeService.methods, ...ImageService.methods];
  assertEquals([RuntimeService.methods.length, ImageService.methods.length], [35, 6]);
  const streams = methods.filter((it) => it.methodKind === "server_streaming");
  assertEquals(streams.map((it) => it.name).sort(), [
    "GetContainerEvents",
    "StreamContainerStats",
    "StreamContainers",
    "StreamImages",
    "StreamPodSandboxMetrics",
    "StreamPodSandboxStats",
    "StreamPodSandboxes",
  ]);
  assert(methods.every((it) => it.methodKind === "unary" || streams.includes(it)));
});

Deno.test("messages have the bytes of the wire", () => {
  const bytes = (...values: number[]) => Uint8Array.from(values);
  assertEquals(
    toBinary(NamespaceOptionSchema, create(NamespaceOptionSchema, { network: 2, targetId: "a" })),
    bytes(0x08, 2, 0x22, 1, 0x61),
  );
  assertEquals(
    toBinary(KeyValueSchema, create(KeyValueSchema, { key: "k", value: bytes(0xff) })),
    bytes(0x0a, 1, 0x6b, 0x12, 1, 0xff),
  );
  assertEquals(
    toBinary(ImageSpecSchema, create(ImageSpecSchema, { userSpecifiedImage: "a" })),
    bytes(0x92, 0x01, 1, 0x61),
  );
  assertEquals(fromBinary(ContainerStatusSchema, bytes(0x38, 0x89, 0x01)).exitCode, 137);
});

Deno.test("a message keeps fields of a later version of the API", () => {
  const later = Uint8Array.from([0x0a, 1, 0x6b, 0xfa, 0x3f, 1, 0x78]);
  assertEquals(toBinary(KeyValueSchema, fromBinary(KeyValueSchema, later)), later);
});

/** What each message and enum of the generated code numbers, by the name of its block. */
function generatedNumbers(): Map<string, Numbers> {
  const all = new Map<string, Numbers>();
  for (const { name, fields } of file_v1.messages) {
    all.set(name, new Map(fields.map((it) => [it.name, it.number])));
  }
  const enums = [...file_v1.enums, ...file_v1.messages.flatMap((it) => it.nestedEnums)];
  for (const { name, values } of enums) {
    all.set(name, new Map(values.map((it) => [it.name, it.number])));
  }
  return all;
}

/** The same, read from the .proto line by line. */
function declaredNumbers(): Map<string, Numbers> {
  const all = new Map<string, Numbers>();
  const open: Numbers[] = [];
  for (const line of proto.split("\n")) {
    const [, block, name, number] = /^ *(?:message|enum) (\w+) \{|(\w+) = (\d+);$/.exec(line) ?? [];
    if (block !== undefined) {
      open.push(new Map());
      all.set(block, open.at(-1)!);
    }
    if (name !== undefined) open.at(-1)?.set(name, Number(number));
    if (line.endsWith("}")) open.pop();
  }
  return all;
}

function sorted(all: Map<string, Numbers>): [string, Numbers][] {
  return [...all].sort(([a], [b]) => a < b ? -1 : 1);
}
