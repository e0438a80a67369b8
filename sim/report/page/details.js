// @ts-check
/// <reference lib="dom" />
/** @import { Run, Step } from "./data.js" */
import { element } from "./dom.js";
import { timeText } from "./scale.js";

const CARD_TEXT_MAX = 600;

/** What a mark means to a reader. */
const MARKS = {
  preemption: "preempts",
  switch: "runs out of turn",
  time: "time passed early",
  fault: "a fault strikes",
  crash: "crash right after",
  cancel: "client gives up right after",
  resumption: "had been put off",
  violation: "what must hold does not, after it",
};

/**
 * A sentence that says where a step is, for those who hear the page.
 *
 * @param {Run} run
 * @param {Step} step
 */
export function spoken(run, step) {
  const mark = step.mark === "" ? "" : `, ${markText(step)}`;
  const outcome = step.outcome === ""
    ? ""
    : `, ${step.hasFailed ? "failed: " : "gave "}${step.outcome}`;
  return `Step ${step.number} of the ${run.name} run, ${taskName(run, step)}: ` +
    `${step.part === "call" ? "" : `${step.part} `}${step.verb} ${step.about}${outcome}${mark}`;
}

/**
 * The card beside the pointer.
 *
 * @param {Run} run
 * @param {Step} step
 */
export function card(run, step) {
  return [
    element(
      "p",
      { class: "card-head" },
      element("b", {}, taskName(run, step)),
      ` step ${step.number}`,
    ),
    element("p", { class: "call" }, ...call(step)),
    ...textBlock(step.detail.slice(0, CARD_TEXT_MAX)),
    ...outcome(step),
    ...(step.mark === "" ? [] : [element("p", { class: "card-mark" }, markText(step))]),
  ];
}

/**
 * Everything about a pinned step.
 *
 * @param {Run} run
 * @param {Step} step
 * @returns {Node[]}
 */
export function details(run, step) {
  const siblings = run.tasks[step.task]?.steps ?? [];
  const place = siblings.indexOf(step);
  const waker = step.wokenBy === 0 ? undefined : run.steps.find((it) => it.number === step.wokenBy);
  const woken = run.steps.filter((it) => it.wokenBy === step.number);
  return [
    element("h3", {}, taskName(run, step)),
    element(
      "p",
      { class: "facts" },
      `step ${step.number} of the ${run.name} run · ${timeText(step.micros)} · ` +
        `${place + 1} of ${siblings.length} of its task`,
    ),
    ...(step.mark === "" ? [] : [element("p", { class: "card-mark" }, markText(step))]),
    element("p", { class: "call" }, ...call(step)),
    ...textBlock(step.detail),
    ...outcome(step),
    ...objectChips(step),
    ...related("Woken by", run, waker === undefined ? [] : [waker]),
    ...related("Wakes", run, woken),
    ...related("Before, in this task", run, siblings.slice(Math.max(0, place - 1), place)),
    ...related("After, in this task", run, siblings.slice(place + 1, place + 2)),
  ];
}

/** @param {Run} run @param {Step} step */
function taskName(run, step) {
  return run.tasks[step.task]?.name ?? "";
}

/** @param {Step} step */
function markText({ mark }) {
  return MARKS[/** @type {keyof typeof MARKS} */ (mark)] ?? mark;
}

/** @param {Step} step */
function call({ part, verb, about }) {
  const prefix = part === "call" ? "" : `${part} `;
  return [element("span", { class: "verb" }, prefix + verb), ` ${about}`];
}

/** @param {Step} step */
function outcome({ outcome, hasFailed }) {
  if (outcome === "") return [];
  return [
    element(
      "p",
      { class: hasFailed ? "outcome failed" : "outcome" },
      `${hasFailed ? "✗" : "→"} ${outcome}`,
    ),
  ];
}

/** @param {string} text */
function textBlock(text) {
  return text === "" ? [] : [element("pre", { tabindex: "0" }, text)];
}

/** Each sets the filter. @param {Step} step */
function objectChips({ objects }) {
  if (objects.length === 0) return [];
  const chips = objects.map((it) =>
    element("button", { type: "button", class: "chip", "data-object": it }, it)
  );
  return [element("h4", {}, "Objects"), element("p", { class: "chips" }, ...chips)];
}

/** @param {string} title @param {Run} run @param {Step[]} steps */
function related(title, run, steps) {
  if (steps.length === 0) return [];
  const links = steps.slice(0, 6).map((it) =>
    element(
      "li",
      {},
      element(
        "a",
        { href: `#${run.name}-${it.number}` },
        `${it.number} ${taskName(run, it)}: ${it.verb} ${it.about}`,
      ),
    )
  );
  return [element("h4", {}, title), element("ul", { class: "related" }, ...links)];
}
