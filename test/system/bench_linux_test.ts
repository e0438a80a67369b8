import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";

import { CALLS } from "../../bench/cycle.ts";
import type { Report } from "../../bench/report.ts";
import { ContainerEventType } from "../../src/cri/gen/v1_pb.ts";
import { IMAGE, Scene, systemTest } from "./scene.ts";

const PROGRAM = fromFileUrl(new URL("../../mod.ts", import.meta.url));

function bench(...args: readonly string[]): Deno.ChildProcess {
  const all = ["run", "-A", PROGRAM, "bench", ...args];
  const pipes = { stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(Deno.execPath(), { args: all, stdin: "null", ...pipes }).spawn();
}

systemTest("the benchmark measures every call, runc alone, CPU and memory", async () => {
  const child = bench("--n=2", "--warmup=0", "--memory=1", "--pause=5", "--json");
  const { code, stdout, stderr } = await child.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const report: Report = JSON.parse(new TextDecoder().decode(stdout));
  const [ours, floor] = report.endpoints;
  assertEquals(report.endpoints.map((it) => it.name), ["slipway", "runc run"]);
  for (const call of CALLS) assert((ours?.calls[call]?.p50 ?? 0) > 0, call);
  assert((floor?.calls["run → started"]?.p50 ?? 0) > 0);
  assert((report.simulated.calls["StartContainer"]?.p50 ?? 0) > 0);
  assert((ours?.cpuSecondsPerPod ?? 0) > 0);
  assertEquals(ours?.memory.map((it) => it.pods), [0, 1]);
  assert((ours?.memory[1]?.helpersPss ?? 0) > 0, "conmon was not found");
});

systemTest("the benchmark removes its pods when it is interrupted", async () => {
  await using scene = await Scene.open();
  const { client, place } = scene;
  const events = client.getContainerEvents();
  await events.served;
  const target = ["--endpoint", `unix://${place.socket}`, "--image", IMAGE];
  const child = bench(...target, "--n=10000", "--parallel=3", "--workload=exit");
  for await (const { containerEventType } of events) {
    if (containerEventType === ContainerEventType.CONTAINER_STOPPED_EVENT) break;
  }
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  assertEquals(code, 1);
  assertStringIncludes(new TextDecoder().decode(stderr), "interrupted");
  assertEquals((await client.listPodSandbox()).items, []);
  assertEquals(await place.leftovers(), []);
});
