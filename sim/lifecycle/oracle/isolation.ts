import { isId } from "../../../src/registry/ids.ts";
import { SIM_IMAGE } from "../configs.ts";
import type { Process } from "../../world/process.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/** What a call may take whose object has nothing to do with what hangs, besides its grace period. */
const CALL_MS_MAX = 20_000;

/** What fetches an image: it may hang as long as a pull may take, for whoever wants that image. */
const PULLERS: ReadonlySet<string | undefined> = new Set(["skopeo", "tar"]);

/** Programs take as long as they like, and so do clients; and what a new pod needs is nobody's yet. */
const AS_LONG_AS_IT_TAKES: ReadonlySet<Call["kind"]> = new Set([
  "Attach",
  "Exec",
  "ExecSync",
  "PortForward",
  "RunPodSandbox",
]);

/**
 * I13: nobody waits for a stranger. Where programs hang and nothing else is wrong, a call on an object
 * for which none does, nor for its pod, is answered within a stated time. What pods have together is
 * their network, where plugins wait for each other.
 */
export class Isolation implements Checker {
  /** Objects for which something hangs. */
  readonly #stuck = new Set<string>();
  /** Whether a plugin hangs with the lock of its network, for which all others wait (man 2 flock). */
  #isNetworkStuck = false;

  constructor(readonly facts: Facts) {}

  hung(process: Process): void {
    this.#isNetworkStuck ||= [...process.files.values()].some((it) => it.lock !== undefined);
    const id = process.container?.containerId ?? process.args.find(isId) ??
      process.env["CNI_CONTAINERID"] ?? (PULLERS.has(process.args[0]) ? SIM_IMAGE : undefined);
    if (id === undefined) return;
    this.#stuck.add(id);
    const sandboxId = this.facts.containers.get(id)?.sandboxId;
    if (sandboxId !== undefined) this.#stuck.add(sandboxId);
  }

  answered(call: Call): void {
    this.#check(call);
  }

  refused(call: Call): void {
    this.#check(call);
  }

  #check({ kind, id, beganMicros, gracePeriodMs }: Call): void {
    if (AS_LONG_AS_IT_TAKES.has(kind)) return;
    if (this.#isNetworkStuck && kind.endsWith("PodSandbox")) return;
    if (this.#stuck.size === 0 || this.#isStuck(id)) return;
    const tookMs = (this.facts.nowMicros - beganMicros) / 1_000;
    hold(
      tookMs <= CALL_MS_MAX + gracePeriodMs,
      "I13",
      () =>
        `${kind} ${short(id)} took ${tookMs.toFixed(0)} ms while programs of ` +
        `${[...this.#stuck].map(short).join(", ")} hung`,
    );
  }

  #isStuck(id: string): boolean {
    const sandboxId = this.facts.containers.get(id)?.sandboxId;
    return this.#stuck.has(id) || (sandboxId !== undefined && this.#stuck.has(sandboxId));
  }
}
