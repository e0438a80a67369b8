import { assertEquals, assertExists, assertInstanceOf } from "@std/assert";
import { assembleRuntime, shutDown } from "../../src/boot.ts";
import { type Config, DEFAULT_CONFIG } from "../../src/config.ts";
import { type LinuxResources, NO_LIMITS } from "../../src/container/config.ts";
import type { Container } from "../../src/container/container.ts";
import { createContainer } from "../../src/container/create.ts";
import { removeContainer } from "../../src/container/remove.ts";
import { startContainer } from "../../src/container/start.ts";
import { stopContainer } from "../../src/container/stop.ts";
import { updateContainerResources } from "../../src/container/update.ts";
import { Context } from "../../src/kernel/context.ts";
import { type Errno, KernelError } from "../../src/kernel/errno.ts";
import type { LifecyclePlugin } from "../../src/plugin/hooks.ts";
import { recover } from "../../src/recovery/recover.ts";
import type { Runtime } from "../../src/runtime.ts";
import { removePodSandbox } from "../../src/sandbox/remove.ts";
import { runPodSandbox } from "../../src/sandbox/run.ts";
import { stopPodSandbox } from "../../src/sandbox/stop.ts";
import { SILENT } from "../../src/telemetry.ts";
import { containerConfig, sandboxConfig, SIM_IMAGE } from "../../sim/lifecycle/configs.ts";
import { seedImage } from "../../sim/lifecycle/run.ts";
import {
  type Daemon,
  inMacrotask,
  type Process,
  Sequential,
  type SimTask,
  Simulation,
} from "../../sim/mod.ts";
import { stepText } from "../../sim/history.ts";
import { Directory } from "../../sim/world/inode.ts";

/**
 * One named interleaving, told as a script. Nothing else is left to chance: where the script does not
 * say who goes on, a task runs as long as it can.
 */
export class Scenario {
  readonly simulation = new Simulation({ seed: 1, chooser: new Sequential(), history: true });
  /** Those of the lives that begin from now on. */
  plugins: readonly LifecyclePlugin[] = [];
  /** How the lives that begin from now on are set up, other than by default. */
  configuration: Partial<Config> = {};
  #daemon: Daemon<Runtime>;

  constructor(readonly prepare: Config["prepare"]) {
    seedImage(this.simulation);
    this.#daemon = this.#boot();
  }

  get runtime(): Runtime {
    return this.#daemon.boot.value;
  }

  /** Waits until this life of the daemon has recovered. */
  async ready(): Promise<void> {
    await this.#daemon.boot.promise;
  }

  /** Asks this life of the daemon to end; its calls are nobody's concern. */
  end(): SimTask<void> {
    return this.call("end", shutDown);
  }

  /** What this life of the daemon waits for, as histories show it. */
  waits(): readonly string[] {
    return this.#daemon.waits().map(stepText);
  }

  /** SIGKILL of the daemon, and a new life; what is between can be done by `meanwhile`. */
  async restart(meanwhile: () => void = () => {}): Promise<void> {
    this.#daemon.crash();
    meanwhile();
    this.#daemon = this.#boot();
    await this.ready();
  }

  /** The power is lost, and with it all that was not synced; then a new life of the daemon. */
  async reboot(): Promise<void> {
    const { store } = this.simulation.machine;
    const losePower = store.losePower.bind(store);
    // All of it, where chance would take a part.
    store.losePower = () => losePower({ below: (end) => end - 1 });
    this.simulation.crashMachine();
    this.#daemon = this.#boot();
    await this.ready();
  }

  /** An RPC of its own, under way beside the script. */
  call<T>(name: string, operation: (runtime: Runtime) => Promise<T>): SimTask<T> {
    return this.#daemon.spawn(name, () => operation(this.runtime));
  }

  run(
    sharesPids = false,
    { context = new Context(), handler = "" }: { context?: Context; handler?: string } = {},
  ): Promise<string> {
    const request = { kind: "RunPodSandbox", sandbox: 0, hasNetwork: true, sharesPids } as const;
    return this.call(
      "run",
      (runtime) => runPodSandbox(runtime, sandboxConfig(request, 0), handler, context),
    ).promise;
  }

  create(sandboxId: string, ...command: readonly string[]): SimTask<string> {
    return this.#create(sandboxId, command, false);
  }

  /** A container in a sandbox of its own, created and not started. */
  async created(...command: readonly string[]): Promise<Container> {
    const id = await this.create(await this.run(), ...command).promise;
    return this.container(id);
  }

  /** A container in a sandbox of its own that runs. */
  async running(...command: readonly string[]): Promise<Container> {
    const container = await this.created(...command);
    await this.start(container).promise;
    return container;
  }

  /** One that runs in a sandbox whose containers share PIDs, so that its end ends nobody else. */
  async runningAmongOthers(...command: readonly string[]): Promise<Container> {
    const id = await this.#create(await this.run(true), command, true).promise;
    const container = this.container(id);
    await this.start(container).promise;
    return container;
  }

  start(container: Container, context: Context = new Context()): SimTask<void> {
    return this.call("start", (runtime) => startContainer(runtime, container.id, context));
  }

