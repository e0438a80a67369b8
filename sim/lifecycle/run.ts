import { isBug } from "../../src/bug.ts";
import { DEFAULT_CONFIG } from "../../src/config.ts";
import { messageOf } from "../../src/errors.ts";
import { putImage } from "../../src/image/record.ts";
import { SharedMap } from "../../src/kernel/shared_memory.ts";
import { Context, sleep } from "../../src/kernel/context.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { SIGKILL } from "../../src/kernel/processes.ts";
import type { LifecyclePlugin } from "../../src/plugin/hooks.ts";
import type { Chooser } from "../chooser.ts";
import type { Daemon } from "../daemon.ts";
import type { Explorer } from "../experiment/explorer.ts";
import type { ProbeName } from "./probes.ts";
import type { SimTask } from "../sim_task.ts";
import { type RunOptions, Simulation } from "../simulation.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { type StrategyName, strategyOf } from "../strategies/portfolio.ts";
import { strictCniPlugins } from "../programs/cni/plugins.ts";
import { difference } from "../world/snapshot.ts";
import { perform } from "./client.ts";
import { SIM_IMAGE } from "./configs.ts";
import { core } from "./core.ts";
import { NotDone } from "./not_done.ts";
import { countsOf } from "./pace.ts";
import { type HookCounts, pluginNames, type PluginPlan, pluginsOf } from "./plugin.ts";
import { areHarmless, faultOptionsOf, onlyHang, takeTime } from "./faults.ts";
import {
  endStrangers,
  type Incident,
  killConmon,
  killService,
  REMOVAL_KINDS,
  removeFile,
  removeMount,
  runOutOfMemory,
  takePid,
} from "./incident.ts";
import { Ending, type LetIn } from "./ending.ts";
import type { Lifecycle, Operations } from "./operations.ts";
import type { Call } from "./oracle/checker.ts";
import { Oracle } from "./oracle/oracle.ts";
import { hold, type InvariantViolation } from "./oracle/violation.ts";
import {
  type ClientCall,
  type ContainerPlace,
  describeRequest,
  isForStatistics,
  isForStreaming,
  type LifecycleProgram,
  PID_MAX,
} from "./request.ts";
import { Slots } from "./slots.ts";

/** How a run is to be made. */
export interface LifecycleOptions {
  readonly seed: number;
  /** Keeps every step for a report. */
  readonly history?: boolean;
  /** How schedules are chosen; each strategy for a part of the seeds unless given. */
  readonly strategy?: StrategyName;
  /** What is under test; Slipway's core unless given. */
  readonly operations?: Operations;
  /** Violations that are known already: the run goes on, to find others. None unless given. */
  readonly isKnown?: (violation: InvariantViolation) => boolean;
  /** What chooses schedules instead. */
  readonly chooser?: Chooser;
  /** What explores schedules instead, while clients are at work. */
  readonly explorer?: Explorer;
  /** What to do instead: a schedule of the same seed, or a part of one. */
  readonly schedule?: Schedule;
  /** Writes down what is decided; with "alternatives" also what could have been. */
  readonly record?: boolean | "alternatives";
}

/** What became of a run. */
export interface LifecycleResult {
  readonly steps: number;
  /** Why it failed; undefined when every invariant held. */
  readonly failure: unknown;
  /** The rare branches that it came to. */
  readonly reached: ReadonlySet<ProbeName>;
  /** A number for each state that it came to, as far as states differ for whoever uses a runtime. */
  readonly states: ReadonlySet<number>;
  readonly simulation: Simulation;
}

/** How often a client tries to clean up before that counts as broken (I11). */
const CLEANUP_TRIES = 3;
/** How often the daemon is started again when it cannot start, before nothing goes wrong any more (I19). */
const BOOT_TRIES = 20;
/**
 * Liveness: when nothing goes wrong any more, what is under way ends within so many steps, and what is
 * there can be removed within so many. A run has a few hundred, and is fair after 20,000.
 */
const HEALED_STEPS_MAX = 100_000;
/** Longer than an exit can go unnoticed, or wait for its exit file. */
const NOTICE_MS = 15_000;
/** Longer than every bound of the runtime: what is under way has ended by then. */
const SETTLE_MS = 300_000;
/** Of the choices of a power loss, those in which the kernel had just written everything back. */
const WRITTEN_BACK_FROM = 5;
/** The image that is there from the first boot on goes with all else. */
const IMAGE = new RegExp(`^record image |^directory ${DEFAULT_CONFIG.root}/layers/.`);
/** Clients' logs stay, they are the kubelet's to remove; and host-local keeps its empty folders. */
const IGNORED_FILES = /^\/var\/log\/pods(\/|$)|^\/var\/lib\/cni(\/networks(\/\w+)?)?$/;
/** Taken at host-local. */
const ADDRESSES = /^file \/var\/lib\/cni\/networks\//;

