import type { Deviation, Schedule } from "../schedule/schedule.ts";
import type { Mark } from "./model.ts";

/** What is needed of a step to find it by its key. */
export interface Keyed {
  readonly number: number;
  readonly key: string;
  readonly elapsedMicros: number;
}

/** The key of a task, of the key of a step. */
export function taskKeyOf(stepKey: string): string {
  return stepKey.slice(0, stepKey.lastIndexOf("#"));
}

/** Which steps of a run its deviations made special, by number. A resumption yields to any other mark. */
export function marksOf(steps: readonly Keyed[], schedule: Schedule): Map<number, Mark> {
  const places = placesOf(steps, schedule);
  const marks = new Map(places.map(({ step, mark }) => [step.number, mark]));
  for (const { deviation, step, at } of places) {
    if (deviation.kind !== "switch" || at === undefined || at.number <= step.number) continue;
    if (!marks.has(at.number)) marks.set(at.number, "resumption");
  }
  return marks;
}

/** Where a deviation took place. */
export interface DeviationPlace<Step extends Keyed> {
  readonly deviation: Deviation;
  /** The step that it made special. */
  readonly step: Step;
  /** The step that it names: for a switch, what was put off. Undefined when that did not run. */
  readonly at: Step | undefined;
  /** What it is. */
  readonly mark: Mark;
}

/**
 * Finds where the deviations of a schedule took place, in that order; one that the run did not come to
 * is left out.
 *
 * @param steps of the whole run, numbered without gaps
 */
export function placesOf<Step extends Keyed>(
  steps: readonly Step[],
  schedule: Schedule,
): DeviationPlace<Step>[] {
  const finder = new Finder(steps);
  const places = schedule.flatMap((deviation) => {
    const index = finder.find(deviation);
    const step = steps[index ?? -1];
    if (index === undefined || step === undefined) return [];
    const at = steps[finder.at(deviation.at) ?? -1];
    return { deviation, step, at, mark: markOf(deviation, steps[index - 1]) };
  });
  return places.toSorted((a, b) => a.step.number - b.step.number);
}

function markOf(deviation: Deviation, before: Keyed | undefined): Mark {
  switch (deviation.kind) {
    case "time":
    case "fault":
      return deviation.kind;
    case "inject":
      return deviation.what.startsWith("cancel") ? "cancel" : "crash";
    case "switch":
      return before !== undefined && taskKeyOf(before.key) === taskKeyOf(deviation.at)
        ? "preemption"
        : "switch";
  }
}

/** Looks deviations up in the order in which the run made them. */
class Finder<Step extends Keyed> {
  readonly #indices = new Map<string, number>();
  #last = 0;

  constructor(readonly steps: readonly Step[]) {
    for (const [index, { key }] of steps.entries()) {
      if (!this.#indices.has(key)) this.#indices.set(key, index);
    }
  }

  /** Where a step ran, if it did. Keys of directory events have a number after theirs. */
  at(key: string): number | undefined {
    return this.#indices.get(key) ?? this.#indices.get(key.replace(/\/\d+$/, ""));
  }

  find(deviation: Deviation): number | undefined {
    const index = this.#find(deviation);
    if (index !== undefined) this.#last = Math.max(this.#last, index);
    return index;
  }

  #find(deviation: Deviation): number | undefined {
    const at = this.at(deviation.at);
    switch (deviation.kind) {
      case "fault":
        return at;
      case "inject":
        return deviation.at === "" ? 0 : at;
      case "time":
        return this.#afterPause(at ?? this.steps.length - 1);
      case "switch": {
        const to = this.at(deviation.to);
        const isBefore = to !== undefined && to < (at ?? Infinity);
        return isBefore ? to : this.#otherOf(taskKeyOf(deviation.to), at ?? this.steps.length);
      }
    }
  }

  /** The step before which time passed: no later than the one that could have run. */
  #afterPause(end: number): number {
    for (let index = end; index > this.#last; index--) {
      const [before, it] = [this.steps[index - 1], this.steps[index]];
      if (before !== undefined && it !== undefined && it.elapsedMicros > before.elapsedMicros + 1) {
        return index;
      }
    }
    return end;
  }

  /** Where the step itself could not run, another of its task did, before what was put off. */
  #otherOf(taskKey: string, end: number): number | undefined {
    const index = this.steps.findIndex(({ key }, index) =>
      index >= this.#last && index < end && taskKeyOf(key) === taskKey
    );
    return index < 0 ? undefined : index;
  }
}
