import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { assembleRuntime } from "../../../../src/boot.ts";
import { DEFAULT_CONFIG } from "../../../../src/config.ts";
import type { Container } from "../../../../src/container/container.ts";
import { createContainer } from "../../../../src/container/create.ts";
import { startContainer } from "../../../../src/container/start.ts";
import { SharedMap } from "../../../../src/kernel/shared_memory.ts";
import { Context } from "../../../../src/kernel/context.ts";
import type { Runtime } from "../../../../src/runtime.ts";
import { runPodSandbox } from "../../../../src/sandbox/run.ts";
import { SILENT } from "../../../../src/telemetry.ts";
import { containerConfig, sandboxConfig } from "../../../../sim/lifecycle/configs.ts";
import { lifecycleOf } from "../../../../sim/lifecycle/core.ts";
import type { Lifecycle } from "../../../../sim/lifecycle/operations.ts";
import type { Call } from "../../../../sim/lifecycle/oracle/checker.ts";
import { Oracle, type OracleOptions } from "../../../../sim/lifecycle/oracle/oracle.ts";
import { type Invariant, InvariantViolation } from "../../../../sim/lifecycle/oracle/violation.ts";
import { pluginsOf } from "../../../../sim/lifecycle/plugin.ts";
import { seedImage } from "../../../../sim/lifecycle/run.ts";
import {
  type Daemon,
  type FaultOptions,
  inMacrotask,
  type Process,
  Sequential,
  Simulation,
} from "../../../../sim/mod.ts";

interface Life {
  readonly runtime: Runtime;
  readonly lifecycle: Lifecycle;
}

/** A daemon that an oracle listens to, and a script that may break what it promises. */
export class Scene {
  readonly simulation: Simulation;
  readonly oracle: Oracle;
  /** Of the options' names, in each life: they agree to everything at once. */
  readonly #plugins: readonly string[];
  #daemon: Daemon<Life>;

  /** With faults that are off until the script switches them on. */
  constructor(options: Partial<OracleOptions> = {}, faults: FaultOptions = {}) {
    this.simulation = new Simulation({ seed: 1, chooser: new Sequential(), faults });
    this.simulation.faults.isOn = false;
    this.#plugins = options.plugins ?? [];
    seedImage(this.simulation);
    const { machine } = this.simulation;
    this.oracle = new Oracle(machine, {
      isFaultless: true,
      isTimely: true,
      isOnlyHanging: true,
      ...options,
    });
    this.simulation.onStep((step) => this.oracle.afterStep(step));
    this.#daemon = this.#boot();
  }

  get runtime(): Runtime {
    return this.#daemon.boot.value.runtime;
  }

  /** The same, as the oracle sees it. */
  get lifecycle(): Lifecycle {
    return this.#daemon.boot.value.lifecycle;
  }

  async ready(): Promise<void> {
    await this.#daemon.boot.promise;
  }

  /** SIGKILL of the daemon, and a new life; what is between can be done by `meanwhile`. */
  async restart(meanwhile: () => void = () => {}): Promise<void> {
    this.#daemon.crash();
    this.oracle.lifeEnded();
    meanwhile();
    this.#daemon = this.#boot();
    await this.ready();
  }

  /** Work in the present life of the daemon. */
  async inside<T>(work: (runtime: Runtime) => Promise<T>): Promise<T> {
    return await this.#daemon.spawn("script", () => work(this.runtime)).promise;
  }

