import type { HistoryEntry } from "../history.ts";

const ID = /(sha256:)?\b([0-9a-f]{64})\b/g;
/** Messages name an object by the beginning of its id; and some texts end in the middle of one. */
const SHORT_ID = /\b([0-9a-f]{8})[0-9a-f]{0,55}\b…?/g;

/**
 * Names for ids of 64 hexadecimal digits, the same wherever one stands: "c1" for containers, "s1" for
 * sandboxes. Where the call that makes an object names it ("CreateContainer s0c1 …"), that is its name.
 */
export class Names {
  readonly #names = new Map<string, string>();
  readonly #byStart = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** Names every id of a history, in the order in which they come. */
  constructor(entries: readonly HistoryEntry[]) {
    for (const entry of entries) this.#see(entry);
  }

  /** The text with names for ids. Digests are cut. */
  replace(text: string): string {
    return text.replaceAll(
      ID,
      (whole, digest: string | undefined, id: string) =>
        digest === undefined
          ? this.#names.get(id) ?? `${id.slice(0, 8)}…`
          : `${whole.slice(0, 15)}…`,
    ).replaceAll(SHORT_ID, (whole, start: string) => this.#byStart.get(start) ?? whole);
  }

  /** The name of an id. */
  get(id: string): string | undefined {
    return this.#names.get(id);
  }

  /** Every name that stands for an id. */
  all(): ReadonlySet<string> {
    return this.#taken;
  }

  #see(entry: HistoryEntry): void {
    for (const match of entry.arguments.matchAll(ID)) {
      const [, digest, id = ""] = match;
      if (digest !== undefined || this.#names.has(id)) continue;
      const kind = kindOf(entry.arguments.slice(0, match.index), entry.task);
      const name = this.#free(labelOf(entry.task, kind), kind);
      this.#names.set(id, name);
      this.#byStart.set(id.slice(0, 8), name);
      this.#taken.add(name);
    }
  }

  /** The label itself for the first of it, "s0c1.2" for the second; else the next number of the kind. */
  #free(label: string | undefined, kind: Kind): string {
    if (label !== undefined && !this.#taken.has(label)) return label;
    for (let number = label === undefined ? 1 : 2;; number++) {
      const name = label === undefined ? `${PREFIXES[kind]}${number}` : `${label}.${number}`;
      if (!this.#taken.has(name)) return name;
    }
  }
}

type Kind = "sandbox" | "container" | "other";

const PREFIXES: Readonly<Record<Kind, string>> = { sandbox: "s", container: "c", other: "id" };

/** What an id stands for, told by what stands before it, else by the call that it first comes in. */
function kindOf(before: string, task: string): Kind {
  if (/(sandboxes\/|"sandbox(_status)?","id":")$/.test(before)) return "sandbox";
  if (/((tasks|containers)\/|"container(_status)?","id":"|--cid )$/.test(before)) {
    return "container";
  }
  if (task.startsWith("RunPodSandbox ")) return "sandbox";
  return task.startsWith("CreateContainer ") ? "container" : "other";
}

/** What the call calls the object that it makes. */
function labelOf(task: string, kind: Kind): string | undefined {
  if (kind === "sandbox") return /^RunPodSandbox ([a-z]\w*)/.exec(task)?.[1];
  if (kind === "container") return /^CreateContainer ([a-z]\w*)/.exec(task)?.[1];
  return undefined;
}
