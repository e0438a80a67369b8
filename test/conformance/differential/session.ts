import { join } from "@std/path";
import { DEFAULT_CONTAINER, DEFAULT_SECURITY, NO_LIMITS } from "../../../src/container/config.ts";
import type { ContainerConfig } from "../../../src/container/config.ts";
import { createContainer } from "../../../src/container/create.ts";
import { execSync } from "../../../src/container/exec.ts";
import { execStreamed } from "../../../src/container/exec_streamed.ts";
import { reopenContainerLog } from "../../../src/container/logs.ts";
import { removeContainer } from "../../../src/container/remove.ts";
import { startContainer } from "../../../src/container/start.ts";
import { stopContainer } from "../../../src/container/stop.ts";
import { updateContainerResources } from "../../../src/container/update.ts";
import type { LifecycleEvent } from "../../../src/events.ts";
import { Context } from "../../../src/kernel/context.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { DEFAULT_SANDBOX, type SandboxConfig } from "../../../src/sandbox/config.ts";
import { removePodSandbox } from "../../../src/sandbox/remove.ts";
import { runPodSandbox } from "../../../src/sandbox/run.ts";
import { stopPodSandbox } from "../../../src/sandbox/stop.ts";
import { ReceivedText } from "../../unit/client_streams.ts";
import { textOf } from "../../../src/utf8.ts";
import { type Bench, IMAGE } from "./bench.ts";
import type { Names } from "./names.ts";
import type { Place, Program, Step } from "./program.ts";
import { comesToRest, killed, prepared, timesSaid } from "./rest.ts";
import { COMMANDS, UPDATES, type Workload, WORKLOADS } from "./workloads.ts";

/** An id that no object has. */
const NO_ID = "0".repeat(64);
/** So long that a program which ends on its stop signal never uses it up, and so short that waiting for it costs little. */
const GRACE = { longMs: 30_000, shortMs: 40 };

/** One client that takes the steps of a program, and waits after each until nothing moves any more. */
export class Session {
  readonly events: LifecycleEvent[] = [];
  readonly #ids = new Map<string, string>();
  readonly #workloads = new Map<string, Workload>();
  #runtime: Runtime | undefined;

  constructor(readonly bench: Bench, readonly program: Program, readonly names: Names) {}

