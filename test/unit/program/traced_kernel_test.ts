import { assert, assertEquals } from "@std/assert";

import {
  bootRuntime,
  Context,
  createContainer,
  DEFAULT_CONFIG,
  DEFAULT_CONTAINER,
  DEFAULT_SANDBOX,
  removePodSandbox,
  runPodSandbox,
  SILENT,
  startContainer,
} from "../../../mod.ts";
import { inMacrotask, seedImage, SIM_IMAGE, Simulation } from "../../../sim/mod.ts";
import { tracedKernel } from "../../../src/program/traced_kernel.ts";
import { type TracedSpan, TracingTelemetry } from "../../../src/program/trace.ts";

/** The spans of a pod with one container, from its first call to its last, on the simulated machine. */
async function podSpans(): Promise<readonly TracedSpan[]> {
  const simulation = new Simulation({ seed: 1, isTrapped: false });
  seedImage(simulation);
  const spans: TracedSpan[] = [];
  const daemon = simulation.bootDaemon(async (kernel) => {
    const telemetry = new TracingTelemetry(SILENT, (span) => spans.push(span));
    const traced = tracedKernel(kernel, telemetry);
    const runtime = await bootRuntime({ kernel: traced, config: DEFAULT_CONFIG, telemetry });
    const context = Context.background();
    const metadata = { name: "a", namespace: "default", uid: "a", attempt: 0 };
    const pod = await runPodSandbox(runtime, { ...DEFAULT_SANDBOX, metadata }, "", context);
    const id = await createContainer(runtime, pod, {
      ...DEFAULT_CONTAINER,
      metadata,
      image: { image: SIM_IMAGE, annotations: {}, userSpecifiedImage: "", runtimeHandler: "" },
      command: ["sleep", "1000"],
    }, context);
    await startContainer(runtime, id, context);
    await removePodSandbox(runtime, pod, context);
  });
  const outcome = await inMacrotask(() => simulation.run());
  assert(daemon.boot.state === "fulfilled", outcome.text);
  return spans;
}

Deno.test("tracedKernel() tells of the kernel's calls, inside of the operations that make them", async () => {
  const spans = await podSpans();
  const children = (name: string) => {
    const parent = spans.find((it) => it.name === name);
    assert(parent !== undefined, name);
    return spans.filter((it) => it.parent === parent.id).map((it) => it.name);
  };
  assertEquals(children("namespaces.pin"), ["pin namespaces"]);
  assert(children("CreateContainer").includes("mount overlay"));
  assert(children("task.prepare").includes("spawn conmon"));
  assert(children("task.prepare").includes("answer of conmon"));
  assert(children("StartContainer").includes("commit"));
  assert(children("task.release").includes("open fifo"));
});

Deno.test("tracedKernel() marks what only waits", async () => {
  const spans = await podSpans();
  const waits = new Set(spans.filter((it) => it.attributes["wait"] === true).map((it) => it.name));
  assert(waits.has("answer of conmon") && waits.has("exit of process"));
  const calls = new Set(
    spans.filter((it) => it.attributes["kernel"] === true).map((it) => it.name),
  );
  assert(calls.has("commit") && calls.has("answer of conmon") && !calls.has("StartContainer"));
  assert(!waits.has("commit") && !waits.has("spawn conmon"));
});