  /** A sandbox of its own. */
  async sandbox(sharesPids = false): Promise<string> {
    const request = { kind: "RunPodSandbox", sandbox: 0, hasNetwork: true, sharesPids } as const;
    return await this.inside((runtime) =>
      runPodSandbox(runtime, sandboxConfig(request, this.#attempt++), "", new Context())
    );
  }

  /** A container, created and with its task prepared. */
  async created(sandboxId: string, ...command: readonly string[]): Promise<Container> {
    const place = { sandbox: 0, container: 0 } as const;
    const request = { kind: "CreateContainer", place, command, sharesPids: false } as const;
    const config = containerConfig(request, this.#attempt++);
    const id = await this.inside((runtime) =>
      createContainer(runtime, sandboxId, config, new Context())
    );
    await this.simulation.idle();
    return this.container(id);
  }

  /** A container in a sandbox of its own that runs. */
  async running(...command: readonly string[]): Promise<Container> {
    const container = await this.created(await this.sandbox(), ...command);
    const call = this.called("StartContainer", container.id);
    await this.inside((runtime) => startContainer(runtime, container.id, call.context));
    this.oracle.answered(call);
    await this.simulation.idle();
    return this.container(container.id);
  }

  /** The container as the present life has it. */
  container(id: string): Container {
    return this.runtime.containers.find(id);
  }

  /** The init of a container. */
  init(container: Container): Process {
    const [init] = this.simulation.machine.processesOf(container.id);
    assert(init !== undefined);
    return init;
  }

  /** A call of a client, as the oracle hears of it. */
  called(kind: Call["kind"], id: string, gracePeriodMs = 0): Call {
    const context = new Context();
    return this.oracle.called({ kind, id, gracePeriodMs, runtime: this.lifecycle, context });
  }

  /** A call that is answered OK, whatever the truth. */
  answered(kind: Call["kind"], id: string): void {
    this.oracle.answered(this.called(kind, id));
  }

  /** What this life of the daemon holds open. */
  held(): readonly string[] {
    return this.#daemon.held();
  }

  /** Lets the oracle look once more. */
  async look(): Promise<void> {
    await this.simulation.pause();
  }

  #attempt = 0;

  #boot(): Daemon<Life> {
    const { oracle } = this;
    return this.simulation.bootDaemon(async (kernel) => {
      const config = { ...DEFAULT_CONFIG, prepare: "eager" } as const;
      const plans = this.#plugins.map(() => []);
      const host = {
        kernel,
        counts: new SharedMap<string, number>(),
        listener: oracle,
        mayAct: () => false,
        isAlive: () => true,
      };
      const plugins = pluginsOf(plans, host);
      const runtime = await assembleRuntime({ kernel, config, telemetry: SILENT, plugins });
      const lifecycle = lifecycleOf(runtime);
      oracle.lifeBegan(lifecycle);
      await lifecycle.recover();
      oracle.recovered(lifecycle);
      return { runtime, lifecycle };
    });
  }
}

type Script = (scene: Scene) => Promise<void>;

/** Tells a script; whatever the oracle raises comes out. */
export async function tell(
  script: Script,
  options?: Partial<OracleOptions>,
  faults?: FaultOptions,
): Promise<void> {
  await inMacrotask(() => {
    const scene = new Scene(options, faults);
    const told = scene.simulation.direct(async () => {
      await scene.ready();
      await script(scene);
      await scene.look();
    });
    const outcome = scene.simulation.run();
    if (told.state === "rejected") throw told.error;
    assertEquals(outcome.kind, "done", outcome.text);
  });
}

/** Registers a test: the oracle must raise `invariant`, with words like `text`, over a script. */
export function violates(
  invariant: Invariant,
  text: string,
  script: Script,
  options?: Partial<OracleOptions>,
): void {
  Deno.test(`the oracle raises ${invariant}: ${text}`, async () => {
    let failure: unknown;
    await tell(script, options).catch((error: unknown) => failure = error);
    assertInstanceOf(failure, InvariantViolation, String(failure));
    assertEquals(failure.invariant, invariant, failure.message);
    assert(failure.message.includes(text), failure.message);
  });
}

/** Registers a test: the oracle finds nothing wrong with a script. */
export function allows(what: string, script: Script, options?: Partial<OracleOptions>): void {
  Deno.test(`the oracle allows ${what}`, () => tell(script, options));
}
