import { START_ERROR, UNKNOWN_EXIT } from "../../../src/container/state.ts";
import type { ContainerRecord } from "../../../src/container/record.ts";
import type { SandboxRecord } from "../../../src/sandbox/record.ts";
import { isExec } from "../../../src/oci/conmon.ts";
import { isId } from "../../../src/registry/ids.ts";
import type { Machine } from "../../world/machine.ts";
import type { Process } from "../../world/process.ts";
import type { ContainerView, Lifecycle, SandboxView } from "../operations.ts";
import type { Call, Checker } from "./checker.ts";

/** Kinds of calls after which the containers of the object that they name are to end. */
const ENDS = /^(Stop|Remove)/;
const NOTHING: ReadonlySet<Process> = new Set();

/** What all checkers need to know, kept up to date with what happens. */
export class Facts implements Checker {
  /** The present life of the daemon, if there is one. */
  runtime: Lifecycle | undefined;
  /** Every container that was ever seen, over all lives. */
  readonly containers = new Map<string, ContainerRecord>();
  /** Every sandbox that was ever seen. */
  readonly sandboxes = new Map<string, SandboxRecord>();
  /** Calls that were made and not answered. */
  readonly calls = new Set<Call>();
  /** How often the machine has lost its power. */
  powerLossCount = 0;
  /** Containers and sandboxes whose conmon was killed by a fault, or hung. */
  readonly unsupervised = new Set<string>();
  /**
   * Whether a network plugin hung when its daemon was killed, or was slower later than a plugin may be:
   * nobody waits for it longer, and the address that it takes after that is nobody's.
   */
  hasAbandonedPlugin = false;
  readonly #hungPlugins = new Set<Process>();
  #lifeBeganMicros = 0;
  readonly #exited = new Set<string>();
  /** Containers whose conmon was ended with them. */
  readonly #endedTogether = new Set<string>();
  readonly #alive = new Map<string, Set<Process>>();
  readonly #endAsked = new Set<string>();
  readonly #removalAsked = new Set<string>();
  readonly #killAsked = new Set<string>();

  constructor(readonly machine: Machine) {}

  /** The living processes of a container: its init, what was executed in it, and their descendants. */
  alive(id: string): ReadonlySet<Process> {
    return this.#alive.get(id) ?? NOTHING;
  }

  /**
   * Whether host-local's files need no longer say the truth. It syncs nothing: after a power loss an
   * address that was given back may be taken, and the file that says by whom may be torn; and a plugin
   * that was abandoned takes one for nobody. That is the plugin's, and is left to its operator.
   */
  get mayKeepAddresses(): boolean {
    return this.powerLossCount > 0 || this.hasAbandonedPlugin;
  }

  /**
   * Those that are in the container: not who is on the way to be executed in it and finds nothing to
   * enter any more, as an exec that a crash has left to itself.
   */
  inside(id: string): readonly Process[] {
    return [...this.alive(id)].filter((it) => isInside(it) && !this.isStillborn(it));
  }

  /**
   * Where a fault has killed conmon, and its runtime with it, the init that was born a moment before is
   * nobody's child and in no group yet: nobody can find it, and it ends at its next read.
   */
  isStillborn({ container, cgroup, hasExecuted }: Process): boolean {
    return container?.role === "init" && !hasExecuted && cgroup === this.machine.cgroups.root &&
      this.unsupervised.has(container.containerId);
  }

  /** Whether any reader has seen a container EXITED. */
  hasExited(id: string): boolean {
    return this.#exited.has(id);
  }

  /** Whether conmon may not have passed on all that a container has printed. */
  isCutOff(id: string): boolean {
    return this.unsupervised.has(id) || this.#endedTogether.has(id);
  }

