import type { SpanStatistics, Trace } from "./report.ts";
import type { PodTrace, SpanNode } from "./spans.ts";
import { percentile } from "./statistics.ts";

/** What is inside of a span and in no span of its own. */
export const REST = "(rest)";

/** One kind of work in one pod. */
interface Sum {
  count: number;
  ms: number;
  isWait: boolean;
}

/** By path, joined with what no name has. */
type Sums = Map<string, Sum>;

const SEPARATOR = "\n";

/** Every kind of work, depth first, in the order in which the pods of a trace have them. */
export function spanStatistics(traces: readonly PodTrace[]): readonly SpanStatistics[] {
  const pods = traces.map(sumsOf);
  const paths = orderedPaths(traces);
  const total = (path: string) => pods.reduce((all, it) => all + (it.get(path)?.ms ?? 0), 0);
  return paths.map((path) => {
    const ms = pods.map((it) => it.get(path)?.ms ?? 0);
    const names = path.split(SEPARATOR);
    const parent = names.length === 1
      ? clientTotal(traces, path)
      : total(names.slice(0, -1).join(SEPARATOR));
    return {
      path: names,
      perPod: percentile(pods.map((it) => it.get(path)?.count ?? 0), 50),
      p50: percentile(ms, 50),
      p90: percentile(ms, 90),
      share: parent === 0 ? null : total(path) / parent,
      isWait: pods.some((it) => it.get(path)?.isWait === true),
    };
  });
}

/** Calls of the kernel a pod, by what began them: the median of all pods. What only waits is no work. */
export function callCounts(traces: readonly PodTrace[]): Trace["counts"] {
  const pods = traces.map(({ roots }) => {
    const counts = new Map<string, number>();
    for (const root of roots) {
      for (const name of kernelCallsOf(root)) {
        const key = `${root.origin}${SEPARATOR}${name}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    return counts;
  });
  const found: Record<string, Record<string, number>> = {};
  for (const key of new Set(pods.flatMap((it) => [...it.keys()]))) {
    const [origin = "", name = ""] = key.split(SEPARATOR);
    const count = percentile(pods.map((it) => it.get(key) ?? 0), 50);
    if (count > 0) (found[origin] ??= {})[name] = count;
  }
  return found;
}

function kernelCallsOf(span: SpanNode): readonly string[] {
  const below = span.children.flatMap(kernelCallsOf);
  return span.isKernel && !span.isWait ? [span.name, ...below] : below;
}

function sumsOf({ roots }: PodTrace): Sums {
  const sums: Sums = new Map();
  const add = (path: string, ms: number, isWait: boolean) => {
    const sum = sums.get(path) ?? { count: 0, ms: 0, isWait };
    sum.count++;
    sum.ms += ms;
    sums.set(path, sum);
  };
  const visit = (span: SpanNode, path: string) => {
    add(path, span.endedMs - span.beganMs, span.isWait);
    for (const child of span.children) visit(child, `${path}${SEPARATOR}${child.name}`);
    const rest = restOf(span);
    if (rest !== undefined) add(`${path}${SEPARATOR}${REST}`, rest, false);
  };
  for (const root of roots) {
    const isFirst = root.origin === root.name;
    if (!isFirst) add(root.origin, root.endedMs - root.beganMs, false);
    visit(root, isFirst ? root.name : `${root.origin}${SEPARATOR}${root.name}`);
  }
  return sums;
}

/** Parents before children, and those that came first before the others. */
function orderedPaths(traces: readonly PodTrace[]): readonly string[] {
  const children = new Map<string, string[]>();
  for (const path of new Set(traces.flatMap((it) => [...sumsOf(it).keys()]))) {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf(SEPARATOR)));
    children.set(parent, [...children.get(parent) ?? [], path]);
  }
  const walk = (path: string): readonly string[] => [
    ...path === "" ? [] : [path],
    ...(children.get(path) ?? []).flatMap(walk),
  ];
  return walk("");
}

/** What of a span its children do not cover; undefined where it has none. */
function restOf({ beganMs, endedMs, children }: SpanNode): number | undefined {
  if (children.length === 0) return undefined;
  let coveredTo = beganMs;
  let rest = 0;
  for (const child of children) {
    rest += Math.max(0, child.beganMs - coveredTo);
    coveredTo = Math.max(coveredTo, child.endedMs);
  }
  return rest + Math.max(0, endedMs - coveredTo);
}

/** What clients saw of a call, all together; 0 for what is no call. */
function clientTotal(traces: readonly PodTrace[], call: string): number {
  return traces.flatMap((it) => it.cycle.calls)
    .reduce((all, it) => it.call === call ? all + it.ms : all, 0);
}
