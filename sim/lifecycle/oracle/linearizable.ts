import { checkLinearizable, type ObservedOperation } from "../../linearizability.ts";
import type { ContainerView, Lifecycle } from "../operations.ts";
import {
  type RegisterInput,
  type RegisterOutput,
  type RegisterState,
  STATUS_REGISTER,
} from "../status_register.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

type Operation = ObservedOperation<RegisterInput, RegisterOutput>;

/** What a call does to each container that it is about. */
const INPUTS: Readonly<Partial<Record<Call["kind"], RegisterInput>>> = {
  StartContainer: "start",
  StopContainer: "stop",
  StopPodSandbox: "stop pod",
  RemoveContainer: "remove",
  RemovePodSandbox: "remove",
};

/**
 * The status of each container is linearizable: there is one order of the starts, stops, removals and
 * reads of all clients in which each sees what those before it have left, and whoever was answered
 * before another was called comes first. Clients read after every answer, and after each change.
 */
export class Linearizable implements Checker {
  readonly #operations = new Map<string, Operation[]>();
  readonly #open = new Map<Call, number>();
  readonly #read = new Map<string, RegisterState>();
  /** Of sandboxes: what may be done later, to containers too that nobody had seen when it was asked for. */
  readonly #goingOn = new Map<string, Operation[]>();
  /** Counts calls and answers. */
  #time = 0;

  constructor(readonly facts: Facts) {}

  called(call: Call): void {
    this.#open.set(call, ++this.#time);
  }

  answered(call: Call): void {
    this.#close(call, "ok");
    this.#readAll(call.runtime);
  }

  refused(call: Call): void {
    this.#close(call, undefined);
    this.#readAll(call.runtime);
  }

  lost(call: Call): void {
    this.#close(call, undefined);
  }

  appeared({ id, sandboxId, status }: ContainerView, isLoaded: boolean): void {
    if (!this.#operations.has(id)) {
      for (const operation of this.#goingOn.get(sandboxId) ?? []) this.#push(id, operation);
      // Made by a call that a crash cut off: nobody has seen it before.
      if (isLoaded) this.#crash(id);
    }
    this.#readOne(id, status.state);
  }

  changed({ id, status }: ContainerView): void {
    this.#readOne(id, status.state);
  }

  lifeEnded(): void {
    // A crash is done some time later: by the recovery.
    for (const id of this.#read.keys()) this.#crash(id);
  }

  atRest(runtime: Lifecycle): void {
    this.#readAll(runtime);
    for (const [id, operations] of this.#operations) {
      const verdict = checkLinearizable(STATUS_REGISTER, operations);
      hold(verdict.isLinearizable, "register", () => {
        const text = (list: readonly Operation[]) => list.map(textOf).join(", ");
        const prefix = verdict.isLinearizable ? [] : verdict.prefix;
        return `container ${short(id)}: ${text(operations)}; in order at most ${text(prefix)}`;
      });
    }
  }

  #crash(id: string): void {
    this.#push(id, { input: "crash", output: undefined, began: ++this.#time, ended: Infinity });
  }

  #close(call: Call, output: "ok" | undefined): void {
    const began = this.#open.get(call);
    this.#open.delete(call);
    const input = INPUTS[call.kind];
    if (input === undefined || began === undefined) return;
    const ended = output === undefined ? Infinity : ++this.#time;
    const operation = { input, output, began, ended };
    for (const id of this.#containersOf(call)) this.#push(id, operation);
    if (output !== undefined || !call.kind.endsWith("Sandbox")) return;
    this.#goingOn.set(call.id, [...this.#goingOn.get(call.id) ?? [], operation]);
  }

  #containersOf({ kind, id }: Call): readonly string[] {
    const { containers } = this.facts;
    if (kind.endsWith("Container")) return containers.has(id) ? [id] : [];
    return [...containers.values()].filter((it) => it.sandboxId === id).map((it) => it.id);
  }

  #readAll(runtime: Lifecycle): void {
    if (runtime !== this.facts.runtime) return;
    for (const id of this.facts.containers.keys()) {
      this.#readOne(id, runtime.containers.get(id)?.status.state ?? "absent");
    }
  }

  #readOne(id: string, state: RegisterState): void {
    if (this.#read.get(id) === state && this.#last(id)?.input === "read") return;
    this.#read.set(id, state);
    const now = ++this.#time;
    this.#push(id, { input: "read", output: state, began: now, ended: now });
  }

  #last(id: string): Operation | undefined {
    return this.#operations.get(id)?.at(-1);
  }

  #push(id: string, operation: Operation): void {
    let operations = this.#operations.get(id);
    if (operations === undefined) this.#operations.set(id, operations = []);
    operations.push(operation);
  }
}

function textOf({ input, output, began, ended }: Operation): string {
  const answer = input === "read" ? ` ${output}` : output === undefined ? " ?" : "";
  return `${input}${answer} (${began}-${ended})`;
}
