import type { Step } from "../step.ts";
import type { Task } from "../task.ts";

/**
 * What is counted until something befalls a run. Most that goes wrong does so right beside what lasts:
 * a record on disk, a process that was just born.
 */
export const PACES = ["steps", "own steps", "commits", "forks"] as const;

/** What is counted: any step, those of one task, or what lasts. */
export type Pace = typeof PACES[number];

const FORKS: ReadonlySet<string> = new Set(["fork", "processes.spawn"]);

/** Says which steps count; `own` is whose steps "own steps" are: of nobody, all of them. */
export function countsOf(pace: Pace, own?: Task): (step: Step) => boolean {
  switch (pace) {
    case "steps":
      return () => true;
    case "own steps":
      return own === undefined ? () => true : ({ task }) => task === own;
    case "commits":
      return ({ verb }) => verb === "store.commit";
    case "forks":
      return ({ verb }) => FORKS.has(verb);
  }
}
