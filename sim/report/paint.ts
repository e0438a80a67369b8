import type { Mark } from "./model.ts";

/** What stands before a marked step. */
export const SYMBOLS: Readonly<Record<Mark, string>> = {
  preemption: "▶",
  switch: "▷",
  time: "◷",
  fault: "✗",
  crash: "↯",
  cancel: "⊘",
  resumption: "◁",
  violation: "■",
};

/** Colours of a terminal, or none. */
export interface Paint {
  strong(text: string): string;
  faint(text: string): string;
  violation(text: string): string;
  mark(mark: Mark, text: string): string;
}

/** @param hasColor false: every text stays as it is */
export function painter(hasColor: boolean): Paint {
  const sgr = (code: number, end: number) => (text: string) =>
    hasColor && text !== "" ? `\x1b[${code}m${text}\x1b[${end}m` : text;
  const red = sgr(31, 39);
  const yellow = sgr(33, 39);
  const cyan = sgr(36, 39);
  return {
    strong: sgr(1, 22),
    faint: sgr(2, 22),
    violation: red,
    mark(mark, text) {
      switch (mark) {
        case "preemption":
        case "switch":
          return yellow(text);
        case "resumption":
        case "time":
          return cyan(text);
        case "fault":
        case "crash":
        case "cancel":
        case "violation":
          return red(text);
      }
    },
  };
}
