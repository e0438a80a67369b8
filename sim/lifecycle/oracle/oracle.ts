import type { LifecycleEvent } from "../../../src/events.ts";
import { footprints } from "../../footprint.ts";
import type { Received } from "../terminal_client.ts";
import type { Step } from "../../step.ts";
import type { Machine } from "../../world/machine.ts";
import type { Lifecycle, Measured } from "../operations.ts";
import type { HookCall } from "../plugin.ts";
import type { Call, Checker, OrderlyEnd } from "./checker.ts";
import { checkersOf } from "./checkers.ts";
import { Facts } from "./facts.ts";
import { Probing } from "./probing.ts";
import { Sight } from "./sight.ts";
import { StatesSeen } from "./states_seen.ts";
import { InvariantViolation } from "./violation.ts";

/** What a run is like, as far as it bears on what may be asked of it. */
export interface OracleOptions {
  /** Nothing of the machine or of its programs was made to fail: calls of clients must succeed. */
  readonly isFaultless: boolean;
  /** Time passes only when nothing can run: who is late has waited for something. */
  readonly isTimely: boolean;
  /**
   * Nothing went wrong at all but that the daemon was killed or stopped, and refusals have the core's codes.
   * False unless given.
   */
  readonly isQuiet?: boolean;
  /** The daemon itself may not be run for any time: it may miss every bound. False unless given. */
  readonly isSlow?: boolean;
  /** Violations that are known already: the run goes on, to find others. None unless given. */
  readonly isKnown?: (violation: InvariantViolation) => boolean;
  /** Nothing but programs that hang was made to go wrong: what takes long has waited for them. */
  readonly isOnlyHanging?: boolean;
  /** The names of the plugins that take part in the life of pods; none unless given. */
  readonly plugins?: readonly string[];
}

/**
 * Says whether the lifecycle is right, from the machine's own knowledge. It passes on what it hears to
 * a checker for each thing that must hold, and raises what they find after the step in which they
 * found it: none of them can disturb the code that it listens to.
 */
export class Oracle {
  readonly facts: Facts;
  /** Which rare branches the run has come to. */
  readonly probing: Probing;
  /** How different the states are that it has come to. */
  readonly states: StatesSeen;
  readonly #checkers: readonly Checker[];
  readonly #hearers = new Map<keyof Checker, readonly Checker[]>();
  readonly #sight: Sight;
  readonly #isKnown: (violation: InvariantViolation) => boolean;
  #failure: unknown;

