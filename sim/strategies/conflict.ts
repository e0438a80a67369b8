import type { Choice } from "../chooser.ts";

/** Of a container or a sandbox, and of a layer: hexadecimal digits. */
const ID_LENGTH = 64;
const SLASH = 47;

/**
 * Names of what a step touches: the footprint that it declares, or else every path and every id in its
 * subject, and the ids in the name of its task, which of a program is the command line. Empty when
 * nothing is known.
 */
export function namesOf({ footprint, subject, taskName }: Choice): readonly string[] {
  if (footprint !== undefined) return footprint;
  const names: string[] = [];
  addIds(names, taskName);
  addNames(names, subject);
  return names;
}

/**
 * Whether it may matter which of two steps comes first. Only of steps that are both known to be about
 * other things it is said that it does not: they share no id, and no path of one is, or is above, a
 * path of the other. What code does behind a step is not seen, but taken to be about the same things;
 * so this is good enough to draw schedules, and not to leave any out.
 */
export function mayConflict(names: readonly string[], others: readonly string[]): boolean {
  if (names.length === 0 || others.length === 0) return true;
  for (const name of names) {
    for (const other of others) if (overlap(name, other)) return true;
  }
  return false;
}

function addNames(names: string[], subject: unknown): void {
  if (typeof subject === "string") {
    addPaths(names, subject);
    addIds(names, subject);
  } else if (Array.isArray(subject)) {
    for (const part of subject) addNames(names, part);
  } else if (typeof subject === "object" && subject !== null) {
    for (const part of Object.values(subject)) addNames(names, part);
  }
}

/** Absolute paths are words that begin with a slash; those that they end with say nothing. */
function addPaths(names: string[], text: string): void {
  for (let start = text.indexOf("/"); start >= 0;) {
    let end = start + 1;
    if (start === 0 || isBlank(text.charCodeAt(start - 1))) {
      while (end < text.length && !isBlank(text.charCodeAt(end))) end++;
      let last = end;
      while (last > start && text.charCodeAt(last - 1) === SLASH) last--;
      add(names, text.slice(start, last));
    }
    start = text.indexOf("/", end);
  }
}

/** Looks where an id would end first: what is no digit there rules out all ids across it. */
function addIds(names: string[], text: string): void {
  for (let end = ID_LENGTH; end <= text.length;) {
    let start = end;
    while (start > end - ID_LENGTH && isDigit(text.charCodeAt(start - 1))) start--;
    const isId = end - start === ID_LENGTH;
    if (isId) add(names, text.slice(start, end));
    end = (isId ? end : start) + ID_LENGTH;
  }
}

function add(names: string[], name: string): void {
  if (!names.includes(name)) names.push(name);
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** Hexadecimal, in lower case. */
function isDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102);
}

/** Equal, or one is a folder above the other; the root is the empty path. */
function overlap(a: string, b: string): boolean {
  return a.length < b.length ? isAtOrBelow(b, a) : isAtOrBelow(a, b);
}

function isAtOrBelow(name: string, top: string): boolean {
  return name.startsWith(top) && (name.length === top.length || name[top.length] === "/");
}
