import { messageOf } from "../src/errors.ts";
import { keyOf, provenanceOf, type Step } from "./step.ts";
import { Machine } from "./world/machine.ts";
import { Process } from "./world/process.ts";

/** Who takes a step: a client, code of the daemon, a program of the machine, or the machine itself. */
export type Actor = "client" | "daemon" | "program" | "machine";

/** One step that ran. */
export interface HistoryEntry {
  /** Counts the steps of the simulation, from 1. */
  readonly number: number;
  /** Since the machine was first switched on. */
  readonly elapsedMicros: number;
  /** What it is in every run of the same program: its task, its number there, which part of it. */
  readonly key: string;
  /** The same whatever the order of steps that commute; undefined unless somebody explores. */
  readonly provenance: string | undefined;
  /** A verb of a port ("files.writeFile"), or a system call of a program ("open"). */
  readonly verb: string;
  /** The name of the task that it was a step of. */
  readonly task: string;
  /** The number of that task, in the order in which tasks came to be. */
  readonly taskId: number;
  /** What that task is in every run of the same program. */
  readonly taskKey: string;
  /** Who takes it. */
  readonly actor: Actor;
  /** The container that the process is of; undefined for all but containers' own processes. */
  readonly containerId: string | undefined;
  /** `then`: a later part of a call that takes several steps. `reply`: a late answer. */
  readonly part: "call" | "then" | "reply";
  /** What the verb is about; empty when it says it all. */
  readonly arguments: string;
  /** "3 bytes", or the message of an error; empty when there is nothing to say, or not yet. */
  readonly outcome: string;
  /** Whether `outcome` is an error. */
  readonly hasFailed: boolean;
  /** The number of the step that made this one possible; 0 for the first ones, and where time did. */
  readonly cause: number;
  /** Call and outcome: "files.readFile /a → 3 bytes", "processes.open 7 ✗ …". */
  readonly text: string;
}

/** What is known of a step when it runs; its outcome comes later. */
interface Recorded {
  readonly step: Step;
  readonly number: number;
  readonly at: number;
  readonly task: string;
  readonly part: number;
  readonly cause: number;
}

/** What happened, step by step. Texts are made when somebody asks for them. */
export class History {
  readonly #steps: Recorded[] = [];

  /** @internal Called before each step. */
  record(step: Step, number: number, elapsedMicros: number): void {
    this.#steps.push(recorded(step, number, elapsedMicros));
  }

  /** Steps that were kept; 0 unless the simulation was told to keep them. */
  get length(): number {
    return this.#steps.length;
  }

  /** Every step, in order. */
  entries(): HistoryEntry[] {
    const deciding = new Map<Step, Recorded>();
    for (const it of this.#steps) if (it.part >= 0) deciding.set(it.step, it);
    return this.#steps.map((it) => {
      const isDecided = it.part < 0 || deciding.get(it.step) === it;
      return entryOf(it, isDecided);
    });
  }

  /** Steps that have not run yet, each with the number 0: what every task that goes on waits for. */
  pending(): HistoryEntry[] {
    const scheduler = this.#steps.at(-1)?.step.scheduler;
    return (scheduler?.pending() ?? []).map((step) => entryOf(recorded(step, 0, 0), false));
  }

  /** A line a step: number, milliseconds, task, call, outcome; the last `countMax` of them. */
  text(countMax: number = Infinity): string {
    return this.entries().slice(countMax === Infinity ? 0 : -countMax).map((it) =>
      `${String(it.number).padStart(6)} ${(it.elapsedMicros / 1e3).toFixed(3).padStart(12)} ` +
      `${it.task.slice(0, 40).padEnd(40)} ${it.text}`
    ).join("\n");
  }
}

function recorded(step: Step, number: number, at: number): Recorded {
  return {
    step,
    number,
    at,
    task: step.task.name,
    part: step.part,
    cause: step.cause,
  };
}

function entryOf(it: Recorded, isDecided: boolean): HistoryEntry {
  const { step, part } = it;
  const about = subjectText(step.subject);
  const outcome = isDecided ? outcomeOf(step) : "";
  const hasFailed = isDecided && step.hasFailed;
  return {
    number: it.number,
    elapsedMicros: it.at,
    task: it.task,
    taskId: step.task.id,
    taskKey: step.task.key,
    key: keyOf(step, part),
    provenance: provenanceOf(step, part),
    actor: actorOf(step),
    containerId: step.owner instanceof Process ? step.owner.container?.containerId : undefined,
    part: part === 0 ? "call" : part < 0 ? "reply" : "then",
    verb: step.verb,
    arguments: about,
    outcome,
    hasFailed,
    cause: it.cause,
    text: prefixOf(part) + callText(step.verb, about) + outcomeText(outcome, hasFailed),
  };
}

function actorOf({ owner, task }: Step): Actor {
  if (owner instanceof Process) {
    if (owner.pid === 1) return "machine";
    return owner.isReaper ? "daemon" : "program";
  }
  return owner instanceof Machine || task.name === "interrupt" ? "machine" : "client";
}

/**
 * A step as scenarios match it and histories show it: verb and arguments; "then " before a later part
 * of a call that takes several steps, "reply " before a late answer.
 */
export function stepText(step: Step): string {
  return prefixOf(step.part) + callText(step.verb, subjectText(step.subject));
}

function prefixOf(part: number): string {
  return part === 0 ? "" : part < 0 ? "reply " : "then ";
}

function callText(verb: string, about: string): string {
  return about === "" ? verb : `${verb} ${about}`;
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

function outcomeText(outcome: string, hasFailed: boolean): string {
  if (outcome === "") return "";
  return hasFailed ? ` ✗ ${outcome}` : ` → ${outcome}`;
}

function outcomeOf({ outcome, hasFailed }: Step): string {
  if (hasFailed) return messageOf(outcome);
  switch (typeof outcome) {
    case "undefined":
    case "symbol":
    case "function":
      return "";
    case "object":
      if (outcome instanceof Uint8Array) return `${outcome.length} bytes`;
      return Array.isArray(outcome) ? `[${outcome.length}]` : "";
    default:
      return String(outcome).slice(0, OUTCOME_LENGTH_MAX);
  }
}

const OUTCOME_LENGTH_MAX = 80;
