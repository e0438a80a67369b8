import { core } from "../sim/lifecycle/core.ts";
import type { Lifecycle } from "../sim/lifecycle/operations.ts";
import { perform } from "../sim/lifecycle/client.ts";
import { Oracle } from "../sim/lifecycle/oracle/oracle.ts";
import type { ContainerPlace, Request } from "../sim/lifecycle/request.ts";
import { seedImage } from "../sim/lifecycle/run.ts";
import { Slots } from "../sim/lifecycle/slots.ts";
import { difference, Simulation } from "../sim/mod.ts";
import { strategyOf } from "../sim/strategies/portfolio.ts";
import type { Clock } from "../src/kernel/clock.ts";
import { Context } from "../src/kernel/context.ts";

/** Where the one pod and its one container are. */
export const PLACE: ContainerPlace = { sandbox: 0, container: 0 };

/** Logs are the kubelet's to remove. */
const LOGS = /^\/var\/log\/pods(\/|$)/;
/** Longer than every bound of the runtime. */
const SETTLE_MS = 300_000;
const STEPS_MAX = 10_000_000;

/**
 * A simulated machine with the daemon's life on it, and the oracle at every step: what every schedule
 * of the benchmark begins with.
 */
export class BenchMachine {
  readonly simulation: Simulation;
  readonly #oracle: Oracle;
  readonly #lifecycle: Lifecycle;
  readonly #clock: Clock;
  readonly #slots = new Slots();
  readonly #baseline: readonly string[];

  /** Switches the machine on and boots the daemon; tasks are prepared ahead for every second seed. */
  constructor(seed: number) {
    const chooser = strategyOf("portfolio", seed);
    const simulation = new Simulation({ seed, chooser, stepsMax: STEPS_MAX });
    const oracle = new Oracle(simulation.machine, { isFaultless: true, isTimely: true });
    this.simulation = simulation;
    this.#oracle = oracle;
    seedImage(simulation);
    const daemon = simulation.bootDaemon(async (kernel) => {
      const lifecycle = await core(kernel, {
        prepare: seed % 2 === 0 ? "eager" : "lazy",
        onBug: (error) => oracle.bug(error),
        go: (name, work) => void daemon.background(name, work),
      });
      oracle.lifeBegan(lifecycle);
      await lifecycle.recover();
      oracle.recovered(lifecycle);
      return { lifecycle, clock: kernel.clock };
    });
    this.run();
    this.#lifecycle = daemon.boot.value.lifecycle;
    this.#clock = daemon.boot.value.clock;
    this.#baseline = simulation.snapshot({ ignore: LOGS });
    simulation.onStep((step) => oracle.afterStep(step));
  }

  /** Steps that ran so far, of whatever kind. */
  get steps(): number {
    return this.simulation.scheduler.stepCount;
  }

  /** Since the machine was switched on. */
  get simulatedSeconds(): number {
    return this.simulation.scheduler.clock.elapsedMicros / 1e6;
  }

  /** Makes a request as a client, while the simulation runs. */
  async request(request: Request): Promise<void> {
    const side = { clock: this.#clock, context: Context.background(), consoles: undefined };
    await perform(this.#lifecycle, this.#slots, this.#oracle, request, side);
  }

  /** Starts a client, whose errors are its own: one of two that race may lose. */
  client(name: string, requests: readonly Request[]): void {
    const client = this.simulation.spawn(name, async () => {
      for (const request of requests) await this.request(request);
    });
    client.promise.catch(() => {});
  }

  /** Runs until nothing moves. */
  run(): void {
    const { kind, text } = this.simulation.run();
    if (kind !== "done") throw new Error(text);
  }

  /** Everything is true, and after the pod's removal nothing is left of it. */
  end(): void {
    this.simulation.run({ forMs: SETTLE_MS, until: () => this.#lifecycle.isSettled() });
    this.#oracle.atRest(this.#lifecycle);
    this.client("clean-up", [
      { kind: "RemoveContainer", place: PLACE },
      { kind: "RemovePodSandbox", sandbox: PLACE.sandbox },
    ]);
    this.run();
    const leaks = difference(this.#baseline, this.simulation.snapshot({ ignore: LOGS }));
    if (leaks.length > 0) throw new Error(`left: ${leaks.join("; ")}`);
  }
}
