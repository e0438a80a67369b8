import type { Errno } from "../../../src/kernel/errno.ts";
import { textOf } from "../../../src/utf8.ts";

/** What a call of the port came to. */
export type Outcome =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "refused"; readonly errno: Errno }
  /** Its context ended first: nothing was said of the machine. */
  | { readonly kind: "cancelled" };

/** One answered call. */
export interface RecordedCall {
  readonly kind: "call";
  /** The port's part and its verb: "files.rename", "child.exited". */
  readonly verb: string;
  /** Whose method it is, where it is one of a process, fifo or watch: the number that it was made with. */
  readonly object: number | undefined;
  /** Without the context. */
  readonly args: readonly unknown[];
  readonly outcome: Outcome;
  /** How many entries there were when it was asked: its effect may be anywhere between then and its answer. */
  readonly begun: number;
  /** The number of the process, fifo or watch that it made. */
  readonly made: number | undefined;
}

/** What the core asked of a kernel and was told, in the order of the answers. */
export type TraceEntry =
  | RecordedCall
  /** The client waited until nothing moved any more by itself. */
  | { readonly kind: "rest" }
  /** A process, fifo or watch was let go. */
  | { readonly kind: "dispose"; readonly object: number }
  /** A new life of the daemon: what the one before had open is closed. */
  | { readonly kind: "life" };

/** An entry as a line of a report. */
export function entryText(entry: TraceEntry): string {
  switch (entry.kind) {
    case "life":
      return "a new life of the daemon";
    case "rest":
      return "at rest";
    case "dispose":
      return `dispose of ${entry.object}`;
    case "call": {
      const of = entry.object === undefined ? "" : ` of ${entry.object}`;
      return `${entry.verb}${of} ${shown(entry.args)}: ${outcomeText(entry.outcome)}`;
    }
  }
}

/** An outcome as a part of a line. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case "value":
      return shown(outcome.value);
    case "refused":
      return outcome.errno;
    case "cancelled":
      return "cancelled";
  }
}

const SHOWN_CHARS_MAX = 300;

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_, it) => it instanceof Uint8Array ? textOf(it) : it);
  return (text ?? "done").slice(0, SHOWN_CHARS_MAX);
}
