import type { Measure } from "./cycle.ts";
import { FLOOR } from "./floor.ts";
import type { Machine } from "./machine.ts";
import type { Report, Trace } from "./report.ts";
import { type Estimate, meanRatio, medianRatio } from "./statistics.ts";

/**
 * What the start path cost when somebody last looked and agreed: bench/baseline.json. Times and CPU are
 * ratios to `runc run` of the same bundle in the same run, so that they mean something on any machine.
 */
export interface Baseline
  extends Pick<Report, "beganAt" | "commandLine" | "machine" | "versions" | "settings"> {
  readonly version: 1;
  /** Of the means: what else the machine does hardly changes it. */
  readonly cpu: Estimate;
  /** Of the medians, by measure. */
  readonly times: Readonly<Partial<Record<Measure, Estimate>>>;
  /** Programs, commits and mounts of one pod, by what began them. */
  readonly counts: Trace["counts"];
}

/** One thing that was compared. */
export interface Verdict {
  readonly name: string;
  readonly found: string;
  readonly baseline: string;
  /** The most that it may be; its interval has to be above to be worse. */
  readonly limit: string;
  readonly outcome: "same" | "better" | "worse";
}

/** What is compared with `runc run`: the sums, and the call that this project is about. */
const MEASURES: readonly Measure[] = [
  "StartContainer",
  "run → started",
  "stop + remove",
  "whole cycle",
];

/** What does not vary from pod to pod: programs, commits, mounts, namespaces. */
const COUNTED = /^(spawn |commit$|mount |unmount$|pin |sync )/;

/**
 * By how much a ratio may be above the baseline. A pod is many short steps of many processes, `runc run`
 * a few: on a machine that has other things to do, or another disk, the first lose more time. Measured
 * on two cores: with a load of 7 the times' ratios double, that of CPU grows by a tenth.
 */
const TOLERANCES = {
  same: { cpu: 0.2, times: 0.5 },
  busy: { cpu: 0.3, times: 2 },
  other: { cpu: 0.6, times: 2 },
} as const;

/** Works out what a run would be as a baseline. @throws {Error} when it has no floor or no trace. */
export function baselineOf(report: Report): Baseline {
  const { beganAt, commandLine, machine, versions, settings, trace } = report;
  const [ours] = report.endpoints;
  const floor = report.endpoints.find((it) => it.name === FLOOR);
  const floorTimes = floor?.samples["run → started"];
  if (ours === undefined || floor === undefined || floorTimes === undefined || trace === null) {
    throw new Error("a baseline needs runc alone and a trace in the same run");
  }
  const times = MEASURES.flatMap((measure) => {
    const samples = ours.samples[measure];
    return samples === undefined ? [] : [[measure, medianRatio(samples, floorTimes)] as const];
  });
  return {
    ...{ version: 1, beganAt, commandLine, machine, versions, settings },
    cpu: meanRatio(ours.cpuSamples, floor.cpuSamples),
    times: Object.fromEntries(times),
    counts: countedOf(trace.counts),
  };
}

/** Compares a run with the baseline; the start path got slower where anything is worse. */
export function compare(found: Baseline, baseline: Baseline): readonly Verdict[] {
  const tolerance = TOLERANCES[conditionOf(found.machine, baseline)];
  return [
    verdict("CPU", found.cpu, baseline.cpu, tolerance.cpu),
    ...MEASURES.flatMap((measure) => {
      const [now, then] = [found.times[measure], baseline.times[measure]];
      if (now === undefined || then === undefined) return [];
      return [verdict(measure, now, then, tolerance.times)];
    }),
    ...compareCounts(found.counts, baseline.counts),
  ];
}

/** Under which conditions a run was compared: they say how much noise is expected. */
export function conditionOf(
  machine: Machine,
  baseline: Pick<Baseline, "machine">,
): keyof typeof TOLERANCES {
  const { cpu, cores, fileSystem, cgroups } = baseline.machine;
  const isSame = machine.cpu === cpu && machine.cores === cores &&
    machine.fileSystem === fileSystem && machine.cgroups === cgroups;
  if (!isSame) return "other";
  return machine.load > machine.cores ? "busy" : "same";
}

function verdict(name: string, now: Estimate, then: Estimate, tolerance: number): Verdict {
  const limit = then.high * (1 + tolerance);
  return {
    name: `${name} / runc run`,
    found: textOf(now),
    baseline: textOf(then),
    limit: `×${limit.toFixed(2)}`,
    outcome: now.low > limit ? "worse" : now.high < then.low ? "better" : "same",
  };
}

function compareCounts(now: Trace["counts"], then: Trace["counts"]): readonly Verdict[] {
  const origins = [...new Set([...Object.keys(then), ...Object.keys(now)])];
  return origins.flatMap((origin) => {
    const names = new Set([...Object.keys(then[origin] ?? {}), ...Object.keys(now[origin] ?? {})]);
    return [...names].map((name): Verdict => {
      const [found, limit] = [now[origin]?.[name] ?? 0, then[origin]?.[name] ?? 0];
      return {
        name: `${origin}: ${name}`,
        found: `${found}`,
        baseline: `${limit}`,
        limit: `${limit}`,
        outcome: found > limit ? "worse" : found < limit ? "better" : "same",
      };
    });
  });
}

function countedOf(counts: Trace["counts"]): Trace["counts"] {
  const counted = Object.entries(counts).map(([origin, names]) =>
    [origin, Object.fromEntries(Object.entries(names).filter(([it]) => COUNTED.test(it)))] as const
  );
  return Object.fromEntries(counted.filter(([, names]) => Object.keys(names).length > 0));
}

function textOf({ value, low, high }: Estimate): string {
  return `×${value.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}
