import { messageOf, RuntimeError } from "../../../src/errors.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { Measured } from "../operations.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import type { OracleOptions } from "./oracle.ts";
import { hold, short } from "./violation.ts";

/** CPU time by container. */
type CpuTimes = ReadonlyMap<string, number>;

/**
 * I25: who asks for statistics gets them of what is there, and of nothing whose removal was answered. CPU time
 * never goes back, from one call to whoever comes after its answer. Refused are only those who have given up or
 * ask for what is not there; and where Linux fails, who asks for one thing.
 */
export class StatisticsTruth implements Checker {
  readonly #removed = new Set<string>();
  /** The most that was told of each so far. Replaced, so that who keeps it keeps what was told by then. */
  #told: CpuTimes = new Map();
  readonly #toldBefore = new Map<Call, CpuTimes>();

  constructor(readonly facts: Facts, readonly options: OracleOptions) {}

  called(call: Call): void {
    if (call.kind.endsWith("Stats")) this.#toldBefore.set(call, this.#told);
  }

  measured(call: Call, { sandboxes, containers }: Measured): void {
    const before = this.#toldBefore.get(call);
    const told = new Map(this.#told);
    for (const id of [...sandboxes, ...containers.map((it) => it.id)]) {
      hold(!this.#isRemoved(id), "I25", () => `${call.kind} knows ${short(id)}, which was removed`);
    }
    for (const { id, cpuMicros } of containers) {
      if (cpuMicros === undefined) continue;
      const least = before?.get(id) ?? 0;
      hold(
        cpuMicros >= least,
        "I25",
        () => `${short(id)} has used ${cpuMicros} µs of CPU, and had used ${least}`,
      );
      told.set(id, Math.max(cpuMicros, told.get(id) ?? 0));
    }
    this.#told = told;
  }

  answered(call: Call): void {
    const { kind, id } = call;
    if (kind === "RemoveContainer" || kind === "RemovePodSandbox") this.#removed.add(id);
    this.#toldBefore.delete(call);
  }

  refused(call: Call, error: unknown): void {
    if (!this.#toldBefore.delete(call)) return;
    const { kind, id, runtime } = call;
    hold(
      this.#mayFail(call, error),
      "I25",
      () => `${kind} ${short(id)} was refused: ${messageOf(error)}`,
    );
    if (!(error instanceof RuntimeError) || error.code !== "NOT_FOUND") return;
    const isThere = (kind === "ContainerStats" ? runtime.containers : runtime.sandboxes).get(id);
    hold(isThere === undefined, "I25", () => `${kind} does not find ${short(id)}, which is there`);
  }

  lost(call: Call): void {
    this.#toldBefore.delete(call);
  }

  #mayFail({ kind, context }: Call, error: unknown): boolean {
    const isOfOne = !kind.startsWith("List");
    if (error instanceof KernelError) return isOfOne && !this.options.isFaultless;
    if (!(error instanceof RuntimeError)) return false;
    return error.code === context.cause?.code || error.code === "UNAVAILABLE" ||
      isOfOne && error.code === "NOT_FOUND";
  }

  #isRemoved(id: string): boolean {
    const sandboxId = this.facts.containers.get(id)?.sandboxId;
    return this.#removed.has(id) || (sandboxId !== undefined && this.#removed.has(sandboxId));
  }
}
