import { messageOf } from "../src/errors.ts";
import { keyOf, type Step } from "./step.ts";

/** One step that ran. */
export interface HistoryEntry {
  /** Counts the steps of the simulation, from 1. */
  readonly number: number;
  /** Since the machine was first switched on. */
  readonly elapsedMicros: number;
  /** What it is in every run of the same program: its task, its number there, which part of it. */
  readonly key: string;
  /** A verb of a port ("files.writeFile"), or a system call of a program ("open"). */
  readonly verb: string;
  /** The name of the task that it was a step of. */
  readonly task: string;
  /** The number of that task, in the order in which tasks came to be. */
  readonly taskId: number;
  /** Call and outcome: "files.readFile /a → 3 bytes", "processes.open 7 ✗ …". */
  readonly text: string;
}

/** What happened, step by step. Texts are made when somebody asks for them. */
export class History {
  readonly #steps: {
    readonly step: Step;
    readonly number: number;
    readonly at: number;
    readonly task: string;
    readonly part: number;
  }[] = [];

  /** @internal Called before each step. */
  record(step: Step, number: number, elapsedMicros: number): void {
    this.#steps.push({
      step,
      number,
      at: elapsedMicros,
      task: step.task.name,
      part: step.part,
    });
  }

  /** Steps that were kept; 0 unless the simulation was told to keep them. */
  get length(): number {
    return this.#steps.length;
  }

  /** Every step, in order. */
  entries(): HistoryEntry[] {
    return this.#steps.map(({ step, number, at, task, part }) => ({
      number,
      elapsedMicros: at,
      key: keyOf(step, part),
      verb: step.verb,
      task,
      taskId: step.task.id,
      text: `${prefixOf(part)}${callText(step)}${outcomeText(step)}`,
    }));
  }

  /** A line a step: number, milliseconds, task, call, outcome; the last `countMax` of them. */
  text(countMax: number = Infinity): string {
    return this.entries().slice(countMax === Infinity ? 0 : -countMax).map((it) =>
      `${String(it.number).padStart(6)} ${(it.elapsedMicros / 1e3).toFixed(3).padStart(12)} ` +
      `${it.task.slice(0, 40).padEnd(40)} ${it.text}`
    ).join("\n");
  }
}

/**
 * A step as scenarios match it and histories show it: verb and arguments; "then " before a later part
 * of a call that takes several steps, "reply " before a late answer.
 */
export function stepText(step: Step): string {
  return prefixOf(step.part) + callText(step);
}

function prefixOf(part: number): string {
  return part === 0 ? "" : part < 0 ? "reply " : "then ";
}

function callText(step: Step): string {
  const subject = subjectText(step.subject);
  return subject === "" ? step.verb : `${step.verb} ${subject}`;
}

function subjectText(subject: unknown): string {
  if (subject === undefined) return "";
  if (typeof subject === "string") return subject;
  if (typeof subject === "number") return String(subject);
  if (Array.isArray(subject) && subject.every((it) => typeof it === "string")) {
    return subject.join(" ");
  }
  if (isCommand(subject)) return [subject.program, ...subject.args].join(" ");
  return JSON.stringify(subject);
}

function isCommand(subject: unknown): subject is { program: string; args: readonly string[] } {
  return typeof subject === "object" && subject !== null && "program" in subject;
}

function outcomeText(step: Step): string {
  const { outcome } = step;
  if (step.hasFailed) return ` ✗ ${messageOf(outcome)}`;
  switch (typeof outcome) {
    case "undefined":
    case "symbol":
      return "";
    case "object":
      if (outcome instanceof Uint8Array) return ` → ${outcome.length} bytes`;
      if (Array.isArray(outcome)) return ` → [${outcome.length}]`;
      return "";
    case "function":
      return "";
    default:
      return ` → ${String(outcome).slice(0, 80)}`;
  }
}