  stop(container: Container, gracePeriodMs = 0, context: Context = new Context()): SimTask<void> {
    return this.call(
      "stop",
      (runtime) => stopContainer(runtime, container.id, gracePeriodMs, context),
    );
  }

  remove(container: Container): SimTask<void> {
    return this.call(
      "remove",
      (runtime) => removeContainer(runtime, container.id, new Context()),
    );
  }

  /** An update of some of its resources. */
  update(
    container: Container,
    resources: Partial<LinuxResources>,
    context: Context = new Context(),
  ): SimTask<void> {
    return this.call(
      "update",
      (runtime) =>
        updateContainerResources(runtime, container.id, { ...NO_LIMITS, ...resources }, context),
    );
  }

  /** What its group limits it to, as its files say: `cpu.weight=20 memory.max=1`. */
  limits(container: Container): string {
    const group = this.simulation.machine.cgroups.find(container.record.cgroup);
    return (group?.limits() ?? []).map((it) => it.join("=")).join(" ");
  }

  stopSandbox(id: string): SimTask<void> {
    return this.call("stop sandbox", (runtime) => stopPodSandbox(runtime, id, new Context()));
  }

  removeSandbox(id: string): SimTask<void> {
    return this.call("remove sandbox", (runtime) => removePodSandbox(runtime, id, new Context()));
  }

  /** Of all containers. */
  removeImage(): SimTask<void> {
    return this.call("remove image", (runtime) => runtime.images.remove(SIM_IMAGE));
  }

  /** How many layers are on the disk. */
  get layerCount(): number {
    return this.#names(`${DEFAULT_CONFIG.root}/layers`).length;
  }

  /** Those in which transports work. */
  get rooms(): readonly string[] {
    return this.#names(`${DEFAULT_CONFIG.root}/ingest`);
  }

  /** The container as the present life of the daemon has it. */
  container(id: string): Container {
    const container = this.runtime.containers.get(id);
    assertExists(container);
    return container;
  }

  /** The init of a container on the machine, the OCI runtime's or the program's. */
  init(container: Container): Process {
    const [init] = this.simulation.machine.processesOf(container.id);
    assertExists(init);
    return init;
  }

  kill(process: Process): void {
    this.simulation.machine.processes.signal(process, 9);
  }

  /** What this life of the daemon holds open. */
  held(): readonly string[] {
    return this.#daemon.held();
  }

  /** What a container and its machine look like, in a line. */
  seen(container: Container): string {
    const { status } = this.container(container.id);
    const alive = this.simulation.machine.processesOf(container.id).length;
    const end = status.state === "EXITED" ? ` ${status.exitCode} ${status.reason}` : "";
    return `${status.state}${end}, ${alive} processes, executed ` +
      `${this.simulation.machine.startCount(container.id)} times`;
  }

  #names(path: string): readonly string[] {
    const directory = this.simulation.machine.tree.find(path)?.inode;
    assertInstanceOf(directory, Directory);
    return directory.names();
  }

  #create(
    sandboxId: string,
    command: readonly string[],
    sharesPids: boolean,
  ): SimTask<string> {
    const place = { sandbox: 0, container: 0 } as const;
    const request = { kind: "CreateContainer", place, command, sharesPids } as const;
    return this.call(
      "create",
      (runtime) => createContainer(runtime, sandboxId, containerConfig(request, 0), new Context()),
    );
  }

  #boot(): Daemon<Runtime> {
    return this.simulation.bootDaemon(async (kernel) => {
      const config = { ...DEFAULT_CONFIG, prepare: this.prepare, ...this.configuration };
      const { plugins } = this;
      const runtime = await assembleRuntime({ kernel, config, telemetry: SILENT, plugins });
      await recover(runtime);
      runtime.becomeReady();
      return runtime;
    });
  }
}

/** Lets the next call of a port's method that is meant fail, without any effect. */
export function refuseOnce<
  Name extends string,
  Port extends Record<Name, (...args: never[]) => Promise<unknown>>,
>(
  port: Port,
  method: Name,
  errno: Errno,
  isMeant: (...args: Parameters<Port[Name]>) => boolean = () => true,
): void {
  const real = port[method];
  const refusing = (...args: Parameters<Port[Name]>) => {
    if (!isMeant(...args)) return real.apply(port, args);
    Object.assign(port, { [method]: real });
    return Promise.reject(new KernelError(method, errno, "what it was asked for"));
  };
  Object.assign(port, { [method]: refusing });
}

/** Registers a scenario as a test; its script stands outside of the interleaving that it directs. */
export function scenario(
  name: string,
  script: (scenario: Scenario) => Promise<void>,
  prepare: Config["prepare"] = "lazy",
): void {
  Deno.test(name, async () => {
    await inMacrotask(() => {
      const it = new Scenario(prepare);
      const told = it.simulation.direct(async () => {
        await it.ready();
        await script(it);
      });
      const outcome = it.simulation.run();
      if (told.state === "rejected") throw told.error;
      assertEquals(outcome.kind, "done", outcome.text);
    });
  });
}
