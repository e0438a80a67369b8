// @ts-check
/// <reference lib="dom" />
/** @import { Report, Run, Step } from "./data.js" */
/** @import { View } from "./scale.js" */
import { card, details, spoken } from "./details.js";
import { byId, choose, chosen } from "./dom.js";
import { matchesOf } from "./filter.js";
import { acrossTasks, alongMarks, alongTask } from "./navigate.js";
import { allTasks, storyRange, storyTasks } from "./story.js";
import { readColors } from "./theme.js";
import { Timeline } from "./timeline.js";

const CARD_GAP = 12;

/** Both runs through one window: what is seen, chosen and looked for. */
export class Viewer {
  /** @type {"step" | "time"} */
  axis = "step";
  /** @type {View} */
  view = { start: 0, perPixel: 1 };
  colors = readColors();
  /** @type {{ run: Run, step: Step } | undefined} */
  #selection;
  #frame = 0;

  /** @param {Report} report */
  constructor(report) {
    const [failing] = report.runs;
    if (failing === undefined) throw new Error("The page has no run");
    this.failing = failing;
    this.timelines = report.runs.map((run) =>
      new Timeline(byId(`timeline-${run.name}`), run, report.commonCount, this)
    );
    this.nothingChosen = [...byId("details").childNodes];
    this.showLanes();
    this.fitStory();
  }

  /** Draws all timelines at the next frame. */
  redraw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      for (const it of this.timelines) it.draw();
    });
  }

  /** @param {number} from @param {number} to */
  fit(from, to) {
    this.timelines[0]?.fit(from, to);
    this.redraw();
  }

  fitStory() {
    this.fit(...storyRange(this.failing.steps));
  }

  /** The address says what is chosen, so that it can be passed on. @param {Run} run @param {Step} step */
  select(run, step) {
    history.pushState(null, "", `#${run.name}-${step.number}`);
    this.followHash();
  }

  followHash() {
    const [, name, number] = /^#(failing|passing)-(\d+)$/.exec(location.hash) ?? [];
    const timeline = this.timelines.find(({ run }) => run.name === name);
    const step = timeline?.run.steps.find((it) => it.number === Number(number));
    if (timeline !== undefined && step !== undefined) this.#select(timeline, step);
  }

  /** @param {Timeline} timeline @param {Step} step */
  #select(timeline, step) {
    const { run } = timeline;
    this.#selection = { run, step };
    if (!timeline.lanes.includes(step.task)) choose("lanes", "all");
    if (timeline.scroller.closest("[hidden]") !== null) choose("runs", "both");
    this.showRuns();
    this.showLanes();
    for (const it of this.timelines) it.selected = it === timeline ? step : undefined;
    timeline.reveal(step);
    byId("details").replaceChildren(...details(run, step));
    byId("live").textContent = spoken(run, step);
    this.#showCurrent(`#${run.name}-${step.number}`);
  }

  unselect() {
    this.#selection = undefined;
    for (const it of this.timelines) it.selected = undefined;
    byId("details").replaceChildren(...this.nothingChosen);
    history.pushState(null, "", location.pathname);
    this.#showCurrent("");
  }

  /** Every link to what is chosen. @param {string} hash */
  #showCurrent(hash) {
    for (const it of document.querySelectorAll("a[aria-current]")) {
      it.removeAttribute("aria-current");
    }
    for (const it of document.querySelectorAll(`a[href="${hash}"]`)) {
      it.setAttribute("aria-current", "step");
    }
    this.redraw();
  }

  /** @param {Run} run @param {Step | undefined} step @param {number} x @param {number} y */
  hover(run, step, x, y) {
    for (const it of this.timelines) it.hovered = it.run === run ? step : undefined;
    const shown = byId("card");
    shown.hidden = step === undefined;
    if (step !== undefined) {
      shown.replaceChildren(...card(run, step));
      const left = beside(x, shown.offsetWidth, innerWidth);
      const top = beside(y, shown.offsetHeight, innerHeight);
      shown.style.translate = `${left}px ${top}px`;
    }
    this.redraw();
  }

  /** @param {import("./filter.js").Filter} filter @returns {number | undefined} How many steps are meant. */
  find(filter) {
    for (const it of this.timelines) it.matches = matchesOf(it.run, filter);
    this.showLanes();
    const isOn = this.timelines.some((it) => it.matches !== undefined);
    return isOn ? this.timelines.reduce((sum, it) => sum + (it.matches?.size ?? 0), 0) : undefined;
  }

  /** Follows the choices of the toolbar. */
  choicesChanged() {
    this.axis = chosen("axis") === "time" ? "time" : "step";
    for (const it of this.timelines) it.axisChanged();
    this.showRuns();
    this.showLanes();
    this.fitStory();
    this.followHash();
  }

  showRuns() {
    const runs = chosen("runs") ?? "both";
    for (const { run, scroller } of this.timelines) {
      const figure = scroller.closest("figure");
      if (figure !== null) figure.hidden = runs !== "both" && runs !== run.name;
    }
  }

  showLanes() {
    const isAll = chosen("lanes") === "all";
    for (const it of this.timelines) {
      it.show(isAll ? allTasks(it.run) : storyTasks(it.run, this.failing, it.matches));
    }
    this.redraw();
  }

  /** Goes to the deviation before or after. @param {1 | -1} by */
  goAlongMarks(by) {
    const from = this.#selection?.run === this.failing ? this.#selection.step : undefined;
    this.#go(this.failing, alongMarks(this.failing, from, by));
  }

  /** @param {Timeline} timeline @param {1 | -1} by */
  goAlongTask({ run, matches }, by) {
    this.#go(run, alongTask(run, this.#selectedOf(run), by, matches));
  }

  /** @param {Timeline} timeline @param {1 | -1} by */
  goAcrossTasks({ run, lanes }, by) {
    this.#go(run, acrossTasks(run, lanes, this.#selectedOf(run), by));
  }

  /** To the first step of a run, or to the last. @param {Timeline} timeline @param {0 | -1} place */
  goTo({ run }, place) {
    this.#go(run, run.steps.at(place));
  }

  /** @param {Run} run */
  #selectedOf(run) {
    return this.#selection?.run === run ? this.#selection.step : undefined;
  }

  /** @param {Run} run @param {Step | undefined} step */
  #go(run, step) {
    if (step !== undefined) this.select(run, step);
  }
}

/** Where a card of some size goes: after the pointer, or before it where there is no room. @param {number} at @param {number} size @param {number} room */
function beside(at, size, room) {
  const after = at + CARD_GAP;
  return Math.max(4, after + size < room ? after : at - CARD_GAP - size);
}
