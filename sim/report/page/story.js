// @ts-check
/** @import { Run, Step } from "./data.js" */

/** Fewer tasks are all shown at once. */
const TASKS_MAX = 14;
const MARKS_MAX = 40;

/**
 * What is seen at first: from just before the first marked step to just after the last one, of many.
 *
 * @param {Step[]} steps
 * @returns {[number, number]} Places of steps.
 */
export function storyRange(steps) {
  const marked = steps.filter((it) => it.mark !== "").slice(-MARKS_MAX);
  const [first, last] = [marked[0]?.index ?? 0, marked.at(-1)?.index ?? steps.length];
  return [Math.max(0, first - 8), Math.min(steps.length, last + 4)];
}

/**
 * Of many tasks those that tell the story: what is looked for, or else what the failing run has marked.
 *
 * @param {Run} run
 * @param {Run} failing
 * @param {Set<number> | undefined} matches
 * @returns {number[]}
 */
export function storyTasks(run, failing, matches) {
  const all = allTasks(run);
  if (matches !== undefined) {
    return all.filter((index) => run.tasks[index]?.steps.some((it) => matches.has(it.index)));
  }
  if (all.length <= TASKS_MAX) return all;
  const [from, to] = storyRange(failing.steps);
  const marked = failing.steps.slice(from, to).filter((it) => it.mark !== "");
  const names = new Set(marked.map((it) => failing.tasks[it.task]?.name));
  return all.filter((index) => names.has(run.tasks[index]?.name));
}

/** @param {Run} run */
export function allTasks(run) {
  return run.tasks.map((_, index) => index);
}
