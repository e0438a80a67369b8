import type { Measure } from "./cycle.ts";
import type { Bar, Endpoint } from "./report.ts";
import { type Estimate, medianRatio } from "./statistics.ts";

/** What the bars need to know of a run. */
export interface BarSettings {
  readonly network: "host" | "cni";
  readonly parallel: number;
  readonly pauseMs: number;
}

/** With this pause or a longer one a prepared task is there when it is started. */
const PREPARED_AFTER_MS = 100;
/** Allowed on top of `runc run` of the same bundle. */
const ABOVE_FLOOR_MS = 25;
/** So many pods run when memory is compared. */
const MEMORY_PODS = 20;

/**
 * What this project holds itself to, as far as this run can tell: a bar whose peer, network or
 * measurement was not part of it is left out.
 */
export function barsOf(
  ours: Endpoint,
  others: readonly Endpoint[],
  settings: BarSettings,
): readonly Bar[] {
  return [...others.flatMap((peer) => againstPeer(ours, peer, settings)), ...onItsOwn(ours)];
}

function againstPeer(ours: Endpoint, peer: Endpoint, settings: BarSettings): readonly Bar[] {
  switch (peer.runtime?.split(" ")[0]) {
    case undefined:
      return settings.network === "host" && isBackToBack(settings) ? aboveFloor(ours, peer) : [];
    case "containerd":
      return [
        ...timesAgainstContainerd(ours, peer, settings),
        ...burst(ours, peer),
        ...memory(ours, peer),
        ...reads(ours, peer),
      ];
    case "cri-o":
      return isBackToBack(settings) ? median(ours, peer, "run → started", 0.5) : [];
    default:
      return [];
  }
}

function timesAgainstContainerd(
  ours: Endpoint,
  peer: Endpoint,
  settings: BarSettings,
): readonly Bar[] {
  const stopAndRemove = median(ours, peer, "stop + remove", 0.5);
  if (isBackToBack(settings)) {
    return [
      ...median(ours, peer, "run → started", 0.35),
      ...high(ours, peer, "run → started", 0.5),
      ...median(ours, peer, "StartContainer", 0.6),
      ...median(ours, peer, "whole cycle", 0.5),
      ...stopAndRemove,
    ];
  }
  const { parallel, pauseMs } = settings;
  if (parallel > 1 || pauseMs < PREPARED_AFTER_MS) return [];
  return [...median(ours, peer, "StartContainer", 0.05), ...stopAndRemove];
}

/** Pods one at a time, and no pause in which work could be hidden: it is in no measure. */
function isBackToBack({ parallel, pauseMs }: BarSettings): boolean {
  return parallel === 1 && pauseMs === 0;
}

function onItsOwn(ours: Endpoint): readonly Bar[] {
  return [...delay(ours), ...growth(ours), ...furtherContainer(ours)];
}

function median(ours: Endpoint, peer: Endpoint, measure: Measure, limit: number): readonly Bar[] {
  const [one, other] = [ours.samples[measure], peer.samples[measure]];
  if (one === undefined || other === undefined) return [];
  return [bar(`${measure} p50`, peer, medianRatio(one, other), { limit, unit: "×" })];
}

function high(ours: Endpoint, peer: Endpoint, measure: Measure, limit: number): readonly Bar[] {
  const [one, other] = [ours.calls[measure], peer.calls[measure]];
  if (one === undefined || other === undefined) return [];
  return [bar(`${measure} p99`, peer, { value: one.p99 / other.p99 }, { limit, unit: "×" })];
}

function aboveFloor(ours: Endpoint, floor: Endpoint): readonly Bar[] {
  const [one, other] = [ours.calls["run → started"], floor.calls["run → started"]];
  if (one === undefined || other === undefined) return [];
  const value = one.p50 - other.p50;
  return [
    bar("run → started p50 above it", floor, { value }, { limit: ABOVE_FLOOR_MS, unit: "ms" }),
  ];
}

function burst(ours: Endpoint, peer: Endpoint): readonly Bar[] {
  if (ours.burst === null || peer.burst === null) return [];
  const value = ours.burst.podsPerSecond / peer.burst.podsPerSecond;
  const name = `${ours.burst.pods} pods at once, pods/s`;
  return [bar(name, peer, { value }, { limit: 2, unit: "×", better: "more" })];
}

function memory(ours: Endpoint, peer: Endpoint): readonly Bar[] {
  const [one, other] = [ours, peer].map((it) => it.memory.find((it) => it.pods === MEMORY_PODS));
  if (one === undefined || other === undefined) return [];
  const name = `memory at ${MEMORY_PODS} pods`;
  return [bar(name, peer, { value: one.pss / other.pss }, { limit: 0.6, unit: "×" })];
}

function reads(ours: Endpoint, peer: Endpoint): readonly Bar[] {
  return ours.reads.flatMap(({ pods, calls }) => {
    const theirs = peer.reads.find((it) => it.pods === pods)?.calls;
    return (["ContainerStatus", "ListContainers"] as const).flatMap((call) => {
      const [one, other] = [calls[call], theirs?.[call]];
      if (one === undefined || other === undefined) return [];
      const name = `${call} at ${pods} containers p50`;
      return [bar(name, peer, { value: one.p50 / other.p50 }, { limit: 1.5, unit: "×" })];
    });
  });
}

function delay({ burst }: Endpoint): readonly Bar[] {
  if (burst === null) return [];
  const name = `delay of other pods' calls by ${burst.pods} at once, p99`;
  return [bar(name, undefined, { value: burst.delay.p99 }, { limit: 50, unit: "ms" })];
}

function growth({ growth }: Endpoint): readonly Bar[] {
  const [first, last] = [growth[0], growth.at(-1)];
  const [few, many] = [first?.calls["run → started"], last?.calls["run → started"]];
  if (first === last || few === undefined || many === undefined) return [];
  const name = `run → started p50 at ${last?.pods} pods against ${first?.pods}`;
  return [bar(name, undefined, { value: many.p50 / few.p50 }, { limit: 1.3, unit: "×" })];
}

function furtherContainer({ memory }: Endpoint): readonly Bar[] {
  const [few, many] = memory.slice(-2);
  if (few === undefined || many === undefined || few.pods === 0) return [];
  const value = (many.pss - few.pss) / (many.pods - few.pods);
  const name = `memory of each container from ${few.pods} to ${many.pods}`;
  return [bar(name, undefined, { value }, { limit: 0.5, unit: "MB" })];
}

/** What was measured, with its interval where there is one. */
type Measured = Pick<Estimate, "value"> & Partial<Estimate>;
type Demand = Pick<Bar, "limit" | "unit"> & Partial<Pick<Bar, "better">>;

function bar(
  name: string,
  peer: Endpoint | undefined,
  { value, low, high }: Measured,
  { limit, unit, better = "less" }: Demand,
): Bar {
  const isMet = better === "less" ? value <= limit : value >= limit;
  const interval = { low: low ?? null, high: high ?? null };
  return { name, peer: peer?.name ?? null, value, ...interval, limit, unit, better, isMet };
}
