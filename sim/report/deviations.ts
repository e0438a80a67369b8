import type { Deviation, Schedule } from "../schedule/schedule.ts";
import { taskKeyOf } from "./marks.ts";
import type { DescribedDeviation, Trace, TraceStep } from "./model.ts";
import { words } from "./words.ts";

const ACTORS_MAX = 3;

/**
 * What a schedule does other than the baseline, as sentences, in the order in which it happens. A
 * deviation that the run did not come to is left out.
 */
export function describeDeviations(trace: Trace, schedule: Schedule): DescribedDeviation[] {
  const story = new Story(trace);
  const marked = trace.steps.filter(({ mark }) =>
    mark !== undefined && mark !== "resumption" && mark !== "violation"
  );
  const described = schedule.flatMap((deviation) => story.tell(deviation, marked) ?? []);
  return described.toSorted((a, b) => a.step - b.step);
}

class Story {
  readonly #byKey: ReadonlyMap<string, TraceStep>;
  readonly #names: ReadonlyMap<string, string>;
  readonly #waiting: ReadonlySet<string>;
  readonly #lastOf: ReadonlyMap<string, number>;

  constructor(readonly trace: Trace) {
    const { steps, tasks, pending } = trace;
    this.#byKey = new Map([...pending, ...steps.toReversed()].map((it) => [it.key, it]));
    // A client waits for its calls, not for steps of its own.
    const clients = tasks.filter((it) => it.actor === "client").map((it) => it.key);
    this.#waiting = new Set([...pending.map((it) => it.task), ...clients]);
    this.#names = new Map(tasks.map(({ key, name }) => [key, name]));
    this.#lastOf = new Map(steps.map(({ task, number }) => [task, number]));
  }

  tell(
    deviation: Deviation,
    marked: readonly TraceStep[],
  ): DescribedDeviation | undefined {
    const at = this.#byKey.get(deviation.at.replace(/\/\d+$/, "")) ?? this.#byKey.get(deviation.at);
    switch (deviation.kind) {
      case "switch": {
        const to = this.#byKey.get(deviation.to) ??
          marked.find((it) => it.task === taskKeyOf(deviation.to));
        return to &&
          { step: to.number, mark: markOf(to, "switch"), text: this.#switch(deviation.at, at, to) };
      }
      case "time": {
        const late = marked.findLast((it) =>
          it.mark === "time" && it.number <= (at?.number ?? Infinity)
        );
        return late &&
          { step: late.number, mark: "time", text: this.#time(late, deviation.at, at) };
      }
      case "fault":
        return at && { step: at.number, mark: "fault", text: this.#fault(at, deviation.what) };
      case "inject":
        return at && {
          step: at.number,
          mark: deviation.what.startsWith("cancel") ? "cancel" : "crash",
          text: this.#injection(at, deviation.what),
        };
    }
  }

  /** Somebody else runs than the baseline would have: before a step, or instead of it. */
  #switch(atKey: string, at: TraceStep | undefined, to: TraceStep): string {
    const other = this.#name(taskKeyOf(atKey));
    const end = at === undefined || at.number === 0 ? Infinity : at.number;
    const meanwhile = this.#meanwhile(to.number, end);
    const before = at === undefined ? "" : ` before it ${words(at)}`;
    const wasRunning = this.#stepBefore(to.number)?.task === taskKeyOf(atKey);
    if (to.task === at?.task) return `${other} ${words(to)}${before}`;
    if (!wasRunning) return `${meanwhile}${before.replace("it", other)}`;
    const after = end === Infinity ? "" : `; ${other} goes on`;
    return `${other} is preempted${before}; ${meanwhile}${after}`;
  }

  /** Who runs from one step up to another, in the order of their first steps. */
  #meanwhile(from: number, end: number): string {
    const counts = new Map<string, number>();
    for (const { number, task } of this.trace.steps) {
      if (number >= from && number < end) counts.set(task, (counts.get(task) ?? 0) + 1);
    }
    const texts = [...counts].slice(0, ACTORS_MAX).map(([task, count]) => {
      const name = this.#name(task);
      const isOver = (this.#lastOf.get(task) ?? 0) < end && !this.#waiting.has(task);
      return isOver ? `${name} runs to its end` : `${name} takes ${steps(count)}`;
    });
    const more = counts.size - texts.length;
    if (more > 0) texts.push(`${more} other task${more === 1 ? "" : "s"} as well`);
    return texts.join(", ");
  }

  #time(late: TraceStep, atKey: string, at: TraceStep | undefined): string {
    const before = this.#stepBefore(late.number)?.elapsedMicros ?? 0;
    const other = this.#name(taskKeyOf(atKey));
    const what = at === undefined ? "could run" : `${words(at)}`;
    return `${
      duration(late.elapsedMicros - before)
    } pass before ${other} ${what}: the machine is slow`;
  }

  #fault(at: TraceStep, what: string): string {
    const name = this.#name(at.task);
    switch (what) {
      case "kill":
        return `${name} is killed when it ${words(at)}`;
      case "hang":
        return `${name} hangs before it ${words(at)}`;
      case "slow":
        return `${name} is slow before it ${words(at)}`;
      default:
        return `${name} ${words(at)}, and ${what} strikes`;
    }
  }

  #injection(at: TraceStep, what: string): string {
    const when = `right after ${this.#name(at.task)} ${words(at)}`;
    const call = /^cancel (.+)$/.exec(what)?.[1];
    if (call !== undefined) return `The client of ${this.#name(call)} gives up, ${when}`;
    return /^crash/.test(what) ? `The daemon is killed, ${when}` : `${what} comes, ${when}`;
  }

  #name(task: string): string {
    return this.#names.get(task) ?? `task ${task}`;
  }

  /** Steps of a trace are numbered without gaps. */
  #stepBefore(number: number): TraceStep | undefined {
    const [first] = this.trace.steps;
    return first === undefined ? undefined : this.trace.steps[number - 1 - first.number];
  }
}

function markOf(step: TraceStep, otherwise: "switch"): DescribedDeviation["mark"] {
  return step.mark === undefined || step.mark === "resumption" ? otherwise : step.mark;
}

function steps(count: number): string {
  return count === 1 ? "one step" : `${count} steps`;
}

function duration(micros: number): string {
  if (micros < 1_000) return `${micros} µs`;
  return micros < 1_000_000
    ? `${+(micros / 1e3).toFixed(1)} ms`
    : `${+(micros / 1e6).toFixed(1)} s`;
}
