// @ts-check
/** @import { Run, Step } from "./data.js" */

/**
 * What the reader looks for.
 *
 * @typedef {object} Filter
 * @property {string} text Words that must all be there, in a step or in the name of its task.
 * @property {string} object One object that the step must touch; empty: any.
 */

/**
 * Which steps of a run are meant; undefined when nothing is looked for.
 *
 * @param {Run} run
 * @param {Filter} filter
 * @returns {Set<number> | undefined} Places in the run.
 */
export function matchesOf(run, { text, object }) {
  const words = text.toLowerCase().split(/\s+/).filter((it) => it !== "");
  if (words.length === 0 && object === "") return undefined;
  /** @type {Set<number>} */
  const found = new Set();
  for (const step of run.steps) {
    if (object !== "" && !touches(step, object)) continue;
    const name = run.tasks[step.task]?.name ?? "";
    const all = `${name} ${step.part} ${step.verb} ${step.about} ${step.outcome} ${step.mark}`
      .toLowerCase();
    if (words.every((it) => all.includes(it))) found.add(step.index);
  }
  return found;
}

/**
 * An object is meant by its whole name, or as a folder of what the step is about.
 *
 * @param {Step} step
 * @param {string} object
 */
function touches({ objects }, object) {
  return objects.some((it) =>
    it === object || (object.startsWith("/") && it.startsWith(`${object}/`))
  );
}