/**
 * Runs a program of client requests on a simulated machine and asks the oracle whether everything was
 * right. Three parts: the clients, with crashes and faults; then faults off and all that is under way
 * comes to rest; then everything is removed and the machine must be as it was before.
 */
export function runLifecycle(
  program: LifecycleProgram,
  options: LifecycleOptions,
): LifecycleResult {
  const run = new LifecycleRun(program, options);
  let failure: unknown;
  try {
    run.setUp();
    run.clients();
    run.quiesce();
    run.cleanUp();
  } catch (error) {
    failure = error;
  } finally {
    run[Symbol.dispose]();
  }
  const { simulation, oracle: { probing: { reached }, states: { seen: states } } } = run;
  return { steps: simulation.scheduler.stepCount, failure, reached, states, simulation };
}

/** How long the daemon is away, and who gets a pid meanwhile. */
type Absence = Pick<Incident, "awayMs" | "choice">;
const NOT_AWAY: Absence = { choice: 0 };

class LifecycleRun implements Disposable {
  readonly simulation: Simulation;
  readonly oracle: Oracle;
  readonly #slots: Slots;
  #daemon!: Daemon<Lifecycle>;
  readonly #clients: SimTask<void>[] = [];
  /** Calls that the present life has let in and not answered. */
  readonly #letIn = new Set<LetIn>();
  #ending: Ending | undefined;
  #hasClients = true;
  readonly #operations: Operations;
  readonly #isCore: boolean;
  readonly #plans: readonly PluginPlan[];
  readonly #hookCounts: HookCounts = new SharedMap();
  readonly #explorer: Explorer | undefined;
  readonly #looking: Disposable | undefined;
  readonly #baseline: readonly string[];

