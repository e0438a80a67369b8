import type { HistoryEntry } from "../history.ts";
import type { Names } from "./names.ts";
import { programName } from "./task_names.ts";
import { cut } from "./width.ts";

const LINE_LENGTH_MAX = 160;
const DETAIL_LENGTH_MAX = 8_000;
const OBJECTS_MAX = 8;

/** What a call is about, as readers see it. */
export interface CallTexts {
  /** In a line. */
  readonly line: string;
  /** All of it, where the line leaves something out. */
  readonly detail: string | undefined;
  /** What it touches. */
  readonly objects: readonly string[];
}

/** Makes the texts of a step. */
export function callTexts(entry: HistoryEntry, names: Names): CallTexts {
  const text = names.replace(entry.arguments);
  const changes = entry.verb === "store.commit" ? changesOf(text) : undefined;
  const whole = changes?.map(changeText).join(", ") ??
    (/spawn|fork|execve/.test(entry.verb) ? programName(text, names) : text);
  const line = cut(whole.replaceAll(/\s+/g, " ").trim(), LINE_LENGTH_MAX);
  const detail = line === text
    ? undefined
    : cut(changes?.map(changeDetail).join("\n") ?? text, DETAIL_LENGTH_MAX);
  const records = changes?.map((it) => `record ${it.table} ${it.id}`) ?? [];
  const objects = [...namesIn(text, names), ...records, ...pathsIn(entry, text), ...pidsIn(entry)];
  return { line, detail, objects: [...new Set(objects)].slice(0, OBJECTS_MAX) };
}

/** One change of a commit, read from the text that histories have. */
interface ShownChange {
  readonly kind: "put" | "delete";
  readonly table: string;
  readonly id: string;
  readonly value: string;
}

function changesOf(text: string): ShownChange[] | undefined {
  let changes: unknown;
  try {
    changes = JSON.parse(text);
  } catch {
    return undefined;
  }
  return Array.isArray(changes) ? changes.map(changeOf) : undefined;
}

function changeOf(change: unknown): ShownChange {
  const { kind, record, ...rest } = change as Readonly<Record<string, unknown>>;
  const { table, id, value } = { ...rest, ...(record ?? {}) } as Readonly<Record<string, unknown>>;
  return {
    kind: kind === "delete" ? "delete" : "put",
    table: String(table),
    id: String(id),
    value: typeof value === "string" ? value : "",
  };
}

function changeText({ kind, table, id, value }: ShownChange): string {
  // Of a record that has a state only this matters to whoever follows a race.
  const state = /"(?:state|phase)":"(\w+)"/.exec(value)?.[1];
  return `${kind} ${table} ${id}${state === undefined ? "" : ` ${state}`}`;
}

function changeDetail(change: ShownChange): string {
  const value = change.value === "" ? "" : ` ${pretty(change.value)}`;
  return `${change.kind} ${change.table} ${change.id}${value}`;
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), undefined, 2);
  } catch {
    return json;
  }
}

function namesIn(text: string, names: Names): string[] {
  return [...text.matchAll(/[a-z][\w.]*/g)].map(([word]) => word)
    .filter((word) => names.all().has(word));
}

/** Commands name many paths that they only pass on. */
function pathsIn({ verb }: HistoryEntry, text: string): string[] {
  if (/spawn|fork|execve|store\./.test(verb)) return [];
  return [...text.matchAll(/(?:^|\s)(\/[^\s"]+)/g)].map(([, path = ""]) => path);
}

function pidsIn({ verb, arguments: text }: HistoryEntry): string[] {
  const isAboutProcess = /^(processes\.open|handle\.\w+|kill|reap|wait)$/.test(verb);
  const pid = isAboutProcess ? /^\d+/.exec(text)?.[0] : undefined;
  return pid === undefined ? [] : [`pid ${pid}`];
}
