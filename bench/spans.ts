import type { TracedSpan } from "../src/program/trace.ts";
import type { Cycle } from "./cycle.ts";

/** A span with what it is made of. */
export interface SpanNode {
  readonly name: string;
  readonly beganMs: number;
  readonly endedMs: number;
  /** It only waited. */
  readonly isWait: boolean;
  /** A call of the kernel: nothing of the daemon is below it. */
  readonly isKernel: boolean;
  /** Began and ended inside of it, in the order in which they began. */
  readonly children: readonly SpanNode[];
}

/** What a daemon did for one pod. */
export interface PodTrace {
  readonly cycle: Cycle;
  /**
   * Calls, and work in the background: what was begun by nobody's call, and what outlived the work that
   * began it ("after StartContainer"). In the order in which they began.
   */
  readonly roots: readonly SpanRoot[];
}

/** An outermost span. */
export interface SpanRoot extends SpanNode {
  /** Of what it belongs to: a call's name, a root's own, or "after" what began it. */
  readonly origin: string;
}

/** Reads the lines of a trace (`slipway daemon --trace`). */
export function parseTrace(lines: readonly string[]): readonly TracedSpan[] {
  return lines.map((it) => JSON.parse(it));
}

/** Sorts the spans of a daemon by pod; those that belong to none of them are left out. */
export function podTraces(
  spans: readonly TracedSpan[],
  cycles: readonly Cycle[],
): readonly PodTrace[] {
  const forest = new Forest(spans);
  const byObject = Map.groupBy(
    forest.roots,
    ({ first }) => String(first.attributes["container.id"] ?? first.attributes["sandbox.id"] ?? ""),
  );
  return cycles.map((cycle) => {
    const { podSandboxId, containerId } = cycle.pod;
    const roots = [podSandboxId, containerId].flatMap((id) => byObject.get(id) ?? []);
    return { cycle, roots: roots.map((it) => it.root).toSorted((a, b) => a.beganMs - b.beganMs) };
  });
}

/** A root, and the first span of all that led to it. */
interface Tree {
  readonly first: TracedSpan;
  readonly root: SpanRoot;
}

/** Spans by parent, where what outlives its parent is a root of its own. */
class Forest {
  readonly #byId: ReadonlyMap<number, TracedSpan>;
  readonly #byParent: ReadonlyMap<number | null, readonly TracedSpan[]>;
  readonly roots: readonly Tree[];

  constructor(spans: readonly TracedSpan[]) {
    const ordered = spans.toSorted((a, b) => a.id - b.id);
    this.#byId = new Map(ordered.map((it) => [it.id, it]));
    this.#byParent = Map.groupBy(ordered, (it) => it.parent);
    // Somebody waits all the time for a container to end: that says nothing about where time goes.
    this.roots = ordered.filter((it) => !this.#isInside(it)).map((it) => this.#treeOf(it))
      .filter(({ root }) => !root.isWait);
  }

  #treeOf(span: TracedSpan): Tree {
    const first = this.#firstOf(span);
    const origin = first === span ? span.name : `after ${first.name}`;
    return { first, root: { ...this.#nodeOf(span), origin } };
  }

  #nodeOf(span: TracedSpan): SpanNode {
    const children = (this.#byParent.get(span.id) ?? []).filter((it) => this.#isInside(it));
    return {
      name: span.name,
      beganMs: span.beganMs,
      endedMs: endOf(span),
      isWait: span.attributes["wait"] === true,
      isKernel: span.attributes["kernel"] === true,
      children: children.map((it) => this.#nodeOf(it)),
    };
  }

  #firstOf(span: TracedSpan): TracedSpan {
    const parent = this.#parentOf(span);
    return parent === undefined ? span : this.#firstOf(parent);
  }

  #isInside(span: TracedSpan): boolean {
    const parent = this.#parentOf(span);
    return parent !== undefined && endOf(span) <= endOf(parent) + ROUNDING_MS;
  }

  #parentOf({ parent }: TracedSpan): TracedSpan | undefined {
    return parent === null ? undefined : this.#byId.get(parent);
  }
}

/** Milliseconds since 1970 have no more digits than these in a double. */
const ROUNDING_MS = 0.001;

function endOf({ beganMs, ms }: TracedSpan): number {
  return beganMs + ms;
}