  constructor(readonly program: LifecycleProgram, options: LifecycleOptions) {
    const { strategy = "portfolio" } = options;
    this.#operations = options.operations ?? core;
    this.simulation = new Simulation({
      seed: options.seed,
      history: options.history ?? false,
      record: options.record ?? false,
      faults: faultOptionsOf(program.faults, program.spell),
      pidMax: program.pidMax,
      ...(program.hasStrictPlugins ? { programs: strictCniPlugins } : {}),
      ...(options.schedule === undefined
        ? { chooser: options.explorer ?? options.chooser ?? strategyOf(strategy, options.seed) }
        : { schedule: options.schedule }),
    });
    const { explorer } = options;
    this.#explorer = explorer;
    if (explorer !== undefined) {
      explorer.begin();
      this.#looking = this.simulation.onFootprint((it) => explorer.touched(it), {
        isWanted: () => explorer.wantsFootprint,
        isMemoryMarked: true,
      });
    }
    if (program.hasInstantSteps) this.simulation.scheduler.stepMicros = 0;
    this.#slots = new Slots();
    // The node has had pods with addresses before.
    this.simulation.machine.tree.mkdirs("seed", "/var/lib/cni/networks/sim", 0o755);
    seedImage(this.simulation);
    // Other operations need not have hooks, statistics and ports.
    this.#isCore = options.operations === undefined;
    this.#plans = options.operations === undefined ? program.plugins ?? [] : [];
    const doesAct = this.#plans.some((it) => it.length > 0);
    const isRobbed = program.incidents.some(({ kind }) => REMOVAL_KINDS.some((it) => it === kind));
    const isWhole = program.pidMax >= PID_MAX && !isRobbed;
    this.oracle = new Oracle(this.simulation.machine, {
      isFaultless: areHarmless(program.faults) && isWhole,
      isTimely: !takeTime(program.faults) && !doesAct,
      // Other operations may have other codes for the same refusals.
      isQuiet: options.operations === undefined && program.faults.length === 0 &&
        program.pidMax >= PID_MAX && (program.exits ?? []).length === 0 && !doesAct &&
        program.incidents.every(({ kind }) =>
          kind === "daemon killed" || kind === "daemon stopped"
        ),
      isSlow: program.faults.some(({ name }) => name === "slow machine"),
      ...(options.isKnown === undefined ? {} : { isKnown: options.isKnown }),
      isOnlyHanging: onlyHang(program.faults) && isWhole && !doesAct,
      ...(this.#plans.length === 0 ? {} : { plugins: pluginNames(this.#plans) }),
    });
    this.simulation.faults.isOn = false;
    this.#boot();
    this.#runToEnd("the first boot");
    this.#baseline = this.#snapshot().filter((line) => !IMAGE.test(line));
    this.simulation.onStep((step) => this.oracle.afterStep(step));
    this.simulation.onStep(() => this.#exit());
    this.simulation.faults.isOn = true;
  }

  /** What has to be there before; nothing goes wrong yet. */
  setUp(): void {
    this.simulation.faults.isOn = false;
    this.#client("set-up", 0, this.program.setup ?? []);
    this.#runToEnd("the set-up");
    this.simulation.faults.isOn = true;
  }

  /** All clients at the same time, and the daemon killed as the program says. */
  clients(): void {
    if (this.#explorer !== undefined) this.#explorer.isOn = true;
    this.program.clients.forEach((calls, index) =>
      this.#client(`client ${index + 1}`, index + 1, this.#asked(calls))
    );
    for (const [index, place] of (this.program.exits ?? []).entries()) {
      const name = `exit ${index + 1}`;
      const exit = () => this.simulation.step("exit", () => this.#killInit(place));
      this.#clients.push(this.simulation.spawn(name, exit, name));
    }
    let steps = 0;
    for (const [index, incident] of this.program.incidents.entries()) {
      steps += incident.afterSteps;
      this.simulation.inject(`${incident.kind} ${index + 1}`, steps, () => {
        if (!this.#hasClients) return;
        // What recovery does then is one way for each point at which it comes.
        if (this.#explorer !== undefined) this.#explorer.isOn = false;
        this.#befall(incident);
      }, countsOf(incident.pace ?? "steps"));
    }
    this.#runToEnd("the clients");
    this.#hasClients = false;
    if (this.#explorer !== undefined) this.#explorer.isOn = false;
  }

  /** No more faults: what is under way ends, and every state is true. */
  quiesce(): void {
    this.simulation.faults.isOn = false;
    if (this.#daemon.boot.state === "rejected") this.#restart();
    this.#runHealed("the last recovery");
    this.#requireStart();
    const runtime = this.#daemon.boot.value;
    this.#runHealed("what is under way", { forMs: NOTICE_MS });
    runtime.hurry();
    const until = () => runtime.isSettled();
    this.#runHealed("what goes on in the background", { forMs: SETTLE_MS, until });
    this.oracle.atRest(runtime);
  }

  /** Everything is removed: a bounded number of tries is enough (I11), and nothing is left (I12). */
  cleanUp(): void {
    const runtime = this.#daemon.boot.value;
    const context = Context.background();
    const removals = this.#daemon.spawn("clean-up", async () => {
      for (const { id } of [...runtime.containers.values()]) {
        await this.#remove("RemoveContainer", id, () => runtime.removeContainer(id, context));
      }
      for (const { id } of [...runtime.sandboxes.values()]) {
        await this.#remove("RemovePodSandbox", id, () => runtime.removePodSandbox(id, context));
      }
      await this.#remove("RemoveImage", SIM_IMAGE, () => runtime.removeImage(SIM_IMAGE));
    });
    this.#runHealed("the clean-up");
    if (removals.state === "rejected") throw removals.error;
    endStrangers(this.simulation.machine);
    this.#runHealed("what the clean-up has left", { forMs: SETTLE_MS });
    const leaks = this.#leaks();
    hold(leaks.length === 0, "I12", () => leaks.join("; "));
  }

  /** Looks no more at what steps touch. */
  [Symbol.dispose](): void {
    this.#looking?.[Symbol.dispose]();
  }

  #boot({ awayMs = 0, choice }: Absence = NOT_AWAY): void {
    const { oracle } = this;
    const { prepare, hasIdleSubscriber } = this.program;
    const daemon: Daemon<Lifecycle> = this.simulation.bootDaemon(async (kernel) => {
      if (awayMs > 0) {
        await sleep(kernel.clock, awayMs, Context.background());
        takePid(this.simulation.machine, choice);
      }
      const runtime = await this.#operations(kernel, {
        prepare,
        telemetry: oracle.probing.telemetry,
        plugins: this.#pluginsOf(kernel, () => daemon.isAlive),
        onBug: (error) => oracle.bug(error),
        go: (name, work) => daemon.background(name, work),
      });
      oracle.lifeBegan(runtime);
      if (hasIdleSubscriber) runtime.subscribe();
      await runtime.recover();
      oracle.recovered(runtime);
      return runtime;
    });
    this.#daemon = daemon;
  }

  #pluginsOf(kernel: Kernel, isAlive: () => boolean): readonly LifecyclePlugin[] {
    return pluginsOf(this.#plans, {
      kernel,
      counts: this.#hookCounts,
      listener: this.oracle,
      mayAct: () => this.simulation.faults.isOn,
      isAlive,
    });
  }

  #befall(incident: Incident): void {
    const { kind, choice } = incident;
    const { machine } = this.simulation;
    switch (kind) {
      case "daemon killed":
        return this.#restart(() => {}, incident);
      case "daemon stopped":
        return this.#stop(incident);
      case "service killed":
        return this.#restart(() => killService(machine), incident);
      case "power lost":
        return this.#restart(() => {
          if (choice >= WRITTEN_BACK_FROM) machine.disk.sync();
          this.simulation.crashMachine();
          this.oracle.powerLost();
        });
      case "conmon killed":
        return killConmon(machine, choice);
      case "out of memory":
        return runOutOfMemory(machine, choice);
      case "clock set":
        return this.simulation.jumpClock(choice * 1_000);
      case "pid taken":
        return takePid(machine, choice);
      case "file removed":
        return removeFile(machine, choice);
      case "mount removed":
        return removeMount(machine, choice);
    }
  }

  /** SIGKILL of the daemon, and another life of it; `meanwhile` comes between. */
  #restart(meanwhile: () => void = () => {}, absence = NOT_AWAY): void {
    this.#daemon.crash();
    this.oracle.lifeEnded();
    this.#letIn.clear();
    this.#ending?.letGo();
    this.#ending = undefined;
    meanwhile();
    this.#boot(absence);
  }

  /** SIGTERM of the daemon. The second one is as good as SIGKILL (src/program/daemon_command.ts). */
  #stop(incident: Incident): void {
    if (this.#ending !== undefined) return this.#restart(() => {}, incident);
    this.#ending = new Ending(this.simulation, this.#daemon, incident, [...this.#letIn]);
  }

  /** The process of a life that was asked to end ends when it has, and the next one begins. */
  #exit(): void {
    const ending = this.#ending;
    if (ending === undefined || !ending.isDone) return;
    const { end, incident } = ending;
    if (end !== undefined) this.oracle.stopped(this.#daemon.boot.value, end);
    this.#restart(() => {}, incident);
  }

  /** Without what other operations need not have. */
  #asked(calls: readonly ClientCall[]): readonly ClientCall[] {
    if (this.#isCore) return calls;
    return calls.filter(({ request }) => !isForStatistics(request) && !isForStreaming(request));
  }

  #client(name: string, number: number, calls: readonly ClientCall[]): void {
    if (calls.length === 0) return;
    const body = async (): Promise<void> => {
      for (const [index, call] of calls.entries()) {
        await this.#slots.ready(call.request);
        await this.#call(call, call.key ?? `${number}.${index + 1}`);
      }
      this.#slots.leave();
    };
    this.#slots.enter();
    this.#clients.push(this.simulation.spawn(name, body, name));
  }

  /** As if by the kernel or by itself: nobody in the daemon knows of it yet. */
  #killInit(place: ContainerPlace): void {
    const { machine } = this.simulation;
    const init = machine.inits.get(this.#slots.idOf({ kind: "StartContainer", place }));
    if (init !== undefined) machine.processes.signal(init, SIGKILL);
  }

  async #call(call: ClientCall, key: string): Promise<void> {
    const creates = /^(Run|Create)/.test(call.request.kind);
    for (let tries = 1;; tries++) {
      const answer = await this.#attempt(call, `${key}/${tries}`);
      if (answer === "refused" && tries < (call.triesMax ?? 1)) continue;
      // A client whose answer was lost with the daemon does not know what it has: it begins anew.
      if (answer === "lost" && creates) continue;
      return;
    }
  }

  async #attempt(call: ClientCall, key: string): Promise<"answered" | "refused" | "lost"> {
    const runtime = await this.#ready();
    const context = new Context();
    const name = describeRequest(call.request);
    const rpc = this.#daemon.spawn(
      name,
      async ({ clock }) => {
        using bounded = call.deadlineMs === undefined
          ? context.child()
          : context.within(clock, call.deadlineMs, "deadline of the client");
        const side = { context: bounded, clock, consoles: this.program.consoles };
        await perform(runtime, this.#slots, this.oracle, call.request, side);
      },
      key,
    );
    if (call.patienceSteps !== undefined) {
      const counts = countsOf(call.patienceOf ?? "steps", rpc.task);
      this.simulation.inject(`cancel ${key}`, call.patienceSteps, () => context.cancel(), counts);
    }
    const letIn: LetIn = { context, task: rpc };
    this.#letIn.add(letIn);
    await rpc.promise.catch((error) => {
      if (isBug(error)) throw error;
    });
    this.#letIn.delete(letIn);
    return rpc.state === "lost" ? "lost" : rpc.state === "rejected" ? "refused" : "answered";
  }

  /** The runtime of the present life, once it has recovered; one that cannot start is started anew. */
  async #ready(): Promise<Lifecycle> {
    for (let tries = 1;;) {
      const daemon = this.#daemon;
      await daemon.boot.settled;
      if (daemon !== this.#daemon) continue;
      // Whoever comes is refused, and comes again: as a kubelet whose runtime is restarted.
      if (this.#ending !== undefined) {
        await this.#ending.over;
        continue;
      }
      if (daemon.boot.state === "fulfilled") return daemon.boot.value;
      if (isBug(daemon.boot.error)) throw daemon.boot.error;
      this.#requireStart();
      // Chance may refuse any number of starts in a row: that it cannot start is seen without it.
      if (tries === BOOT_TRIES) this.simulation.faults.isOn = false;
      // As long as a spell lasts, that it cannot start says nothing.
      if (this.program.spell === undefined || !this.simulation.faults.isSpell) tries++;
      this.#restart();
    }
  }

  /** A daemon that does not start is nobody's but the machine's fault, and that does not last. */
  #requireStart(): void {
    const { state, error } = this.#daemon.boot;
    const canStart = state !== "rejected" || this.simulation.faults.isOn;
    hold(canStart, "I11", () => `the daemon does not start: ${messageOf(error)}`);
  }

  /** Tries as often as a client may have to. */
  async #remove(kind: Call["kind"], id: string, operation: () => Promise<void>): Promise<void> {
    const runtime = this.#daemon.boot.value;
    for (let tries = 1;; tries++) {
      const context = Context.background();
      const call = this.oracle.called({ kind, id, gracePeriodMs: 0, runtime, context });
      try {
        await operation();
        return this.oracle.answered(call);
      } catch (error) {
        this.oracle.refused(call, error);
        if (isBug(error)) throw error;
        hold(tries < CLEANUP_TRIES, "I11", () => messageOf(error));
      }
    }
  }

  /** As `#runToEnd`, where nothing goes wrong any more: within a stated number of steps. */
  #runHealed(part: string, options: RunOptions = {}): void {
    const { scheduler } = this.simulation;
    const stepsEnd = scheduler.stepCount + HEALED_STEPS_MAX;
    const isLate = () => scheduler.stepCount >= stepsEnd;
    this.#runToEnd(part, { ...options, until: () => isLate() || (options.until?.() ?? false) });
    if (!isLate()) return;
    const text = this.simulation.waitText();
    throw new NotDone("liveness", `${part}: not done in ${HEALED_STEPS_MAX} steps:\n${text}`);
  }

  #runToEnd(part: string, options: RunOptions = {}): void {
    const outcome = this.simulation.run(options);
    // Others may wait for one that has failed.
    for (const client of this.#clients) if (client.state === "rejected") throw client.error;
    if (outcome.kind !== "done") throw new NotDone(outcome.kind, `${part}: ${outcome.text}`);
  }

  #snapshot(): string[] {
    const lines = this.simulation.snapshot({ ignore: IGNORED_FILES });
    const { mayKeepAddresses } = this.oracle.facts;
    return [
      ...(mayKeepAddresses ? lines.filter((line) => !ADDRESSES.test(line)) : lines),
      ...this.#daemon.held().map((it) => `held ${it}`),
    ];
  }

  #leaks(): string[] {
    return difference(this.#baseline, this.#snapshot());
  }
}

const LAYER = `sha256:${"1".repeat(64)}`;
const LAYER_FOLDER = `${DEFAULT_CONFIG.root}/layers/${LAYER.slice(7, 27)}`;
const IMAGE_RECORD = putImage({
  id: `sha256:${"2".repeat(64)}`,
  tags: [SIM_IMAGE],
  digests: [],
  sizeBytes: 1,
  config: {
    entrypoint: [],
    cmd: ["sleep", "1000"],
    env: [],
    workingDir: "",
    user: "",
    volumes: [],
    stopSignal: "",
    labels: {},
  },
  layers: [LAYER],
});

/** Puts an image with one empty layer onto the machine, as a pull would leave it. */
export function seedImage({ machine }: Simulation): void {
  machine.tree.mkdirs("seed", LAYER_FOLDER, 0o755);
  machine.store.commit([IMAGE_RECORD]);
  machine.disk.sync();
}
