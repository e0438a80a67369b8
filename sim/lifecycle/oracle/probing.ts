import { RuntimeError } from "../../../src/errors.ts";
import { SIGKILL } from "../../../src/kernel/processes.ts";
import { SILENT, type Telemetry } from "../../../src/telemetry.ts";
import type { Step } from "../../step.ts";
import type { Process } from "../../world/process.ts";
import type { ContainerStatus } from "../../../src/container/state.ts";
import { SIM_IMAGE } from "../configs.ts";
import { GONE } from "../ending.ts";
import type { ContainerView, Lifecycle } from "../operations.ts";
import type { HookCall } from "../plugin.ts";
import type { ProbeName } from "../probes.ts";
import type { Received } from "../terminal_client.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";

/** What the core logs on branches that are rare. */
const LOGGED: Readonly<Record<string, ProbeName>> = {
  "start failed": "a start fails",
  "rollback of a failed start goes on in the background": "a rollback fails",
  "cannot end container yet": "an end is tried again",
  "cannot bring an object where it belongs yet": "an object is tried again",
  "container has ended, and cannot be settled yet": "an exit waits",
  "a removal that was begun cannot be completed yet": "a removal is gone on with",
  "rollback of a sandbox failed: it stays, not ready": "a sandbox cannot be undone",
  "a half-made sandbox stays, not ready": "a sandbox cannot be undone",
};

/** Two calls that meet: the kind that is under way, the kind that comes, on one container or its pod. */
const MEETINGS: readonly (readonly [Call["kind"], Call["kind"], ProbeName])[] = [
  ["RemoveContainer", "RemoveContainer", "removals join"],
  ["RemovePodSandbox", "RemovePodSandbox", "removals join"],
  ["StartContainer", "StopContainer", "a stop meets a start"],
  ["StartContainer", "RemoveContainer", "a removal meets a start"],
  ["StartContainer", "StartContainer", "two starts meet"],
  ["StartContainer", "StopPodSandbox", "a sandbox stops under a start"],
  ["StartContainer", "RemovePodSandbox", "a sandbox stops under a start"],
  ["StartContainer", "UpdateContainerResources", "an update meets a start"],
  ["UpdateContainerResources", "StartContainer", "an update meets a start"],
  ["UpdateContainerResources", "StopContainer", "an end meets an update"],
  ["UpdateContainerResources", "RemoveContainer", "an end meets an update"],
  ["UpdateContainerResources", "StopPodSandbox", "an end meets an update"],
  ["UpdateContainerResources", "UpdateContainerResources", "two updates meet"],
  ["CreateContainer", "StopPodSandbox", "a sandbox stops under a creation"],
  ["CreateContainer", "RemovePodSandbox", "a sandbox stops under a creation"],
  ["PortForward", "StopPodSandbox", "a sandbox stops under a forward"],
  ["PortForward", "RemovePodSandbox", "a sandbox stops under a forward"],
  ["CreateContainer", "RemoveImage", "an image goes under a creation"],
];

const GIVEN_UP: Readonly<Partial<Record<Call["kind"], ProbeName>>> = {
  StartContainer: "a client gives up a start",
  StopContainer: "a client gives up a stop",
  RemoveContainer: "a client gives up a removal",
};

const KILLED_DURING: Readonly<Partial<Record<Call["kind"], ProbeName>>> = {
  RunPodSandbox: "killed while a sandbox is made",
  CreateContainer: "killed while a container is created",
  PortForward: "killed while a port is forwarded",
};

/** Writes down which probes a run has reached. It finds nothing wrong. */
export class Probing implements Checker {
  readonly reached = new Set<ProbeName>();
  /** For the life of the daemon: what it logs. */
  readonly telemetry: Telemetry;
  readonly #pids = new Set<number>();
  readonly #signalled = new Set<string>();
  #isRecovering = false;

  constructor(readonly facts: Facts) {
    const log = (message: string) => this.#reach(LOGGED[message]);
    this.telemetry = { ...SILENT, log: (_, message) => log(message) };
  }

  lifeBegan(): void {
    this.#isRecovering = true;
  }

  recovered(): void {
    this.#isRecovering = false;
  }

  stopped(): void {
    this.#reach("a daemon ends in order");
  }

