// @ts-check
/** @import { Run, Step } from "./data.js" */
/** @import { View } from "./scale.js" */
import { indexAt } from "./scale.js";

export const LANE_HEIGHT = 26;
export const RULER_HEIGHT = 34;

/**
 * All that is drawn of a run.
 *
 * @typedef {object} Scene
 * @property {Run} run
 * @property {number[]} lanes Places of the tasks that are shown, from top to bottom.
 * @property {Float64Array} positions
 * @property {View} view
 * @property {"step" | "time"} axis
 * @property {number} width
 * @property {number} height
 * @property {number} labelWidth
 * @property {number} scrollTop
 * @property {Step | undefined} selected
 * @property {Step | undefined} hovered
 * @property {Set<number> | undefined} matches
 * @property {number} commonCount
 * @property {Record<string, string>} colors By the names of the style sheet.
 */

/**
 * Where a position of the axis is, in pixels.
 *
 * @param {Scene} scene
 * @param {number} position
 */
export function xOf({ view, labelWidth }, position) {
  return labelWidth + (position - view.start) / view.perPixel;
}

/**
 * The middle of a step, or undefined when its lane is not shown.
 *
 * @param {Scene} scene
 * @param {Step} step
 * @returns {{ x: number, y: number } | undefined}
 */
export function centerOf(scene, step) {
  const lane = scene.lanes.indexOf(step.task);
  if (lane < 0) return undefined;
  const [from, to] = [scene.positions[step.index] ?? 0, endOf(scene, step)];
  return { x: xOf(scene, (from + to) / 2), y: laneY(scene, lane) + LANE_HEIGHT / 2 };
}

/**
 * The step at a point, if there is one within a few pixels.
 *
 * @param {Scene} scene
 * @param {number} x
 * @param {number} y
 * @returns {Step | undefined}
 */
export function stepAt(scene, x, y) {
  if (x < scene.labelWidth || y < RULER_HEIGHT) return undefined;
  const lane = Math.floor((y - RULER_HEIGHT + scene.scrollTop) / LANE_HEIGHT);
  const steps = scene.run.tasks[scene.lanes[lane] ?? -1]?.steps ?? [];
  const at = scene.view.start + (x - scene.labelWidth) * scene.view.perPixel;
  const starts = steps.map((it) => scene.positions[it.index] ?? 0);
  const index = indexAt(starts, at);
  const reach = 4 * scene.view.perPixel;
  const [before, after] = [steps[index], steps[index + 1]];
  if (before !== undefined && at <= endOf(scene, before) + reach) return before;
  return after !== undefined && (starts[index + 1] ?? Infinity) <= at + reach ? after : undefined;
}

/** Where a step ends on the axis. @param {Scene} scene @param {Step} step */
export function endOf({ positions }, step) {
  return (positions[step.index] ?? 0) + 1;
}

/** The top of a lane, in pixels. @param {Scene} scene @param {number} lane */
export function laneY({ scrollTop }, lane) {
  return RULER_HEIGHT + lane * LANE_HEIGHT - scrollTop;
}

/** The steps between both edges. @param {Scene} scene */
export function visible({ run, positions, view, width, labelWidth }) {
  const starts = positions.subarray(0, run.steps.length);
  const from = Math.max(0, indexAt(starts, view.start) - 1);
  const to = indexAt(starts, view.start + (width - labelWidth) * view.perPixel) + 2;
  return run.steps.slice(from, to);
}

/** The name of a mark's colour. @param {string} mark */
export function toneOf(mark) {
  if (mark === "violation" || mark === "crash" || mark === "fault" || mark === "cancel") {
    return "danger";
  }
  return mark === "resumption" || mark === "time" ? "calm" : "warn";
}
