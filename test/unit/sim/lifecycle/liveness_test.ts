import { assertEquals } from "@std/assert";
import { KernelError } from "../../../../src/kernel/errno.ts";
import { core } from "../../../../sim/lifecycle/core.ts";
import type { Operations } from "../../../../sim/lifecycle/operations.ts";
import { callOf, QUIET } from "../../../../sim/lifecycle/request.ts";
import { runLifecycle } from "../../../../sim/lifecycle/run.ts";
import { failureClassOf, inMacrotask } from "../../../../sim/mod.ts";

/** Slipway's core, that never comes to rest once nothing goes wrong any more. */
const restless: Operations = async (kernel, options) => {
  const lifecycle = await core(kernel, options);
  const spin = async (): Promise<void> => {
    for (;;) await kernel.files.stat("/");
  };
  return { ...lifecycle, hurry: () => options.go("spin", spin) };
};

Deno.test("a run that does not come to rest when the faults have healed fails for liveness", async () => {
  const program = { ...QUIET, hasIdleSubscriber: true };
  await inMacrotask(() => {
    assertEquals(runLifecycle(program, { seed: 1 }).failure, undefined);
    const { failure } = runLifecycle(program, { seed: 1, operations: restless });
    assertEquals(failureClassOf(failure), "liveness");
  });
});

Deno.test("a daemon that never starts is why its clients wait, and not that they do", async () => {
  const run = { kind: "RunPodSandbox", sandbox: 0, hasNetwork: false, sharesPids: false } as const;
  const stop = { kind: "StopPodSandbox", sandbox: 0 } as const;
  const program = { ...QUIET, clients: [[callOf(run)], [callOf(stop)]] };
  const failing = () => Promise.reject(new KernelError("load", "EIO", "state"));
  await inMacrotask(() => {
    const { failure } = runLifecycle(program, { seed: 1, operations: failing });
    assertEquals(failureClassOf(failure), "I11");
  });
});
