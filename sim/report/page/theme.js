// @ts-check
/// <reference lib="dom" />

const COLORS = [
  "text",
  "muted",
  "line",
  "stripe",
  "common",
  "pause",
  "accent",
  "danger",
  "warn",
  "calm",
  "failed",
  "failed-soft",
  "on-step",
  "client",
  "daemon",
  "program",
  "machine",
  "client-late",
  "daemon-late",
  "program-late",
  "machine-late",
];

/** The colours of the style sheet, for the canvas. @returns {Record<string, string>} */
export function readColors() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(COLORS.map((it) => [it, style.getPropertyValue(`--${it}`).trim()]));
}

/** From what the system asks for to the other, and back. */
export function nextTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme === undefined
    ? matchMedia("(prefers-color-scheme: dark)").matches
    : root.dataset.theme === "dark";
  root.dataset.theme = isDark ? "light" : "dark";
}
