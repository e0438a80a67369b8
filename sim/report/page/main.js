// @ts-check
/// <reference lib="dom" />
import { decode, objectsOf } from "./data.js";
import { byId, element, input, on } from "./dom.js";
import { keyPressed } from "./keys.js";
import { nextTheme, readColors } from "./theme.js";
import { Viewer } from "./viewer.js";

const NAMED_OBJECTS_MAX = 12;
const KNOWN_OBJECTS_MAX = 400;
const BUTTON_ZOOM = 0.6;

const report = decode(byId("data").textContent ?? "");
const viewer = new Viewer(report);
fillObjects();
listen();
viewer.followHash();
document.documentElement.dataset.ready = "true";

function listen() {
  const [first] = viewer.timelines;
  for (const it of ["hashchange", "popstate"]) addEventListener(it, () => viewer.followHash());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", themeChanged);
  on("theme", "click", () => {
    nextTheme();
    themeChanged();
  });
  on("copy", "click", copyCommand);
  on("search", "input", filterChanged);
  on("object", "input", filterChanged);
  on("clear", "click", () => setFilter("", ""));
  on("zoom-in", "click", () => first?.zoom(BUTTON_ZOOM));
  on("zoom-out", "click", () => first?.zoom(1 / BUTTON_ZOOM));
  on("zoom-all", "click", () => viewer.fit(0, viewer.failing.steps.length));
  on("zoom-story", "click", () => viewer.fitStory());
  for (const it of document.querySelectorAll(".segments")) {
    it.addEventListener("change", () => viewer.choicesChanged());
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (keyPressed(viewer, event)) event.preventDefault();
  });
  document.addEventListener("click", ({ target }) => {
    const chip = target instanceof Element ? target.closest("[data-object]") : null;
    if (chip instanceof HTMLElement) setFilter(input("search").value, chip.dataset.object ?? "");
  });
}

function themeChanged() {
  viewer.colors = readColors();
  viewer.redraw();
}

function filterChanged() {
  const object = input("object").value.trim();
  const found = viewer.find({ text: input("search").value, object });
  const all = report.runs.reduce((sum, it) => sum + it.steps.length, 0);
  byId("count").textContent = found === undefined ? "" : `${found} of ${all} steps`;
  byId("clear").hidden = found === undefined;
  for (const chip of byId("objects").children) {
    chip.setAttribute("aria-pressed", String(chip.getAttribute("data-object") === object));
  }
}

/** The same object again: any. @param {string} text @param {string} object */
function setFilter(text, object) {
  const before = input("object").value;
  input("search").value = text;
  input("object").value = object === before ? "" : object;
  filterChanged();
}

function fillObjects() {
  const objects = objectsOf(report);
  byId("known-objects").replaceChildren(
    ...objects.slice(0, KNOWN_OBJECTS_MAX).map(({ name, count }) =>
      element("option", { value: name, label: `${count} steps` })
    ),
  );
  const named = objects.filter(({ name }) => /^[\w.]+$/.test(name)).slice(0, NAMED_OBJECTS_MAX);
  byId("objects").replaceChildren(
    ...named.map(({ name }) =>
      element("button", {
        type: "button",
        class: "chip",
        "data-object": name,
        "aria-pressed": "false",
      }, name)
    ),
  );
}

async function copyCommand() {
  const button = byId("copy");
  try {
    await navigator.clipboard.writeText(byId("command").textContent ?? "");
    button.textContent = "Copied";
  } catch {
    // A page from a file may not have the clipboard: what is selected can be copied by hand.
    getSelection()?.selectAllChildren(byId("command"));
    button.textContent = "Selected";
  }
}
