// @ts-check
/// <reference lib="dom" />
/** @import { Run, Step } from "./data.js" */
/** @import { Scene } from "./geometry.js" */
/** @import { View } from "./scale.js" */
import { draw } from "./draw.js";
import { LANE_HEIGHT, RULER_HEIGHT, stepAt } from "./geometry.js";
import { fit, pan, positionsOf, zoom } from "./scale.js";

const LABEL_WIDTH = 210;
const LABEL_WIDTH_NARROW = 112;
const NARROW = 640;
/** Of what is shown, on either side. */
const MARGIN = 0.02;
const ZOOM_STEP = 1.25;

/**
 * What timelines share, so that both runs are seen through one window.
 *
 * @typedef {object} Shared
 * @property {"step" | "time"} axis
 * @property {View} view
 * @property {Record<string, string>} colors By the names of the style sheet.
 * @property {() => void} redraw Draws all timelines at the next frame.
 * @property {(run: Run, step: Step | undefined, x: number, y: number) => void} hover
 * @property {(run: Run, step: Step) => void} select
 */

/** The lanes of one run, on a canvas that is as large as what is seen of it. */
export class Timeline {
  /** @type {number[]} */
  lanes = [];
  /** @type {Step | undefined} */
  selected;
  /** @type {Step | undefined} */
  hovered;
  /** @type {Set<number> | undefined} */
  matches;
  /** @type {Float64Array} */
  positions;

  /**
   * @param {HTMLElement} scroller
   * @param {Run} run
   * @param {number} commonCount
   * @param {Shared} shared
   */
  constructor(scroller, run, commonCount, shared) {
    this.scroller = scroller;
    this.run = run;
    this.commonCount = commonCount;
    this.shared = shared;
    this.canvas = /** @type {HTMLCanvasElement} */ (scroller.querySelector("canvas"));
    this.spacer = /** @type {HTMLElement} */ (scroller.querySelector(".spacer"));
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.positions = positionsOf(run.steps, shared.axis);
    this.#listen();
    new ResizeObserver(() => shared.redraw()).observe(scroller);
  }

  get length() {
    return this.positions.at(-1) ?? 0;
  }

  /** Pixels for steps. */
  get width() {
    return Math.max(1, this.scroller.clientWidth - this.labelWidth);
  }

  get labelWidth() {
    return this.scroller.clientWidth < NARROW ? LABEL_WIDTH_NARROW : LABEL_WIDTH;
  }

  /** Follows the shared axis. */
  axisChanged() {
    this.positions = positionsOf(this.run.steps, this.shared.axis);
  }

  /** @param {number[]} lanes */
  show(lanes) {
    this.lanes = lanes;
    const height = `${lanes.length * LANE_HEIGHT + RULER_HEIGHT}px`;
    this.spacer.style.height = height;
    this.scroller.style.setProperty("--content", height);
  }

  /** Moves what is seen so that a step is in it. @param {Step} step */
  reveal(step) {
    const { shared, width } = this;
    const x = ((this.positions[step.index] ?? 0) - shared.view.start) / shared.view.perPixel;
    if (x < width * 0.05 || x > width * 0.9) {
      shared.view = pan(shared.view, x - width / 2, this.length, width);
    }
    const lane = this.lanes.indexOf(step.task);
    const y = lane * LANE_HEIGHT;
    const room = this.scroller.clientHeight - RULER_HEIGHT - LANE_HEIGHT;
    const { scrollTop } = this.scroller;
    if (lane >= 0 && (y < scrollTop || y > scrollTop + room)) {
      this.scroller.scrollTop = y - room / 2;
    }
  }

  /** Shows the steps from one place to another, with some room. @param {number} from @param {number} to */
  fit(from, to) {
    const [first, last] = [this.positions[from] ?? 0, this.positions[to] ?? this.length];
    const room = Math.max(0.25, (last - first) * MARGIN);
    this.shared.view = fit(first - room, last + room, this.width);
  }

  /** @param {number} factor @param {number} pixel */
  zoom(factor, pixel = this.width / 2) {
    const { shared, length, width } = this;
    shared.view = zoom(shared.view, factor, pixel, length, width);
    shared.redraw();
  }

  /** @param {number} pixels */
  pan(pixels) {
    const { shared, length, width } = this;
    shared.view = pan(shared.view, pixels, length, width);
    shared.redraw();
  }

  draw() {
    const { canvas, scroller } = this;
    const [width, height] = [scroller.clientWidth, scroller.clientHeight];
    if (width === 0) return;
    const ratio = devicePixelRatio;
    if (
      canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)
    ) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    draw(this.context, this.scene());
  }

  /** @returns {Scene} */
  scene() {
    const { run, lanes, positions, selected, hovered, matches, commonCount, labelWidth, shared } =
      this;
    const { clientWidth: width, clientHeight: height, scrollTop } = this.scroller;
    const { view, axis, colors } = shared;
    return {
      run,
      lanes,
      positions,
      selected,
      hovered,
      matches,
      commonCount,
      labelWidth,
      width,
      height,
      scrollTop,
      view,
      axis,
      colors,
    };
  }

  #listen() {
    const { canvas, scroller, shared } = this;
    scroller.addEventListener("scroll", () => shared.redraw());
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse" && event.buttons === 0) this.#hover(event);
    });
    canvas.addEventListener("pointerleave", () => shared.hover(this.run, undefined, 0, 0));
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey || event.altKey) {
      this.zoom(ZOOM_STEP ** (event.deltaY / 60), event.offsetX - this.labelWidth);
    } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) this.pan(sideways);
    else return;
    event.preventDefault();
  }

  /** Drags what is seen; a press that does not move selects. @param {PointerEvent} event */
  #press(event) {
    if (event.button !== 0) return;
    const { canvas } = this;
    let [x, moved] = [event.clientX, 0];
    canvas.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ next) => {
      moved += Math.abs(next.clientX - x);
      if (moved > 3) this.pan(x - next.clientX);
      x = next.clientX;
    };
    const end = (/** @type {PointerEvent} */ last) => {
      canvas.removeEventListener("pointermove", move);
      const step = stepAt(this.scene(), last.offsetX, last.offsetY);
      if (moved <= 3 && last.type === "pointerup" && step !== undefined) {
        this.shared.select(this.run, step);
      }
    };
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerup", end, { once: true });
    canvas.addEventListener("pointercancel", end, { once: true });
  }

  /** @param {PointerEvent} event */
  #hover(event) {
    const step = stepAt(this.scene(), event.offsetX, event.offsetY);
    this.shared.hover(this.run, step, event.clientX, event.clientY);
  }
}