  constructor(readonly machine: Machine, options: OracleOptions) {
    this.facts = new Facts(machine);
    this.#isKnown = options.isKnown ?? (() => false);
    this.probing = new Probing(this.facts);
    this.states = new StatesSeen(this.facts);
    this.#checkers = [this.facts, this.probing, this.states, ...checkersOf(this.facts, options)];
    this.#sight = new Sight([{
      appeared: (container, isLoaded) =>
        this.#tell("appeared", (it) => it.appeared?.(container, isLoaded)),
      changed: (container, before) =>
        this.#tell("changed", (it) => it.changed?.(container, before)),
      exited: (container) => {
        if (this.facts.hasExited(container.id)) return;
        this.#tell("exited", (it) => it.exited?.(container));
      },
      vanished: (container) => this.#tell("vanished", (it) => it.vanished?.(container)),
      sandboxAppeared: (sandbox, isReady) =>
        this.#tell("sandboxAppeared", (it) => it.sandboxAppeared?.(sandbox, isReady)),
      sandboxChanged: (sandbox, isReady) =>
        this.#tell("sandboxChanged", (it) => it.sandboxChanged?.(sandbox, isReady)),
      sandboxVanished: (sandbox) =>
        this.#tell("sandboxVanished", (it) => it.sandboxVanished?.(sandbox)),
    }]);
    machine.observer = {
      joined: (process) => {
        happens();
        this.#tell("joined", (it) => it.joined?.(process));
      },
      executed: (process) => {
        happens();
        this.#tell("executed", (it) => it.executed?.(process));
      },
      died: (process) => {
        if (process.container !== undefined) happens();
        this.#tell("died", (it) => it.died?.(process));
      },
      signalled: (target, signal, sender) =>
        this.#tell("signalled", (it) => it.signalled?.(target, signal, sender)),
      enteredNamespaces: (process, target) =>
        this.#tell("enteredNamespaces", (it) => it.enteredNamespaces?.(process, target)),
      oomKilled: (victim) => this.#tell("oomKilled", (it) => it.oomKilled?.(victim)),
      hung: (process) => this.#tell("hung", (it) => it.hung?.(process)),
      wrote: (process, pipe, bytes) =>
        this.#tell("wrote", (it) => it.wrote?.(process, pipe, bytes)),
    };
  }

  /** A life of the daemon has begun. */
  lifeBegan(runtime: Lifecycle): void {
    this.#sight.watch(runtime);
    this.#tell("lifeBegan", (it) => it.lifeBegan?.(runtime));
    runtime.events.listen((event) => this.#published(event));
  }

  /** Its recovery is done. */
  recovered(runtime: Lifecycle): void {
    this.#look();
    this.#sight.recovered();
    this.#tell("recovered", (it) => it.recovered?.(runtime));
  }

  /** The daemon was asked to end, and is about to. */
  stopped(runtime: Lifecycle, end: OrderlyEnd): void {
    this.#tell("stopped", (it) => it.stopped?.(runtime, end));
  }

  /** The daemon was killed, or has ended. Calls under way are lost. */
  lifeEnded(): void {
    const { runtime } = this.facts;
    this.#sight.watch(undefined);
    for (const call of [...this.facts.calls]) this.#tell("lost", (it) => it.lost?.(call));
    if (runtime !== undefined) this.#tell("lifeEnded", (it) => it.lifeEnded?.(runtime));
  }

  /** The machine was switched off and on. */
  powerLost(): void {
    this.#tell("powerLost", (it) => it.powerLost?.());
  }

  /** The core found a mistake of its own in background work. */
  bug(error: unknown): void {
    this.#failure ??= error;
  }

  /**
   * After every step: raises what was found.
   *
   * @throws {InvariantViolation}
   */
  afterStep(step: Step): void {
    this.#look();
    const hearers = this.#hearersOf("afterStep");
    for (let i = 0; i < hearers.length && this.#failure === undefined; i++) {
      try {
        hearers[i]?.afterStep?.(step);
      } catch (error) {
        this.#fail(error);
      }
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** A client makes a call; tell what became of it. */
  called(about: Omit<Call, "beganMicros">): Call {
    happens();
    const call: Call = { ...about, beganMicros: this.facts.nowMicros };
    this.#tell("called", (it) => it.called?.(call));
    return call;
  }

  /** Statistics are about to be answered: `answered` comes next. */
  measured(call: Call, measured: Measured): void {
    if (!this.facts.calls.has(call)) return;
    this.#tell("measured", (it) => it.measured?.(call, measured));
  }

  /** What a client has heard of a program; `answered` or `refused` comes next. */
  received(call: Call, received: Received, isDone: boolean): void {
    if (!this.facts.calls.has(call)) return;
    this.#tell("received", (it) => it.received?.(call, received, isDone));
  }

  /** A call was answered OK, ExecSync with an exit code. What a life says that is over, nobody hears. */
  answered(call: Call, exitCode?: number): void {
    if (!this.facts.calls.has(call)) return;
    this.#isTold(call);
    this.#tell("answered", (it) => it.answered?.(call, exitCode));
  }

  /** A call was answered with an error. */
  refused(call: Call, error: unknown): void {
    if (!this.facts.calls.has(call)) return;
    this.#isTold(call);
    this.#tell("refused", (it) => it.refused?.(call, error));
  }

  /** A plugin is called. */
  hookCalled(call: HookCall): void {
    this.#look();
    this.#tell("hookCalled", (it) => it.hookCalled?.(call));
  }

  /** It has answered, or given up. */
  hookEnded(call: HookCall, isAgreed: boolean): void {
    this.#tell("hookEnded", (it) => it.hookEnded?.(call, isAgreed));
  }

  /**
   * Nothing is under way: everything must be true now.
   *
   * @throws {InvariantViolation}
   */
  atRest(runtime: Lifecycle): void {
    this.#tell("atRest", (it) => it.atRest?.(runtime));
    if (this.#failure !== undefined) throw this.#failure;
  }

  #published(event: LifecycleEvent): void {
    this.#look();
    isSeen();
    this.#tell("published", (it) => it.published?.(event));
  }

  /** A client is told what came of its call: that must fit what others see of the object by then. */
  #isTold({ kind, id, runtime }: Call): void {
    isSeen();
    const isOfSandbox = kind === "StopPodSandbox" || kind === "RemovePodSandbox";
    const containers = isOfSandbox ? runtime.containers.values() : [runtime.containers.get(id)];
    for (const container of containers) void container?.status;
    this.#look();
  }

  /** Nobody but the checkers sees what they look at. */
  #tell(what: keyof Checker, hear: (checker: Checker) => void): void {
    footprints.unseen(() => {
      for (const checker of this.#hearersOf(what)) {
        try {
          hear(checker);
        } catch (error) {
          this.#fail(error);
        }
      }
    });
  }

  /** Most checkers hear of few things, and most runs see few of those happen. */
  #hearersOf(what: keyof Checker): readonly Checker[] {
    let hearers = this.#hearers.get(what);
    if (hearers === undefined) {
      hearers = this.#checkers.filter((it) => it[what] !== undefined);
      this.#hearers.set(what, hearers);
    }
    return hearers;
  }

  #look(): void {
    try {
      footprints.unseen(() => this.#sight.look());
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (error instanceof InvariantViolation && this.#isKnown(error)) return;
    this.#failure ??= error;
  }
}

/**
 * What the machine does to containers, and what clients ask, in whatever order; but not what clients are
 * told meanwhile, which must fit. So these two are used as one thing.
 */
const SIGHT = "sight";

/** Something that what clients are told must fit. */
function happens(): void {
  footprints.present?.touch(SIGHT, "add");
}

/** Clients are told something. */
function isSeen(): void {
  footprints.present?.touch(SIGHT, "read");
}