  /** The present life of the daemon. */
  get runtime(): Runtime {
    if (this.#runtime === undefined) throw new Error("no daemon lives");
    return this.#runtime;
  }

  /** Starts a life of the daemon, the next one if there was one. */
  async boot(): Promise<void> {
    if (this.#runtime !== undefined) await this.bench.endLife();
    this.#runtime = await this.bench.boot(
      this.program.prepare,
      (event) => this.events.push(event),
    );
  }

  /**
   * Takes a step.
   *
   * @returns what the client is told, beside that it went well
   * @throws what the client is told that it went wrong.
   */
  async take(step: Step): Promise<string> {
    try {
      return await this.#request(step);
    } finally {
      await prepared(this);
      this.bench.atRest();
    }
  }

  /** Where a sandbox's containers log. */
  logDirectory(sandbox: number): string {
    return join(this.bench.config.root, "..", "logs", `s${sandbox}`);
  }

  /** With all that its client hears, who has nothing to say and gives up when its time is over. */
  async #exec(
    { place, command: name, tty }: Extract<Step, { readonly kind: "Exec" }>,
    context: Context,
  ): Promise<string> {
    const { runtime } = this;
    const [command, timeoutMs] = COMMANDS[name] ?? [[], 0];
    const [stdout, stderr] = [new ReceivedText(), new ReceivedText()];
    const streams = {
      stdin: undefined,
      stdout,
      stderr: tty ? undefined : stderr,
      sizes: undefined,
    };
    using bounded = timeoutMs === 0
      ? context.child()
      : context.within(this.bench.kernel.clock, timeoutMs, "patience of the client");
    const request = { containerId: this.#id(place), command, tty };
    const exitCode = await execStreamed(runtime, request, streams, bounded);
    // A terminal puts a carriage return before each newline (man 3 termios, ONLCR).
    const texts = [stdout, stderr].map((it) => it.text.replaceAll("\r", ""));
    return `${exitCode} ${JSON.stringify(texts)}`;
  }

  async #request(step: Step): Promise<string> {
    const { runtime } = this;
    const context = Context.background();
    switch (step.kind) {
      case "RunPodSandbox": {
        const id = await runPodSandbox(runtime, this.#sandboxConfig(step), "", context);
        this.#ids.set(keyOf(step.sandbox), id);
        return this.names.sandbox(id);
      }
      case "StopPodSandbox":
        await stopPodSandbox(runtime, this.#id(step.sandbox), context);
        return "";
      case "RemovePodSandbox":
        await removePodSandbox(runtime, this.#id(step.sandbox), context);
        return "";
      case "CreateContainer": {
        const { place, workload } = step;
        const config = containerConfig(place, workloadOf(workload));
        const sandboxId = this.#id(place.sandbox);
        const id = await createContainer(
          runtime,
          sandboxId,
          withPodsPids(config, runtime, sandboxId),
          context,
        );
        this.#ids.set(keyOf(place), id);
        this.#workloads.set(id, workloadOf(workload));
        return this.names.container(id);
      }
      case "StartContainer": {
        const id = this.#id(step.place);
        const rest = this.#workloads.get(id)?.rest;
        const timesBefore = await timesSaid(this, id, rest);
        await startContainer(runtime, id, context);
        await comesToRest(this, id, rest, timesBefore);
        return "";
      }
      case "StopContainer": {
        const id = this.#id(step.place);
        const endsOnTerm = this.#workloads.get(id)?.endsOnTerm ?? false;
        const graceMs = endsOnTerm ? GRACE.longMs : GRACE.shortMs;
        await stopContainer(runtime, id, step.hasGrace ? graceMs : 0, context);
        return "";
      }
      case "RemoveContainer":
        await removeContainer(runtime, this.#id(step.place), context);
        return "";
      case "ContainerStatus":
        return this.names.text(runtime.containers.find(this.#id(step.place)).id);
      case "ExecSync": {
        const [command, timeoutMs] = COMMANDS[step.command] ?? [[], 0];
        const id = this.#id(step.place);
        const { stdout, stderr, exitCode } = await execSync(
          runtime,
          id,
          command,
          timeoutMs,
          context,
        );
        return `${exitCode} ${JSON.stringify([textOf(stdout), textOf(stderr)])}`;
      }
      case "Exec":
        return await this.#exec(step, context);
      case "UpdateContainerResources": {
        const resources = { ...NO_LIMITS, ...UPDATES[step.update] };
        await updateContainerResources(runtime, this.#id(step.place), resources, context);
        return "";
      }
      case "ReopenContainerLog": {
        const id = this.#id(step.place);
        await this.#rotateLog(id);
        await reopenContainerLog(runtime, id, context);
        return "";
      }
      case "Kill":
        return await killed(this, this.#id(step.place), step.victim);
      case "Restart":
        await this.boot();
        return "";
    }
  }

  #id(of: number | Place): string {
    return this.#ids.get(keyOf(of)) ?? NO_ID;
  }

  /** As the kubelet does before it asks for a new log. */
  async #rotateLog(id: string): Promise<void> {
    const { kernel, containers } = this.runtime;
    const logPath = containers.get(id)?.record.logPath;
    if (logPath === undefined || await kernel.files.stat(logPath) === undefined) return;
    await kernel.files.rename(logPath, `${logPath}.1`);
  }

  #sandboxConfig(step: Extract<Step, { kind: "RunPodSandbox" }>): SandboxConfig {
    const name = `pod${step.sandbox}`;
    return {
      ...DEFAULT_SANDBOX,
      metadata: { name, namespace: "default", uid: "uid", attempt: 0 },
      hostname: name,
      logDirectory: this.logDirectory(step.sandbox),
      namespaces: {
        network: step.hasNetwork ? "POD" : "NODE",
        pid: step.sharesPids ? "POD" : "CONTAINER",
        ipc: "POD",
      },
    };
  }
}

function workloadOf(name: string): Workload {
  const workload = WORKLOADS[name];
  if (workload === undefined) throw new Error(`no workload ${name}`);
  return workload;
}

function containerConfig({ container }: Place, workload: Workload): ContainerConfig {
  const name = `c${container}`;
  return {
    ...DEFAULT_CONTAINER,
    metadata: { name, attempt: 0 },
    image: { image: IMAGE, annotations: {}, userSpecifiedImage: "", runtimeHandler: "" },
    command: workload.command,
    envs: Object.entries(workload.env ?? {}).map(([key, value]) => ({ key, value })),
    workingDir: workload.workingDir ?? "",
    logPath: `${name}.log`,
    security: { ...DEFAULT_SECURITY, runAsUsername: workload.user ?? "" },
  };
}

/** A container shares the PIDs of a pod that has them to share. */
function withPodsPids(
  config: ContainerConfig,
  runtime: Runtime,
  sandboxId: string,
): ContainerConfig {
  const pid = runtime.sandboxes.get(sandboxId)?.record.config.namespaces.pid;
  if (pid !== "POD") return config;
  const namespaces = { ...config.security.namespaces, pid };
  return { ...config, security: { ...config.security, namespaces } };
}

function keyOf(of: number | Place): string {
  return typeof of === "number" ? `${of}` : `${of.sandbox}/${of.container}`;
}
