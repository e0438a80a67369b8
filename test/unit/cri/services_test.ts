import { assertEquals, assertThrows } from "@std/assert";
import { create } from "@bufbuild/protobuf";

import { ImageService, RuntimeService } from "../../../src/cri/gen/v1_pb.ts";
import { imageService } from "../../../src/cri/image_service.ts";
import { runtimeService } from "../../../src/cri/runtime_service.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";

const PRODUCT = { name: "slipway", version: "0" };

function notYet(): never {
  throw new RuntimeError("UNAVAILABLE", "server is not initialized yet");
}

function noStreams(): never {
  throw new Error("no streams are wanted here");
}

type AnyHandler = (request: unknown, context: Context) => unknown;

Deno.test("every call is refused with UNAVAILABLE until the runtime is there", async () => {
  const services = [
    [RuntimeService, runtimeService(notYet, PRODUCT, noStreams)],
    [ImageService, imageService(notYet)],
  ] as const;
  for (const [service, handlers] of services) {
    for (const method of service.methods) {
      const handler = (handlers as Record<string, AnyHandler | undefined>)[method.localName];
      if (handler === undefined) continue;
      const call = () => handler(create(method.input, {}), new Context());
      assertEquals(await codeOf(call), "UNAVAILABLE", method.name);
    }
  }
});

Deno.test("version() says who answers", async () => {
  const { version } = runtimeService(() => undefined as never, PRODUCT, noStreams);
  const input = RuntimeService.method.version.input;
  assertEquals(await version?.(create(input), new Context()), {
    version: "0.1.0",
    runtimeName: "slipway",
    runtimeVersion: "0",
    runtimeApiVersion: "v1",
  });
  const refused = runtimeService(notYet, PRODUCT, noStreams);
  assertThrows(() => refused.version?.(create(input), new Context()), RuntimeError);
});

Deno.test("updateRuntimeConfig() takes a range of addresses, which is CNI's to give out", async () => {
  const { updateRuntimeConfig } = runtimeService(() => undefined as never, PRODUCT, noStreams);
  const { input } = RuntimeService.method.updateRuntimeConfig;
  const request = create(input, { runtimeConfig: { networkConfig: { podCidr: "10.0.0.0/24" } } });
  assertEquals(await updateRuntimeConfig?.(request, new Context()), {});
});

Deno.test("exec(), attach() and portForward() refuse what makes no sense before anything else", async () => {
  const service = runtimeService(() => undefined as never, PRODUCT, noStreams);
  const { exec, attach, portForward } = RuntimeService.method;
  const calls = [
    () => service.exec?.(create(exec.input, { containerId: "a1b2", cmd: ["true"] }), new Context()),
    () => service.attach?.(create(attach.input, { stdout: true }), new Context()),
    () => service.portForward?.(create(portForward.input, { port: [80] }), new Context()),
  ];
  for (const call of calls) assertEquals(await codeOf(call), "INVALID_ARGUMENT");
});

async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return "OK";
  } catch (error) {
    if (error instanceof RuntimeError) return error.code;
    throw error;
  }
}
