// @ts-check
/** @import { Run, Step } from "./data.js" */

/**
 * The step of the same task before or after, of those that are looked for.
 *
 * @param {Run} run
 * @param {Step | undefined} from
 * @param {1 | -1} by
 * @param {Set<number> | undefined} matches
 * @returns {Step | undefined}
 */
export function alongTask(run, from, by, matches) {
  if (from === undefined) return run.steps.find((it) => it.mark !== "") ?? run.steps[0];
  const steps = run.tasks[from.task]?.steps ?? [];
  return next(steps.filter((it) => matches?.has(it.index) ?? true), from.index, by);
}

/**
 * The step that comes next in the lane above or below.
 *
 * @param {Run} run
 * @param {number[]} lanes
 * @param {Step | undefined} from
 * @param {1 | -1} by
 * @returns {Step | undefined}
 */
export function acrossTasks(run, lanes, from, by) {
  if (from === undefined) return alongTask(run, from, by, undefined);
  const lane = lanes.indexOf(from.task) + by;
  const steps = run.tasks[lanes[lane] ?? -1]?.steps ?? [];
  return steps.find((it) => it.index >= from.index) ?? steps.at(-1);
}

/**
 * The deviation before or after.
 *
 * @param {Run} run
 * @param {Step | undefined} from
 * @param {1 | -1} by
 * @returns {Step | undefined}
 */
export function alongMarks(run, from, by) {
  const marked = run.steps.filter((it) => it.mark !== "" && it.mark !== "resumption");
  return next(marked, from?.index ?? (by > 0 ? -1 : Infinity), by);
}

/** @param {Step[]} steps @param {number} index @param {1 | -1} by */
function next(steps, index, by) {
  return by > 0 ? steps.find((it) => it.index > index) : steps.findLast((it) => it.index < index);
}
