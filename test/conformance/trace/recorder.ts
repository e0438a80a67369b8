import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import type { Watcher } from "../differential/bench.ts";
import type { Outcome, RecordedCall, TraceEntry } from "./trace.ts";

/** What the calls are named after that a call's result has. */
const MAKERS: Readonly<Record<string, string>> = {
  "processes.spawn": "child",
  "processes.open": "handle",
  "files.openFifo": "fifo",
  "files.watch": "watch",
};

/** Stands between a core and a kernel and writes down every call with its answer. */
export class Recorder implements Watcher {
  readonly entries: TraceEntry[] = [];
  #objectCount = 0;

  /** The kernel of a new life, watched. Clock and chance are not: they are no scheduling points. */
  watch(kernel: Kernel): Kernel {
    this.entries.push({ kind: "life" });
    return {
      name: kernel.name,
      machine: kernel.machine,
      clock: kernel.clock,
      random: kernel.random,
      processes: this.#watched(kernel.processes, "processes"),
      files: this.#watched(kernel.files, "files"),
      mounts: this.#watched(kernel.mounts, "mounts"),
      namespaces: this.#watched(kernel.namespaces, "namespaces"),
      cgroups: this.#watched(kernel.cgroups, "cgroups"),
      store: this.#watched(kernel.store, "store"),
    };
  }

  /** The client has waited until nothing moves. */
  atRest(): void {
    this.entries.push({ kind: "rest" });
  }

  #watched<T extends object>(target: T, name: string, object?: number): T {
    return new Proxy(target, {
      get: (_, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== "function") return member;
        return (...args: unknown[]): unknown => {
          if (key === Symbol.dispose && object !== undefined) {
            this.entries.push({ kind: "dispose", object });
          }
          const begun = this.entries.length;
          const result: unknown = Reflect.apply(member, target, args);
          if (typeof key === "symbol") return result;
          const call = { verb: `${name}.${key}`, object, args: withoutContext(args), begun };
          return this.#heard(call, result);
        };
      },
    });
  }

  #heard(call: Call, result: unknown): unknown {
    if (!(result instanceof Promise)) {
      this.#answered(call, { kind: "value", value: result }, undefined);
      return result;
    }
    return result.then(
      (value: unknown) => this.#made(call, value),
      (error: unknown) => {
        if (error instanceof KernelError) {
          this.#answered(call, { kind: "refused", errno: error.errno }, undefined);
        } else if (error instanceof RuntimeError) {
          this.#answered(call, { kind: "cancelled" }, undefined);
        }
        throw error;
      },
    );
  }

  #made(call: Call, value: unknown): unknown {
    const name = MAKERS[call.verb];
    if (name === undefined || typeof value !== "object" || value === null) {
      this.#answered(call, { kind: "value", value }, undefined);
      return value;
    }
    const made = ++this.#objectCount;
    this.#answered(call, { kind: "value", value: Reflect.get(value, "identity") }, made);
    return this.#watched(value, name, made);
  }

  #answered(call: Call, outcome: Outcome, made: number | undefined): void {
    this.entries.push({ kind: "call", ...call, outcome, made });
  }
}

type Call = Pick<RecordedCall, "verb" | "object" | "args" | "begun">;

function withoutContext(args: readonly unknown[]): readonly unknown[] {
  return args.filter((it) => !(it instanceof Context));
}
