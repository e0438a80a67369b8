// @ts-check
/// <reference lib="dom" />

/**
 * @typedef {"client" | "daemon" | "program" | "machine"} Actor
 *
 * @typedef {object} Step
 * @property {number} index Its place among the steps of its run, from 0.
 * @property {number} number
 * @property {number} micros Virtual time.
 * @property {number} task The place of its task among the tasks of its run.
 * @property {"call" | "then" | "reply"} part
 * @property {string} verb
 * @property {string} about What the verb is about, in a line.
 * @property {string} detail All of it, where the line leaves something out.
 * @property {string} outcome
 * @property {boolean} hasFailed
 * @property {string[]} objects
 * @property {number} wokenBy The number of another step, or 0.
 * @property {string} mark Empty for most.
 *
 * @typedef {object} Task
 * @property {string} name
 * @property {Actor} actor
 * @property {number} depth How many tasks stand above it.
 * @property {Step[]} steps
 *
 * @typedef {object} Run
 * @property {"failing" | "passing"} name
 * @property {Task[]} tasks Each below the one that began it.
 * @property {Step[]} steps
 *
 * @typedef {object} Report
 * @property {Run[]} runs
 * @property {number} commonCount How many first steps both runs share.
 * @property {{ step: number, mark: string }[]} deviations Of the failing run.
 */

/**
 * Reads what the page carries: texts are numbers of a table.
 *
 * @param {string} json
 * @returns {Report}
 */
export function decode(json) {
  const { strings, runs, commonCount, deviations } = JSON.parse(json);
  return {
    runs: runs.map((/** @type {any} */ it) => decodeRun(it, strings)),
    commonCount,
    deviations,
  };
}

/**
 * @param {any} run
 * @param {string[]} strings
 * @returns {Run}
 */
function decodeRun(run, strings) {
  /** @type {Task[]} */
  const tasks = run.tasks.map((/** @type {any[]} */ [name, actor, depth]) => (
    { name: strings[name], actor: strings[actor], depth, steps: [] }
  ));
  /** @type {Step[]} */
  const steps = run.steps.map((/** @type {any[]} */ it, /** @type {number} */ index) => ({
    index,
    number: it[0],
    micros: it[1],
    task: it[2],
    part: strings[it[3]],
    verb: strings[it[4]],
    about: strings[it[5]],
    detail: strings[it[6]],
    outcome: strings[it[7]],
    hasFailed: it[8] === 1,
    wokenBy: it[9],
    mark: strings[it[10]],
    objects: it.slice(11).map((/** @type {number} */ object) => strings[object]),
  }));
  for (const step of steps) tasks[step.task]?.steps.push(step);
  return { name: run.name, tasks, steps };
}

/**
 * Every object of a report with the number of its steps, names of containers and sandboxes first.
 *
 * @param {Report} report
 * @returns {{ name: string, count: number }[]}
 */
export function objectsOf({ runs }) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { objects } of runs.flatMap((it) => it.steps)) {
    for (const name of objects) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const isPlain = (/** @type {string} */ name) => /^[\w.]+$/.test(name) ? 0 : 1;
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) =>
    isPlain(a.name) - isPlain(b.name) || b.count - a.count || (a.name < b.name ? -1 : 1)
  );
}
