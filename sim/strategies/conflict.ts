import type { Choice } from "../chooser.ts";

const PATH = /(?<=^|\s)\/\S*/g;
/** Of a container or a sandbox, and of a layer. */
const ID = /[0-9a-f]{64}/g;

/**
 * Names of what a step touches: the footprint that it declares, or else every path and every id in its
 * subject, and the ids in the name of its task, which of a program is the command line. Empty when
 * nothing is known.
 */
export function namesOf({ footprint, subject, taskName }: Choice): readonly string[] {
  if (footprint !== undefined) return footprint;
  const names = new Set<string>(taskName.match(ID));
  addNames(names, subject);
  return [...names];
}

/**
 * Whether it may matter which of two steps comes first. Only of steps that are both known to be about
 * other things it is said that it does not: they share no id, and no path of one is, or is above, a
 * path of the other. What code does behind a step is not seen, but taken to be about the same things;
 * so this is good enough to draw schedules, and not to leave any out.
 */
export function mayConflict(names: readonly string[], others: readonly string[]): boolean {
  if (names.length === 0 || others.length === 0) return true;
  return names.some((name) => others.some((other) => overlap(name, other)));
}

function addNames(names: Set<string>, subject: unknown): void {
  if (typeof subject === "string") {
    for (const path of subject.match(PATH) ?? []) names.add(path.replace(/\/+$/, ""));
    for (const id of subject.match(ID) ?? []) names.add(id);
  } else if (typeof subject === "object" && subject !== null) {
    for (const part of Object.values(subject)) addNames(names, part);
  }
}

/** Equal, or one is a folder above the other; the root is the empty path. */
function overlap(a: string, b: string): boolean {
  return a.length < b.length ? isAtOrBelow(b, a) : isAtOrBelow(a, b);
}

function isAtOrBelow(name: string, top: string): boolean {
  return name.startsWith(top) && (name.length === top.length || name[top.length] === "/");
}