  /** Whether any client ever asked for an end of a container, or of its sandbox. */
  isEndAsked(id: string): boolean {
    if (this.#endAsked.has(id)) return true;
    const sandboxId = this.containers.get(id)?.sandboxId;
    return sandboxId !== undefined && this.#endAsked.has(sandboxId);
  }

  /** Whether any client ever asked for the removal of a container, of its sandbox, or of a sandbox. */
  isRemovalAsked(id: string): boolean {
    if (this.#removalAsked.has(id)) return true;
    const sandboxId = this.containers.get(id)?.sandboxId;
    return sandboxId !== undefined && this.#removalAsked.has(sandboxId);
  }

  /** Whether any client ever asked for an end of a container without any patience. */
  isKillAsked(id: string): boolean {
    if (this.#killAsked.has(id)) return true;
    const sandboxId = this.containers.get(id)?.sandboxId;
    return sandboxId !== undefined && this.#killAsked.has(sandboxId);
  }

  /** What lives of a container, for messages. */
  text(id: string): string {
    const alive = [...this.alive(id)];
    return alive.length === 0
      ? "nothing of it runs"
      : `of it run ${alive.map((it) => `${it.pid} (${it.args.join(" ")})`).join(", ")}`;
  }

  /** Elapsed virtual time, across reboots. */
  get nowMicros(): number {
    return this.machine.scheduler.clock.elapsedMicros;
  }

  joined(process: Process): void {
    const id = process.container?.containerId;
    if (id === undefined) return;
    let alive = this.#alive.get(id);
    if (alive === undefined) this.#alive.set(id, alive = new Set());
    alive.add(process);
  }

  died(process: Process): void {
    const id = process.container?.containerId;
    if (id !== undefined) this.#alive.get(id)?.delete(process);
  }

  signalled(target: Process, _signal: number, sender: Process | undefined): void {
    if (sender === undefined && isSupervisor(target)) this.hung(target);
  }

  hung(process: Process): void {
    const id = isSupervisor(process) ? process.args.find(isId) : undefined;
    if (id !== undefined) this.unsupervised.add(id);
    if (process.env["CNI_CONTAINERID"] === undefined) return;
    this.#hungPlugins.add(process);
    this.hasAbandonedPlugin ||= !isOfDaemon(process);
  }

  recovered({ config }: Lifecycle): void {
    if (this.nowMicros - this.#lifeBeganMicros < config.bounds.programMs * 1_000) return;
    this.hasAbandonedPlugin ||= this.machine.processes.all().some((it) =>
      it.isAlive && it.env["CNI_CONTAINERID"] !== undefined && !isOfDaemon(it)
    );
  }

  powerLost(): void {
    this.#alive.clear();
    this.powerLossCount++;
  }

  lifeBegan(runtime: Lifecycle): void {
    this.runtime = runtime;
    this.#lifeBeganMicros = this.nowMicros;
  }

  lifeEnded(): void {
    this.hasAbandonedPlugin ||= [...this.#hungPlugins].some((it) => it.isAlive);
    this.runtime = undefined;
  }

  appeared(container: ContainerView): void {
    this.containers.set(container.id, container.record);
  }

  exited({ id, status: { reason } }: ContainerView): void {
    this.#exited.add(id);
    // A start that failed takes back what it can, and nobody knows what became of an unknown end.
    const isTogether = reason === START_ERROR.reason || reason === UNKNOWN_EXIT.reason;
    if (isTogether) this.#endedTogether.add(id);
  }

  sandboxAppeared(sandbox: SandboxView): void {
    this.sandboxes.set(sandbox.id, sandbox.record);
  }

  called(call: Call): void {
    this.calls.add(call);
    if (ENDS.test(call.kind)) this.#endAsked.add(call.id);
    if (call.kind.startsWith("Remove")) this.#removalAsked.add(call.id);
    if (ENDS.test(call.kind) && call.gracePeriodMs === 0) this.#killAsked.add(call.id);
  }

  answered(call: Call): void {
    this.calls.delete(call);
  }

  refused(call: Call): void {
    this.calls.delete(call);
  }

  lost(call: Call): void {
    this.calls.delete(call);
  }
}

/** Whether the daemon that started a process lives. */
function isOfDaemon(process: Process): boolean {
  let at = process.parent;
  while (at !== undefined && at.args[0] !== "slipway") at = at.parent;
  return at !== undefined;
}

/** Whether it is the conmon above a container, and not one that executes a command in it. */
export function isSupervisor({ args }: Process): boolean {
  return args[0] === "conmon" && !isExec(args);
}

/** Whether a process is in its container: its init, or what was executed in it. */
export function isInside(process: Process): boolean {
  return process.container?.role === "init" || process.hasExecuted;
}
