import type { Schedule } from "../schedule/schedule.ts";
import { type DeviationPlace, placesOf, taskKeyOf } from "./marks.ts";
import type { DescribedDeviation, Trace, TraceStep } from "./model.ts";
import { duration } from "./width.ts";
import { words } from "./words.ts";

const ACTORS_MAX = 3;

/**
 * What a schedule does other than the baseline, as sentences, in the order in which it happens. A
 * deviation that the run did not come to is left out.
 */
export function describeDeviations(trace: Trace, schedule: Schedule): DescribedDeviation[] {
  const story = new Story(trace);
  return placesOf(trace.steps, schedule).map((place) => ({
    step: place.step.number,
    mark: place.mark,
    text: story.tell(place),
  }));
}

type Place = DeviationPlace<TraceStep>;

class Story {
  readonly #names: ReadonlyMap<string, string>;
  readonly #waiting: ReadonlySet<string>;
  readonly #pending: ReadonlyMap<string, TraceStep>;
  readonly #lastOf: ReadonlyMap<string, number>;

  constructor(readonly trace: Trace) {
    const { steps, tasks, pending } = trace;
    this.#names = new Map(tasks.map(({ key, name }) => [key, name]));
    this.#pending = new Map(pending.map((it) => [it.key, it]));
    this.#lastOf = new Map(steps.map(({ task, number }) => [task, number]));
    // Who took no step but its first may wait for the calls of others, as a client does.
    const acting = new Set(steps.filter((it) => it.verb !== "begin").map((it) => it.task));
    const clients = tasks.filter((it) => it.actor === "client" && !acting.has(it.key));
    this.#waiting = new Set([...pending.map((it) => it.task), ...clients.map((it) => it.key)]);
  }

  tell(place: Place): string {
    switch (place.deviation.kind) {
      case "switch":
        return this.#switch(place);
      case "time":
        return this.#time(place);
      case "fault":
        return this.#fault(place.step, place.deviation.what);
      case "inject":
        return this.#injection(place.step, place.deviation.what);
    }
  }

  /** Somebody else runs than the baseline would have: before a step, or instead of it. */
  #switch({ deviation, step, at, mark }: Place): string {
    const other = this.#name(taskKeyOf(deviation.at));
    const late = at ?? this.#pending.get(deviation.at);
    const before = late === undefined ? "" : ` ${words(late)}`;
    if (step.task === taskKeyOf(deviation.at)) return `${other} ${words(step)} before it${before}`;
    const meanwhile = this.#meanwhile(step.number, at?.number ?? Infinity);
    if (mark === "switch") return `${meanwhile}${before && ` before ${other}${before}`}`;
    const after = at === undefined ? "" : `; ${other} goes on`;
    return `${other} is preempted${before && ` before it${before}`}; ${meanwhile}${after}`;
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

  #time({ deviation, step, at }: Place): string {
    const [first] = this.trace.steps;
    const before = this.trace.steps[step.number - 1 - (first?.number ?? 1)]?.elapsedMicros ?? 0;
    const other = this.#name(taskKeyOf(deviation.at));
    const what = at === undefined ? "can go on" : words(at);
    return `${duration(step.elapsedMicros - before)} pass before ${other} ${what}: ` +
      "the machine is slow";
  }

  #fault(step: TraceStep, what: string): string {
    const name = this.#name(step.task);
    switch (what) {
      case "kill":
        return `${name} is killed when it ${words(step)}`;
      case "hang":
        return `${name} hangs before it ${words(step)}`;
      case "slow":
        return `${name} is slow before it ${words(step)}`;
      default:
        return `${name} ${words(step)}, and ${what} strikes`;
    }
  }

  #injection(step: TraceStep, what: string): string {
    const when = `right after ${this.#name(step.task)} ${words(step)}`;
    const call = /^cancel (.+)$/.exec(what)?.[1];
    if (call !== undefined) return `The client of ${this.#name(call)} gives up, ${when}`;
    // Incidents are numbered, since none of a run may share its name with another.
    return `${sentenceOf(what.replace(/ \d+$/, ""))}, ${when}`;
  }

  #name(task: string): string {
    return this.#names.get(task) ?? `task ${task}`;
  }
}

/** "daemon killed" as a sentence. */
function sentenceOf(incident: string): string {
  const passive = /^(.+) (killed|lost|set|stopped)$/.exec(incident);
  return passive === null ? incident : `${passive[1]} is ${passive[2]}`;
}

function steps(count: number): string {
  return count === 1 ? "one step" : `${count} steps`;
}
