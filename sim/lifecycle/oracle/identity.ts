import { isId } from "../../../src/registry/ids.ts";
import type { Process } from "../../world/process.ts";
import type { Call, Checker } from "./checker.ts";
import { isExecution } from "./exec_call.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/**
 * I15: a signal hits the process that it was meant for, and so does who enters namespaces, although pids
 * recycle. Of the daemon that means: its own helpers, and what belongs to a container that somebody
 * wants to end, or whose start, or life, has come to nothing. Of conmon and runc: what belongs to the
 * container whose id is on their command line.
 */
export class Identity implements Checker {
  /** Containers with a start that was refused, or cut off by a crash. */
  readonly #failedStarts = new Set<string>();
  #isRecovering = false;

  constructor(readonly facts: Facts) {}

  lifeBegan(): void {
    this.#isRecovering = true;
  }

  recovered(): void {
    this.#isRecovering = false;
  }

  refused({ kind, id }: Call): void {
    if (kind === "StartContainer") this.#failedStarts.add(id);
  }

  lost({ kind, id }: Call): void {
    if (kind === "StartContainer") this.#failedStarts.add(id);
  }

  signalled(target: Process, signal: number, sender: Process | undefined): void {
    // What the kernel sends is meant; and programs in containers may do as they like.
    if (sender === undefined || sender.container !== undefined || !target.isAlive) return;
    const owner = ownerOf(target);
    const why = sender.args[0] === "slipway"
      ? this.#whyNotOfDaemon(target, sender, owner)
      : this.#whyNotOfHelper(target, sender, owner);
    hold(why === undefined, "I15", () => {
      const who = `${sender.args.slice(0, 2).join(" ")} (${sender.pid})`;
      const whom = `${target.args.slice(0, 4).join(" ")} (${target.pid})`;
      return `${who} sent signal ${signal} to ${whom}: ${why}`;
    });
  }

  /**
   * The OCI runtime looks who has the pid of init, and opens /proc/PID/ns a moment later: who was born in
   * between is entered, and nobody but the runtime could know (RACES.md, W16).
   */
  enteredNamespaces(process: Process, target: Process): void {
    const runtime = process.parent;
    if (runtime !== undefined && target.startTime > runtime.startTime) return;
    const [own, other] = [process.container?.containerId, target.container?.containerId];
    hold(
      own === other,
      "I15",
      () => `${process.pid} of ${own && short(own)} entered ${target.pid} of ${other ?? "nobody"}`,
    );
  }

  #whyNotOfDaemon(target: Process, sender: Process, owner: string | undefined): string | undefined {
    if (owner === undefined) {
      const isOurs = isBelow(target, sender) || isLeftTransport(target, sender) ||
        isLeftForward(target, sender);
      return isOurs ? undefined : "it is a stranger's";
    }
    if (isUpdate(target)) return undefined;
    const status = this.facts.runtime?.containers.get(owner)?.status;
    if (status === undefined || this.facts.isEndAsked(owner)) return undefined;
    const calls = [...this.facts.calls].filter((it) => it.id === owner);
    if (status.state === "RUNNING") {
      const isExec = target.container?.role !== "init" &&
        calls.some(isExecution);
      const init = this.facts.machine.inits.get(owner);
      return isExec || init?.state !== "alive" ? undefined : "its container runs";
    }
    // A task that an earlier life has prepared is not the one that the start will find.
    const mayFail = status.state !== "CREATED" || this.#isRecovering ||
      target.startTime < sender.startTime ||
      this.#failedStarts.has(owner) || calls.some((it) => it.kind === "StartContainer");
    return mayFail ? undefined : "its container waits for its start";
  }

  #whyNotOfHelper(target: Process, sender: Process, owner: string | undefined): string | undefined {
    const id = sender.args.find(isId);
    if (id === undefined || id === owner) return undefined;
    return isBelow(target, sender) ? undefined : `it works for ${short(id)}`;
  }
}

/** Whose process it is: a container's or sandbox's own, or a helper's that works for one. */
function ownerOf(process: Process): string | undefined {
  return process.container?.containerId ?? process.args.find(isId);
}

/** Whether it is an OCI runtime that changes limits: the daemon's to end, this life's or an earlier one's. */
function isUpdate({ args, container }: Process): boolean {
  return container === undefined && args.includes("--root") && args.includes("update");
}

/** Whether it is a helper that moves an image, which an earlier life of the daemon has left. */
function isLeftTransport({ args, container, startTime }: Process, daemon: Process): boolean {
  return container === undefined && startTime < daemon.startTime &&
    args.some((it) => it.includes("/ingest/"));
}

/** Whether it forwards a port for an earlier life of the daemon. */
function isLeftForward({ args, startTime }: Process, daemon: Process): boolean {
  return startTime < daemon.startTime && args.some((it) => /^-lp.*\/sandboxes\//.test(it));
}

/** Whether a process was started by another, or by what that has started. */
function isBelow(process: Process, ancestor: Process): boolean {
  for (let at = process.parent; at !== undefined; at = at.parent) if (at === ancestor) return true;
  return false;
}
