import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Ajv2020 } from "ajv/dist/2020.js";

import { CALLS } from "../../bench/cycle.ts";
import schema from "../../bench/report.schema.json" with { type: "json" };
import type { Report } from "../../bench/report.ts";
import { ContainerEventType } from "../../src/cri/gen/v1_pb.ts";
import type { Interrupted } from "./bench_inside.ts";
import { IMAGE, Scene, systemTest } from "./scene.ts";

const PROGRAM = fromFileUrl(new URL("../../mod.ts", import.meta.url));
const INSIDE = fromFileUrl(new URL("./bench_inside.ts", import.meta.url));

function bench(...args: readonly string[]): Deno.ChildProcess {
  const all = ["run", "-A", PROGRAM, "bench", ...args];
  const pipes = { stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(Deno.execPath(), { args: all, stdin: "null", ...pipes }).spawn();
}

async function reportOf(...args: readonly string[]): Promise<Report> {
  const { code, stdout, stderr } = await bench(...args, "--json").output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const report: Report = JSON.parse(new TextDecoder().decode(stdout));
  const validate = new Ajv2020({ formats: { "date-time": true } }).compile(schema);
  assert(validate(report), JSON.stringify(validate.errors));
  return report;
}

systemTest("the benchmark measures all that it can, and tells it as its schema says", async () => {
  const few = ["--n=2", "--warmup=1", "--burst=2", "--bursts=1", "--memory-at=0,1", "--crowd=2"];
  const html = await Deno.makeTempFile({ prefix: "slipway-test-", suffix: ".html" });
  const report = await reportOf("--measure=all", "--pause=5", "--html", html, ...few);
  assertStringIncludes(await Deno.readTextFile(html), "<title>slipway · runc run: the start path");
  await Deno.remove(html);
  const [ours, floor] = report.endpoints;
  assertEquals(report.endpoints.map((it) => it.name), ["slipway", "runc run"]);
  for (const call of CALLS) assert((ours?.calls[call]?.p50 ?? 0) > 0, call);
  assert((floor?.calls["run → started"]?.p50 ?? 0) > 0);
  assert((report.simulated.calls["StartContainer"]?.p50 ?? 0) > 0);
  assert((ours?.cpuSecondsPerPod ?? 0) > 0);
  assertEquals(ours?.memory.map((it) => it.pods), [0, 1]);
  assert((ours?.memory[1]?.helpersPss ?? 0) > 0, "conmon was not found");
  const { daemonPss = 0, daemonRss = 0 } = ours?.memory[0] ?? {};
  assert(daemonPss > 0.9 * daemonRss, "its program is counted as half another's");
  assertEquals(ours?.reads.map((it) => it.pods), [2]);
  assertEquals([ours, floor].map((it) => it?.growth.map((it) => it.pods)), [[0, 2], [0, 2]]);
  assert((ours?.burst?.podsPerSecond ?? 0) > 0);
});

systemTest(
  "the benchmark shows where the daemon's time goes, inside of what the client saw",
  async () => {
    const report = await reportOf("--measure=trace", "--n=3", "--warmup=1");
    assertEquals(report.endpoints.map((it) => it.samples["StartContainer"]?.length), [3]);
    assertEquals(report.trace?.pods, 3);
    assert((report.trace?.overhead["whole cycle"]?.value ?? 0) > 0);
    assertEquals(report.trace?.waterfall.map((it) => it.call), [...CALLS]);
    for (const { call, ms, spans } of report.trace?.waterfall ?? []) {
      const own = spans.find((it) => it.name === call && !it.isBackground);
      assert(own !== undefined, `no span of ${call}`);
      assert(
        own.startMs > 0 && own.startMs + own.ms < ms,
        `${call} ${JSON.stringify(own)} of ${ms}`,
      );
    }
    assertEquals(report.trace?.counts["task.prepare"]?.["spawn conmon"], 1);
  },
);

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

systemTest("the benchmark leaves nothing when it is interrupted, whatever it is at", async () => {
  const many = ["--measure=all", "--n=3", "--warmup=1", "--burst=3", "--bursts=1", "--crowd=3"];
  const phases = ["starting", "warm-up", "pods", "3 pods at once", "slipway, filling up to 3 pods"];
  const found = await Promise.all([
    ...phases.map((phase) => interruptedAt(phase, [...many, "--memory-at=0"])),
    interruptedAt("slipway, pods beside 0 others", ["--measure=growth", "--n=3"]),
  ]);
  for (const { code, stderr, left } of found) {
    assertStringIncludes(stderr, "bench: interrupted");
    assertEquals([code, left], [1, []], stderr);
  }
});

/** In namespaces of its own, so that whatever is left there is the benchmark's. */
async function interruptedAt(phase: string, args: readonly string[]): Promise<Interrupted> {
  const inside = [Deno.execPath(), "run", "-A", "--no-check", INSIDE, phase, ...args];
  const { stdout, stderr } = await new Deno.Command("unshare", {
    args: [
      ...["--mount", "--propagation=private", "--pid", "--fork", "--mount-proc"],
      ...["sh", "-c", 'mount -t tmpfs tmpfs /var/tmp && exec "$@"', "sh", ...inside],
    ],
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert(text !== "", new TextDecoder().decode(stderr));
  return JSON.parse(text);
}
