import { assertEquals, assertExists } from "@std/assert";
import { Context } from "../../src/kernel/context.ts";
import { containerConfig, sandboxConfig } from "../../sim/lifecycle/configs.ts";
import { core } from "../../sim/lifecycle/core.ts";
import type { ContainerView, Lifecycle, Operations } from "../../sim/lifecycle/operations.ts";
import { seedImage } from "../../sim/lifecycle/run.ts";
import {
  type CallFault,
  type Daemon,
  type Hold,
  inMacrotask,
  type Process,
  Sequential,
  type SimTask,
  Simulation,
  type What,
} from "../../sim/mod.ts";
import { reference } from "./operations.ts";

/** What a client sees in the end of one and the same script, by whom it was played. */
export interface Shown {
  readonly reference: string;
  readonly core: string;
}

/** A call that Linux refuses while the stage's faults are on; always then. */
export type Fault = Omit<CallFault, "probability">;

/**
 * One interleaving, played by any implementation of the lifecycle. Where the script does not say who
 * goes on, a task runs as long as it can.
 */
export class Stage {
  readonly simulation: Simulation;
  #daemon: Daemon<Lifecycle>;

  constructor(readonly operations: Operations, fault: Fault | undefined) {
    this.simulation = new Simulation({
      seed: 1,
      chooser: new Sequential(),
      history: true,
      ...(fault === undefined ? {} : { faults: { calls: [{ ...fault, probability: 1 }] } }),
    });
    this.simulation.faults.isOn = false;
    seedImage(this.simulation);
    this.#daemon = this.#boot();
  }

  get lifecycle(): Lifecycle {
    return this.#daemon.boot.value;
  }

  async ready(): Promise<void> {
    await this.#daemon.boot.promise;
  }

  /** Whether the daemon came up after the last restart. */
  get isUp(): boolean {
    return this.#daemon.boot.state === "fulfilled";
  }

  /** SIGKILL of the daemon, and a new life, up or not. */
  async restart(meanwhile: () => void = () => {}): Promise<void> {
    this.#daemon.crash();
    meanwhile();
    this.#daemon = this.#boot();
    await this.#daemon.boot.settled;
  }

  /** Does something while Linux refuses what the script's fault says. */
  async failing(work: () => Promise<void>): Promise<void> {
    this.simulation.faults.isOn = true;
    await work();
    this.simulation.faults.isOn = false;
  }

  run(): SimTask<string> {
    const pod = { kind: "RunPodSandbox", sandbox: 0, hasNetwork: true, sharesPids: false } as const;
    return this.#call("run", (it) => it.runPodSandbox(sandboxConfig(pod, 0), new Context()));
  }

  stopSandbox(id: string): SimTask<void> {
    return this.#call("stop sandbox", (it) => it.stopPodSandbox(id, new Context()));
  }

  removeSandbox(id: string): SimTask<void> {
    return this.#call("remove sandbox", (it) => it.removePodSandbox(id, new Context()));
  }

  create(sandboxId: string, ...command: readonly string[]): SimTask<string> {
    const place = { sandbox: 0, container: 0 } as const;
    const request = { kind: "CreateContainer", place, command, sharesPids: false } as const;
    return this.#call(
      "create",
      (it) => it.createContainer(sandboxId, containerConfig(request, 0), new Context()),
    );
  }

  /** A container in a sandbox of its own, created and not started. */
  async created(...command: readonly string[]): Promise<ContainerView> {
    const id = await this.create(await this.run().promise, ...command).promise;
    return this.container(id);
  }

  /** A container in a sandbox of its own that runs. */
  async running(...command: readonly string[]): Promise<ContainerView> {
    const container = await this.created(...command);
    await this.start(container).promise;
    return container;
  }

  start({ id }: ContainerView, context: Context = new Context()): SimTask<void> {
    return this.#call("start", (it) => it.startContainer(id, context));
  }

  stop({ id }: ContainerView, graceMs = 0): SimTask<void> {
    return this.#call("stop", (it) => it.stopContainer(id, graceMs, new Context()));
  }

  remove({ id }: ContainerView): SimTask<void> {
    return this.#call("remove", (it) => it.removeContainer(id, new Context()));
  }

  /** The container as the present life of the daemon has it. */
  container(id: string): ContainerView {
    const container = this.lifecycle.containers.get(id);
    assertExists(container);
    return container;
  }

  /** The processes of a container, the OCI runtime's init among them. */
  processes({ id }: ContainerView): Process[] {
    return this.simulation.machine.processesOf(id);
  }

  kill(...processes: readonly Process[]): void {
    for (const process of processes) this.simulation.machine.processes.signal(process, 9);
  }

  /** The monitor of a container. */
  conmon({ id }: ContainerView): Process {
    const found = this.simulation.machine.processes.all()
      .find((it) => it.args[0]?.endsWith("conmon") && it.args.includes(id));
    assertExists(found);
    return found;
  }

  /** Holds what a call, or what it has begun, does next; undefined when it does no such thing any more. */
  async next(call: SimTask<unknown>, what: What): Promise<Hold | undefined> {
    return await this.simulation.until(call, what).catch(() => undefined);
  }

  /** A container in words: its state, as every reader gets it, and what the machine knows. */
  seen({ id }: ContainerView): string {
    const container = this.lifecycle.containers.get(id);
    const { machine } = this.simulation;
    const alive = machine.processesOf(id).length;
    const truth = `${alive} processes, executed ${machine.startCount(id)} times`;
    if (container === undefined) return `gone, ${truth}`;
    const { state, exitCode, reason } = container.status;
    const end = state === "EXITED" ? ` ${exitCode}${reason === "" ? "" : ` ${reason}`}` : "";
    return `${state}${end}, ${truth}`;
  }

  /** Whether a file, or a folder, is there. */
  exists(path: string): boolean {
    return this.simulation.machine.tree.find(path) !== undefined;
  }

  /** What the daemon's database still says of an id. */
  records(id: string): string[] {
    return this.simulation.machine.store.records().filter((it) => it.id === id)
      .map((it) => it.table);
  }

  #call<T>(name: string, operation: (lifecycle: Lifecycle) => Promise<T>): SimTask<T> {
    return this.#daemon.spawn(name, () => operation(this.lifecycle));
  }

  #boot(): Daemon<Lifecycle> {
    const daemon: Daemon<Lifecycle> = this.simulation.bootDaemon(async (kernel) => {
      const lifecycle = await this.operations(kernel, {
        prepare: "lazy",
        onBug: fail,
        go: (name, work) => daemon.background(name, work),
      });
      await lifecycle.recover();
      return lifecycle;
    });
    return daemon;
  }
}

/**
 * Registers one script as two tests: the reference must come to what it is known for, our core to what
 * is right.
 */
export function window(
  name: string,
  shown: Shown,
  script: (stage: Stage) => Promise<string>,
  fault?: Fault,
): void {
  for (const [who, operations] of [["reference", reference], ["core", core]] as const) {
    Deno.test(`${name}: ${who}`, async () => {
      assertEquals(await play(operations, script, fault), shown[who]);
    });
  }
}

async function play(
  operations: Operations,
  script: (stage: Stage) => Promise<string>,
  fault: Fault | undefined,
): Promise<string> {
  return await inMacrotask(() => {
    const stage = new Stage(operations, fault);
    const told = stage.simulation.direct(async () => {
      await stage.ready();
      return await script(stage);
    });
    const outcome = stage.simulation.run();
    if (told.state === "rejected") throw told.error;
    assertEquals(outcome.kind, "done", outcome.text);
    return told.value;
  });
}

function fail(error: unknown): never {
  throw error;
}
