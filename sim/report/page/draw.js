// @ts-check
/// <reference lib="dom" />
/** @import { Scene } from "./geometry.js" */
import {
  centerOf,
  endOf,
  LANE_HEIGHT,
  laneY,
  RULER_HEIGHT,
  toneOf,
  visible,
  xOf,
} from "./geometry.js";
import { durationText, indexAt, roundStep, timeText } from "./scale.js";
import { arrow, box, clipped, cut, flag, line } from "./shapes.js";

const BOX_TOP = 4;
const BOX_HEIGHT = LANE_HEIGHT - 2 * BOX_TOP;
const TEXT_WIDTH_MIN = 34;
const TICK_PIXELS_MIN = 100;
const FONT = "11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
const LABEL_FONT = "12px system-ui, sans-serif";

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 */
export function draw(context, scene) {
  const { width, height, labelWidth, colors } = scene;
  context.clearRect(0, 0, width, height);
  clipped(context, labelWidth, RULER_HEIGHT, width - labelWidth, height - RULER_HEIGHT, () => {
    drawLanes(context, scene);
    drawCommon(context, scene);
    drawPauses(context, scene);
    drawSteps(context, scene);
    drawMarks(context, scene);
    drawArrows(context, scene);
  });
  clipped(
    context,
    labelWidth,
    0,
    width - labelWidth,
    RULER_HEIGHT,
    () => drawRuler(context, scene),
  );
  clipped(
    context,
    0,
    RULER_HEIGHT,
    labelWidth,
    height - RULER_HEIGHT,
    () => drawLabels(context, scene),
  );
  context.strokeStyle = colors.line ?? "";
  context.lineWidth = 1;
  line(context, 0, RULER_HEIGHT - 0.5, width, RULER_HEIGHT - 0.5);
  line(context, labelWidth - 0.5, 0, labelWidth - 0.5, height);
}

/** Stripes, and how long each task lives. @param {CanvasRenderingContext2D} context @param {Scene} scene */
function drawLanes(context, scene) {
  const { lanes, run, positions, colors, labelWidth, width } = scene;
  lanes.forEach((task, lane) => {
    const y = laneY(scene, lane);
    if (lane % 2 === 1) {
      context.fillStyle = colors.stripe ?? "";
      context.fillRect(labelWidth, y, width, LANE_HEIGHT);
    }
    const steps = run.tasks[task]?.steps ?? [];
    const [first, last] = [steps[0], steps.at(-1)];
    if (first === undefined || last === undefined) return;
    context.fillStyle = colors.line ?? "";
    const from = xOf(scene, positions[first.index] ?? 0);
    context.fillRect(from, y + LANE_HEIGHT / 2 - 0.5, xOf(scene, endOf(scene, last)) - from, 1);
  });
}

/** What both runs did alike. @param {CanvasRenderingContext2D} context @param {Scene} scene */
function drawCommon(context, scene) {
  const { commonCount, positions, colors, labelWidth, height } = scene;
  if (commonCount === 0) return;
  const end = xOf(scene, positions[Math.min(commonCount, positions.length - 1)] ?? 0);
  context.fillStyle = colors.common ?? "";
  context.fillRect(labelWidth, RULER_HEIGHT, end - labelWidth, height);
}

/** Time that passes while nothing can run. @param {CanvasRenderingContext2D} context @param {Scene} scene */
function drawPauses(context, scene) {
  const { axis, run, positions, colors, height } = scene;
  if (axis !== "time") return;
  context.font = FONT;
  for (const step of visible(scene)) {
    const before = run.steps[step.index - 1];
    if (before === undefined || step.micros - before.micros <= 1) continue;
    const from = xOf(scene, endOf(scene, before));
    const to = xOf(scene, positions[step.index] ?? 0);
    context.fillStyle = colors.pause ?? "";
    context.fillRect(from, RULER_HEIGHT, to - from, height);
    const text = durationText(step.micros - before.micros);
    if (to - from < text.length * 7 + 8) continue;
    context.fillStyle = colors.muted ?? "";
    context.textAlign = "center";
    context.fillText(text, (from + to) / 2, RULER_HEIGHT + 16);
  }
}

/** @param {CanvasRenderingContext2D} context @param {Scene} scene */
function drawSteps(context, scene) {
  const { run, lanes, positions, colors, matches, selected, hovered, height } = scene;
  const laneOf = new Map(lanes.map((task, lane) => [task, lane]));
  context.font = FONT;
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const step of visible(scene)) {
    const lane = laneOf.get(step.task);
    if (lane === undefined) continue;
    const y = laneY(scene, lane) + BOX_TOP;
    if (y < RULER_HEIGHT - LANE_HEIGHT || y > height) continue;
    const x = xOf(scene, positions[step.index] ?? 0);
    const boxWidth = Math.max(2, xOf(scene, endOf(scene, step)) - x - 1);
    const isDim = matches !== undefined && !matches.has(step.index);
    context.globalAlpha = isDim ? 0.16 : 1;
    const actor = run.tasks[step.task]?.actor ?? "machine";
    const isLate = step.part !== "call";
    context.fillStyle =
      (step.hasFailed ? colors["failed-soft"] : colors[isLate ? `${actor}-late` : actor]) ?? "";
    box(context, x, y, boxWidth, BOX_HEIGHT);
    context.fill();
    if (boxWidth >= TEXT_WIDTH_MIN) {
      const ink = step.hasFailed ? "failed" : isLate ? "text" : "on-step";
      context.fillStyle = colors[ink] ?? "";
      const text = `${step.verb.slice(step.verb.indexOf(".") + 1)} ${step.about}`;
      context.fillText(cut(text, boxWidth - 8), x + 4, y + BOX_HEIGHT / 2 + 0.5);
    }
    const isChosen = step === selected || step === hovered;
    if (isChosen || step.mark !== "") {
      context.lineWidth = step === selected ? 3 : 2;
      context.strokeStyle = (isChosen ? colors.text : colors[toneOf(step.mark)]) ?? "";
      box(context, x - 1, y - 1, boxWidth + 2, BOX_HEIGHT + 2);
      context.stroke();
    }
  }
  context.globalAlpha = 1;
}

