// @ts-check

/**
 * What is seen of the axis, in its own units: steps, or something that grows with time.
 *
 * @typedef {object} View
 * @property {number} start At the left edge.
 * @property {number} perPixel Units that a pixel stands for.
 */

/** The most pixels that one unit may have. */
const UNIT_PIXELS_MAX = 240;
/** A pause is drawn by the logarithm of its length: a second would else be a million steps wide. */
const PAUSE_WIDTH = 1.5;

/**
 * Where each step begins, and where the last one ends, in units of the axis.
 *
 * @param {{ micros: number }[]} steps
 * @param {"step" | "time"} axis
 * @returns {Float64Array}
 */
export function positionsOf(steps, axis) {
  const positions = new Float64Array(steps.length + 1);
  for (let i = 1; i < steps.length; i++) {
    const pause = (steps[i]?.micros ?? 0) - (steps[i - 1]?.micros ?? 0);
    const isPause = axis === "time" && pause > 1;
    positions[i] = (positions[i - 1] ?? 0) + 1 + (isPause ? PAUSE_WIDTH * Math.log10(pause) : 0);
  }
  if (steps.length > 0) positions[steps.length] = (positions[steps.length - 1] ?? 0) + 1;
  return positions;
}

/**
 * The view that shows a part of the axis in full.
 *
 * @param {number} from
 * @param {number} to
 * @param {number} width In pixels.
 * @returns {View}
 */
export function fit(from, to, width) {
  const perPixel = Math.max((to - from) / Math.max(1, width), 1 / UNIT_PIXELS_MAX);
  return { start: from - Math.max(0, width * perPixel - (to - from)) / 2, perPixel };
}

/**
 * Zooms by `factor` (less than 1: nearer), with what is at `pixel` staying there.
 *
 * @param {View} view
 * @param {number} factor
 * @param {number} pixel
 * @param {number} length Of the axis.
 * @param {number} width In pixels.
 * @returns {View}
 */
export function zoom(view, factor, pixel, length, width) {
  const farthest = Math.max(length / Math.max(1, width) * 1.2, 1 / UNIT_PIXELS_MAX);
  const perPixel = Math.min(Math.max(view.perPixel * factor, 1 / UNIT_PIXELS_MAX), farthest);
  const start = view.start + pixel * (view.perPixel - perPixel);
  return pan({ start, perPixel }, 0, length, width);
}

/**
 * Moves by pixels, not farther than half a window beyond either end.
 *
 * @param {View} view
 * @param {number} pixels
 * @param {number} length
 * @param {number} width
 * @returns {View}
 */
export function pan({ start, perPixel }, pixels, length, width) {
  const half = width * perPixel / 2;
  const moved = start + pixels * perPixel;
  return { start: Math.min(Math.max(moved, -half), Math.max(length - half, -half)), perPixel };
}

/**
 * The last index whose position is at most `at`, or -1.
 *
 * @param {ArrayLike<number>} positions In rising order.
 * @param {number} at
 */
export function indexAt(positions, at) {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((positions[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Of 1, 2, 5, 10, 20 … the smallest that is at least `least`.
 *
 * @param {number} least
 */
export function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return [1, 2, 5, 10].map((it) => it * power).find((it) => it >= least) ?? power * 10;
}

/**
 * A point in time, to the microsecond: "850 µs", "15.000213 s".
 *
 * @param {number} micros
 */
export function timeText(micros) {
  if (micros < 1e3) return `${micros} µs`;
  return micros < 1e6 ? `${+(micros / 1e3).toFixed(3)} ms` : `${+(micros / 1e6).toFixed(6)} s`;
}

/**
 * How long something takes: "850 µs", "1.2 s".
 *
 * @param {number} micros
 */
export function durationText(micros) {
  if (micros < 1e3) return `${micros} µs`;
  return micros < 1e6 ? `${+(micros / 1e3).toFixed(1)} ms` : `${+(micros / 1e6).toFixed(1)} s`;
}