  lifeEnded(runtime: Lifecycle): void {
    if (this.#isRecovering) this.#reach("killed in its recovery");
    for (const { status } of runtime.containers.values()) {
      if (status.resourcesIntended !== undefined) this.#reach("killed in an update");
      if (status.isRemoving) this.#reach("killed in a removal");
      if (status.state === "CREATED" && status.startIntentAt !== 0) {
        this.#reach("killed between intent and start");
      }
    }
  }

  powerLost(): void {
    this.#pids.clear();
    for (const { id } of this.facts.containers.values()) {
      if (this.facts.machine.inits.get(id)?.exitStatus === undefined) {
        this.#reach("power lost while programs run");
      }
    }
  }

  changed({ status }: ContainerView, before: ContainerStatus): void {
    if (status.state === before.state) return;
    if (status.state === "UNKNOWN") this.#reach("UNKNOWN is seen");
    if (status.state === "RUNNING" && this.#isRecovering) {
      this.#reach("a restart finds a start done");
    }
  }

  exited({ status: { reason, message } }: ContainerView): void {
    if (reason === "Unknown") this.#reach("ended as unknown");
    if (reason === "OOMKilled") this.#reach("ended for memory");
    if (message.startsWith("start was interrupted by a restart")) {
      this.#reach("a start is taken back by a restart");
    }
  }

  called(call: Call): void {
    for (const other of this.facts.calls) {
      if (other === call) continue;
      for (const [underWay, comes, name] of MEETINGS) {
        const isMeeting = other.kind === underWay && call.kind === comes;
        if (isMeeting && this.#isAbout(other.id, call.id)) this.#reach(name);
      }
    }
  }

  refused({ kind, id, runtime, context }: Call, error: unknown): void {
    if (!(error instanceof RuntimeError)) return;
    if (context.cause === GONE) this.#reach("a call is cut off by an end");
    if (context.cause?.code === "DEADLINE_EXCEEDED") this.#reach("a deadline passes");
    if (kind === "UpdateContainerResources" && error.message.includes("failed to write")) {
      this.#reach("an update is refused by Linux");
    }
    if (error.code === "ALREADY_EXISTS") this.#reach("a name is taken");
    if (error.code === "CANCELLED" && context.cause !== GONE) this.#reach(GIVEN_UP[kind]);
    const isOver = runtime.containers.get(id)?.status.state === "EXITED";
    if (kind === "ExecSync" && isOver) this.#reach("an exec is cut off");
    const isStalled = error.message.startsWith("output to an attached client");
    if (kind === "Attach" && isStalled) this.#reach("a listener is cut off");
  }

  received({ kind }: Call, { stdout }: Received, isDone: boolean): void {
    if (!isDone || stdout.length === 0) return;
    if (kind === "Exec") this.#reach("a command is heard to its end");
    if (kind === "Attach") this.#reach("a container is heard to its end");
  }

  answered({ kind, id, runtime }: Call): void {
    if (kind === "RemoveImage") this.#imageGone(runtime);
    if (kind === "ReopenContainerLog" && this.facts.containers.has(id)) {
      this.#reach("a log is rotated");
    }
    const init = this.facts.machine.inits.get(id);
    const isPrepared = init?.state === "alive" && !init.hasExecuted;
    if (kind === "UpdateContainerResources" && isPrepared) {
      this.#reach("a prepared task is updated");
    }
    if (kind === "StartContainer" && init?.exitStatus !== undefined) {
      this.#reach("a program ends before its start is answered");
    }
    if (kind === "RemoveContainer" && init !== undefined && !init.hasExecuted) {
      this.#reach("a prepared task is abandoned");
    }
  }

  lost({ kind }: Call): void {
    this.#reach(KILLED_DURING[kind]);
  }

  joined({ pid }: Process): void {
    if (this.#pids.has(pid)) this.#reach("a pid comes again");
    this.#pids.add(pid);
  }

  executed({ container }: Process): void {
    if (container?.role === "exec") this.#reach("an exec is executed");
  }

  died(process: Process): void {
    const { container } = process;
    if (container?.role === "init" && !process.hasExecuted && process.args[1] === "init") {
      this.#reach("init dies before its program");
    }
  }

  signalled(target: Process, signal: number, sender: Process | undefined): void {
    const id = target.container?.containerId;
    if (id !== undefined && sender?.args[0] === "slipway") {
      if (signal !== SIGKILL) this.#signalled.add(id);
      else if (this.#signalled.has(id)) this.#reach("a program outlives its grace period");
    }
    if (target.args[0] === "conmon" && sender === undefined) this.#reach("a conmon is killed");
  }

  oomKilled(victim: Process): void {
    const id = victim.container?.containerId;
    if (id !== undefined && this.facts.machine.inits.get(id) !== victim) {
      this.#reach("a child is killed for memory");
    }
  }

  hung(): void {
    this.#reach("a program hangs");
  }

  hookEnded({ hook, context }: HookCall, isAgreed: boolean): void {
    if (isAgreed) return;
    if (context.cause !== undefined) this.#reach("a plugin is given up");
    else if (hook === "startContainer") this.#reach("a plugin refuses a start");
  }

  afterStep({ verb, outcome }: Step): void {
    if (verb === "fifo.tryRead" && outcome instanceof Uint8Array && outcome.length > 0) {
      this.#reach("the fifo is asked once more");
    }
  }

  #imageGone({ containers }: Lifecycle): void {
    for (const { id } of containers.values()) {
      this.#reach("an image goes under a container");
      const init = this.facts.machine.inits.get(id);
      if (init?.state === "alive" && !init.hasExecuted) {
        this.#reach("a prepared task outlives its image");
      }
    }
  }

  /** Whether two calls are about the same object, or one about the pod or the image of the other's. */
  #isAbout(one: string, other: string): boolean {
    return one === other || other === SIM_IMAGE ||
      this.facts.containers.get(one)?.sandboxId === other;
  }

  #reach(name: ProbeName | undefined): void {
    if (name !== undefined) this.reached.add(name);
  }
}
