import { assert, assertEquals, assertThrows } from "@std/assert";

import { type Call, withSums } from "../../../bench/cycle.ts";
import type { Machine } from "../../../bench/machine.ts";
import { type Baseline, baselineOf, compare, conditionOf } from "../../../bench/regression.ts";
import { samplesOf } from "../../../bench/summary.ts";
import { Prng } from "../../../sim/random.ts";
import { REPORT } from "./fixture.ts";

const QUIET: Machine = { ...REPORT.machine, load: 0 };
const COUNTS = {
  "StartContainer": { "commit": 2, "stat": 9 },
  "task.prepare": { "spawn conmon": 1 },
};

/** What a run is like. */
interface Run {
  /** Pods differ, and so do the times at which the machine is slow for everybody. */
  readonly seed: number;
  /** Milliseconds more than usual that each call takes. */
  readonly slower?: Partial<Record<Call, number>>;
  readonly cpuSeconds?: number;
  readonly counts?: Record<string, Record<string, number>>;
  readonly machine?: Machine;
}

/** A run of 30 pods whose calls take about 10 ms each, beside a floor of about 20 ms. */
function run({ seed, slower = {}, cpuSeconds = 0.05, counts = COUNTS, machine = QUIET }: Run) {
  const prng = new Prng(seed);
  // From half as long again to as long, the same for a pod and the floor after it.
  const moods = Array.from({ length: 30 }, () => 1 + prng.below(500) / 1_000);
  const ms = (mood: number, usual: number) => mood * usual * (1 + prng.below(100) / 1_000);
  const calls = ["RunPodSandbox", "CreateContainer", "StartContainer", "StopContainer"] as const;
  const timings = moods.map((mood) =>
    withSums(calls.map((call) => ({ call, ms: ms(mood, 10 + (slower[call] ?? 0)) })))
  );
  const floor = moods.map((mood) => ({ "run → started": ms(mood, 20) }));
  const cpu = (usual: number) => moods.map((mood) => ms(mood, usual));
  const [ours, , runc] = REPORT.endpoints;
  assert(ours !== undefined && runc !== undefined && REPORT.trace !== null);
  return baselineOf({
    ...REPORT,
    machine,
    endpoints: [
      { ...ours, samples: samplesOf(timings), cpuSamples: cpu(cpuSeconds) },
      { ...runc, samples: samplesOf(floor), cpuSamples: cpu(0.015) },
    ],
    trace: { ...REPORT.trace, counts },
  });
}

const BASELINE = run({ seed: 1 });

function worse(found: Baseline): readonly string[] {
  return compare(found, BASELINE).filter((it) => it.outcome === "worse").map((it) => it.name);
}

Deno.test("compare() finds nothing worse in a run of the same code, whatever the machine's mood", () => {
  for (let seed = 2; seed < 52; seed++) assertEquals(worse(run({ seed })), [], `seed ${seed}`);
});

Deno.test("compare() finds a start path that got slower", () => {
  for (let seed = 2; seed < 22; seed++) {
    const found = worse(run({ seed, slower: { "StartContainer": 10 } }));
    assert(found.includes("StartContainer / runc run"), `seed ${seed}: ${found.join()}`);
  }
  // By less than the tolerance is nothing.
  assertEquals(worse(run({ seed: 2, slower: { "StartContainer": 2 } })), []);
});

Deno.test("compare() finds more CPU, also on a machine that is busy", () => {
  const busy = { ...QUIET, load: 8 };
  for (let seed = 2; seed < 22; seed++) {
    assertEquals(worse(run({ seed, cpuSeconds: 0.08, machine: busy })), ["CPU / runc run"]);
  }
  const slower = { "StartContainer": 10 };
  assertEquals(worse(run({ seed: 2, slower, machine: busy })), [], "such a machine is slower");
});

Deno.test("compare() finds every further program, commit and mount", () => {
  const more = { ...COUNTS, "StartContainer": { "commit": 3, "stat": 12 } };
  assertEquals(worse(run({ seed: 2, counts: more })), ["StartContainer: commit"]);
  const other = { ...COUNTS, "after StartContainer": { "spawn runc": 1 } };
  assertEquals(worse(run({ seed: 2, counts: other })), ["after StartContainer: spawn runc"]);
});

Deno.test("compare() tells what got better, and that is not worse", () => {
  const found = run({
    seed: 2,
    slower: { "StartContainer": -5 },
    counts: { "task.prepare": { "spawn conmon": 1 } },
  });
  const better = compare(found, BASELINE).filter((it) => it.outcome === "better");
  assertEquals(better.map((it) => it.name), [
    "StartContainer / runc run",
    "run → started / runc run",
    "whole cycle / runc run",
    "StartContainer: commit",
  ]);
});

Deno.test("conditionOf() expects more noise of a busy machine, and of another one", () => {
  const { cores } = QUIET;
  const baseline = { machine: QUIET };
  assertEquals(conditionOf({ ...QUIET, load: cores }, baseline), "same");
  assertEquals(conditionOf({ ...QUIET, load: cores + 0.1 }, baseline), "busy");
  assertEquals(conditionOf({ ...QUIET, cpu: "another" }, baseline), "other");
});

Deno.test("baselineOf() refuses a run without floor or trace", () => {
  assertThrows(() => baselineOf({ ...REPORT, trace: null }), Error, "needs runc alone and a trace");
});
