import type { HistoryEntry } from "../history.ts";
import type { Names } from "./names.ts";
import { cut } from "./width.ts";

const NAME_LENGTH_MAX = 44;

/**
 * What readers call a task: its call and object, or its program and object ("runc create c1"). Whoever
 * became another program has both ("runc init c1 → sleep 1000").
 *
 * @param steps all that it did
 */
export function taskName(steps: readonly HistoryEntry[], names: Names): string {
  const [first] = steps;
  if (first === undefined) return "";
  if (first.actor !== "program") return cut(callName(first.task, steps, names), NAME_LENGTH_MAX);
  const commands = [...new Set(steps.map((it) => it.task))];
  const object = objectOf(steps, names);
  const texts = commands.map((it, index) =>
    programName(names.replace(it), names, index === 0 ? object : undefined)
  );
  return cut([...new Set(texts)].join(" → "), NAME_LENGTH_MAX);
}

/** Makes names unique: "daemon", "daemon #2". */
export function distinct(texts: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return texts.map((text) => {
    const count = (counts.get(text) ?? 0) + 1;
    counts.set(text, count);
    return count === 1 ? text : `${text} #${count}`;
  });
}

/** A call names the place of its object; where several objects had that place, it is told which one. */
function callName(task: string, steps: readonly HistoryEntry[], names: Names): string {
  const text = names.replace(task);
  const [, verb, label] = /^(\w+) ([a-z]\w*)/.exec(text) ?? [];
  if (verb === undefined || label === undefined) return text;
  const meant = objectsOf(steps, names).find((it) => it === label || it.startsWith(`${label}.`));
  return meant === undefined
    ? text
    : `${verb} ${meant}${text.slice(verb.length + label.length + 1)}`;
}

/**
 * What readers call a program: "runc create c1" for a long command line.
 *
 * @param command with names for ids
 * @param object what it is about, if its arguments do not tell
 */
export function programName(command: string, names: Names, object?: string): string {
  const [path = "", ...args] = command.split(" ");
  const program = path.slice(path.lastIndexOf("/") + 1);
  const named = args.find((it) => names.all().has(it)) ?? nameIn(command, names) ?? object;
  const about = named === undefined ? "" : ` ${named}`;
  if (program === "conmon") return `conmon${args.includes("--exec") ? " exec" : ""}${about}`;
  if (program === "runc") {
    return `runc ${args.find((it) => RUNC_COMMANDS.has(it)) ?? ""}${about}`;
  }
  if (/\/cni\//.test(path)) return `CNI ${program}${about}`;
  if (program.startsWith("slipway-")) return `${program}${about}`;
  const text = [program, ...args].join(" ");
  return named === undefined || text.includes(named) ? text : `${text} (${named})`;
}

/** What a path in a command names. */
function nameIn(command: string, names: Names): string | undefined {
  return [...command.matchAll(/[\w.]+/g)].map(([word]) => word).find((it) => names.all().has(it));
}

const RUNC_COMMANDS: ReadonlySet<string> = new Set([
  "create",
  "delete",
  "exec",
  "init",
  "kill",
  "list",
  "start",
  "state",
]);

function objectOf(steps: readonly HistoryEntry[], names: Names): string | undefined {
  const containerId = steps.find((it) => it.containerId !== undefined)?.containerId;
  return (containerId === undefined ? undefined : names.get(containerId)) ??
    objectsOf(steps, names)[0];
}

/** Named objects that its steps are about, in order. */
function objectsOf(steps: readonly HistoryEntry[], names: Names): string[] {
  const found = new Set<string>();
  for (const { arguments: text } of steps) {
    for (const [id] of text.matchAll(/[0-9a-f]{64}/g)) {
      const name = names.get(id);
      if (name !== undefined) found.add(name);
    }
  }
  return [...found];
}
