// @ts-check
/// <reference lib="dom" />
/** @import { Timeline } from "./timeline.js" */
/** @import { Viewer } from "./viewer.js" */
import { byId } from "./dom.js";

const KEY_ZOOM = 0.7;

/**
 * What a key does; false when it is none of ours.
 *
 * @param {Viewer} viewer
 * @param {KeyboardEvent} event
 */
export function keyPressed(viewer, { key, target }) {
  const isTyping = target instanceof HTMLInputElement && target.type !== "radio";
  if (key === "Escape") viewer.unselect();
  else if (isTyping) return false;
  else if (key === "/") byId("search").focus();
  else if (key === "n") viewer.goAlongMarks(1);
  else if (key === "p") viewer.goAlongMarks(-1);
  else {
    const timeline = viewer.timelines.find((it) => it.canvas === target);
    return timeline !== undefined && timelineKey(viewer, timeline, key);
  }
  return true;
}

/** @param {Viewer} viewer @param {Timeline} timeline @param {string} key */
function timelineKey(viewer, timeline, key) {
  switch (key) {
    case "ArrowRight":
      viewer.goAlongTask(timeline, 1);
      return true;
    case "ArrowLeft":
      viewer.goAlongTask(timeline, -1);
      return true;
    case "ArrowDown":
      viewer.goAcrossTasks(timeline, 1);
      return true;
    case "ArrowUp":
      viewer.goAcrossTasks(timeline, -1);
      return true;
    case "Home":
      viewer.goTo(timeline, 0);
      return true;
    case "End":
      viewer.goTo(timeline, -1);
      return true;
    case "w":
    case "+":
    case "=":
      timeline.zoom(KEY_ZOOM);
      return true;
    case "s":
    case "-":
      timeline.zoom(1 / KEY_ZOOM);
      return true;
    case "a":
      timeline.pan(-timeline.width / 6);
      return true;
    case "d":
      timeline.pan(timeline.width / 6);
      return true;
    case "0":
      viewer.fit(0, timeline.run.steps.length);
      return true;
    default:
      return false;
  }
}
