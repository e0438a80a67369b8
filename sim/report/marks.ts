import type { HistoryEntry } from "../history.ts";
import type { Deviation, Schedule } from "../schedule/schedule.ts";
import type { Mark } from "./model.ts";

/** Which steps of a run its deviations made special, by number. A resumption yields to any other mark. */
export function marksOf(
  entries: readonly HistoryEntry[],
  schedule: Schedule,
): Map<number, Mark> {
  const places = new Places(entries);
  const marks = new Map<number, Mark>();
  const resumed = new Set<number>();
  for (const deviation of schedule) {
    const index = places.of(deviation);
    if (index === undefined) continue;
    const entry = entries[index] as HistoryEntry;
    marks.set(entry.number, markOf(deviation, entries, index));
    if (deviation.kind !== "switch") continue;
    const late = places.at(deviation.at);
    if (late !== undefined && late > index) resumed.add((entries[late] as HistoryEntry).number);
  }
  for (const number of resumed) if (!marks.has(number)) marks.set(number, "resumption");
  return marks;
}

/** The key of a task, of the key of a step. */
export function taskKeyOf(stepKey: string): string {
  return stepKey.slice(0, stepKey.lastIndexOf("#"));
}

function markOf(deviation: Deviation, entries: readonly HistoryEntry[], index: number): Mark {
  switch (deviation.kind) {
    case "time":
    case "fault":
      return deviation.kind;
    case "inject":
      return deviation.what.startsWith("cancel") ? "cancel" : "crash";
    case "switch": {
      const before = entries[index - 1]?.taskKey;
      return before === taskKeyOf(deviation.at) ? "preemption" : "switch";
    }
  }
}

/** Where in a run its deviations took place: they come in the order in which the run made them. */
class Places {
  readonly #indices = new Map<string, number>();
  #last = 0;

  constructor(readonly entries: readonly HistoryEntry[]) {
    for (const [index, { key }] of entries.entries()) {
      if (!this.#indices.has(key)) this.#indices.set(key, index);
    }
  }

  /** Where a step ran, if it did. Keys of directory events have a number after theirs. */
  at(key: string): number | undefined {
    return this.#indices.get(key) ?? this.#indices.get(key.replace(/\/\d+$/, ""));
  }

  of(deviation: Deviation): number | undefined {
    const index = this.#of(deviation);
    if (index !== undefined) this.#last = Math.max(this.#last, index);
    return index;
  }

  #of(deviation: Deviation): number | undefined {
    switch (deviation.kind) {
      case "fault":
        return this.at(deviation.at);
      case "inject":
        return deviation.at === "" ? 0 : this.at(deviation.at);
      case "time":
        return this.#afterPause(this.at(deviation.at) ?? this.entries.length - 1);
      case "switch":
        return this.at(deviation.to) ?? this.#nextOf(taskKeyOf(deviation.to));
    }
  }

  /** The step before which time passed: no later than the one that could have run. */
  #afterPause(end: number): number {
    for (let index = end; index > this.#last; index--) {
      const [before, it] = [this.entries[index - 1], this.entries[index]];
      if (before !== undefined && it !== undefined && it.elapsedMicros > before.elapsedMicros + 1) {
        return index;
      }
    }
    return end;
  }

  /** Where the step itself had become another, its task's next one ran in its place. */
  #nextOf(taskKey: string): number | undefined {
    const index = this.entries.findIndex((it, i) => i > this.#last && it.taskKey === taskKey);
    return index < 0 ? undefined : index;
  }
}