/** A line through all lanes at each deviation. @param {CanvasRenderingContext2D} context @param {Scene} scene */
function drawMarks(context, scene) {
  const { run, positions, colors, height } = scene;
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  for (const step of run.steps) {
    if (step.mark === "" || step.mark === "resumption") continue;
    context.strokeStyle = colors[toneOf(step.mark)] ?? "";
    const at = step.mark === "violation" ? endOf(scene, step) : positions[step.index] ?? 0;
    const x = Math.round(xOf(scene, at)) + 0.5;
    line(context, x, RULER_HEIGHT, x, height);
  }
  context.setLineDash([]);
}

/** Who woke the step that is looked at, and whom it woke. @param {CanvasRenderingContext2D} context @param {Scene} scene */
function drawArrows(context, scene) {
  const step = scene.hovered ?? scene.selected;
  if (step === undefined) return;
  const { run, colors } = scene;
  context.strokeStyle = context.fillStyle = colors.accent ?? "";
  context.lineWidth = 1.5;
  const waker = step.wokenBy === 0 ? undefined : run.steps.find((it) => it.number === step.wokenBy);
  if (waker !== undefined) arrow(context, centerOf(scene, waker), centerOf(scene, step));
  for (const woken of run.steps) {
    if (woken.wokenBy === step.number) {
      arrow(context, centerOf(scene, step), centerOf(scene, woken));
    }
  }
}

/** @param {CanvasRenderingContext2D} context @param {Scene} scene */
function drawRuler(context, scene) {
  const { run, positions, view, colors, axis, width, labelWidth } = scene;
  context.font = FONT;
  context.textBaseline = "middle";
  context.textAlign = "left";
  const every = roundStep(TICK_PIXELS_MIN * view.perPixel);
  // Steps are counted from 1, positions from 0: the numbers are to be round.
  const first = run.steps[0]?.number ?? 1;
  const begin = Math.max(1, Math.ceil((view.start + first) / every)) * every - first;
  const end = view.start + (width - labelWidth) * view.perPixel;
  for (let at = begin; at <= Math.min(end, positions.at(-1) ?? 0); at += every) {
    const step = run.steps[Math.max(0, indexAt(positions.subarray(0, run.steps.length), at))];
    if (step === undefined) continue;
    const x = Math.round(xOf(scene, at)) + 0.5;
    context.strokeStyle = colors.line ?? "";
    line(context, x, RULER_HEIGHT - 8, x, RULER_HEIGHT);
    context.fillStyle = colors.muted ?? "";
    context.fillText(
      axis === "step" ? String(step.number) : timeText(step.micros),
      x + 4,
      RULER_HEIGHT - 10,
    );
  }
  for (const step of run.steps) {
    if (step.mark === "" || step.mark === "resumption") continue;
    const at = step.mark === "violation" ? endOf(scene, step) : positions[step.index] ?? 0;
    flag(context, xOf(scene, at), colors[toneOf(step.mark)] ?? "");
  }
}

/** @param {CanvasRenderingContext2D} context @param {Scene} scene */
function drawLabels(context, scene) {
  const { run, lanes, colors, labelWidth, matches, selected, hovered } = scene;
  context.textBaseline = "middle";
  context.textAlign = "left";
  lanes.forEach((index, lane) => {
    const task = run.tasks[index];
    if (task === undefined) return;
    const y = laneY(scene, lane);
    if (lane % 2 === 1) {
      context.fillStyle = colors.stripe ?? "";
      context.fillRect(0, y, labelWidth, LANE_HEIGHT);
    }
    const indent = 10 + Math.min(task.depth, 4) * 10;
    context.fillStyle = colors[task.actor] ?? "";
    box(context, indent, y + LANE_HEIGHT / 2 - 4, 8, 8);
    context.fill();
    const isDim = matches !== undefined && !task.steps.some((it) => matches.has(it.index));
    const isLive = [selected, hovered].some((it) => it !== undefined && it.task === index);
    context.font = isLive ? `600 ${LABEL_FONT}` : LABEL_FONT;
    context.fillStyle = (isDim ? colors.muted : colors.text) ?? "";
    const room = labelWidth - indent - 22;
    let text = task.name;
    while (text.length > 4 && context.measureText(text).width > room) {
      text = `${text.slice(0, -2)}…`;
    }
    context.fillText(text, indent + 14, y + LANE_HEIGHT / 2 + 0.5);
  });
}
