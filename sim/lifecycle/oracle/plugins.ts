import type { ContainerStatus } from "../../../src/container/state.ts";
import type { HookName } from "../../../src/plugin/hooks.ts";
import type { HookCall } from "../plugin.ts";
import type { ContainerView, Lifecycle, SandboxView } from "../operations.ts";
import type { Process } from "../../world/process.ts";
import type { Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/** What one plugin was told of one object. */
interface Told {
  readonly plugin: string;
  readonly sandboxId: string;
  /** The last call of each hook, over all lives of the daemon. */
  readonly calls: Map<HookName, HookCall>;
  /** What this life of the daemon has told it. */
  readonly now: Set<HookName>;
}

/**
 * I23: what a plugin may refuse does not happen without its consent; what it is told is true when it is told;
 * of one object it is told one thing at a time, and of its end last.
 */
export class Plugins implements Checker {
  /** By object, then by plugin. */
  readonly #told = new Map<string, Map<string, Told>>();
  /** Not answered yet, of this life. */
  readonly #underWay = new Set<HookCall>();
  readonly #agreed = new Set<HookCall>();
  /** Sandboxes that cannot be found any more, in this life. */
  readonly #gone = new Set<string>();
  /** Containers that have ended in this life. */
  readonly #ended = new Set<string>();

  /** @param names of all plugins */
  constructor(readonly facts: Facts, readonly names: readonly string[]) {}

  hookCalled(call: HookCall): void {
    const { plugin, hook, id, sandboxId } = call;
    const what = () => `${plugin} is told ${hook} of ${short(id)}`;
    this.#requireOrder(call, what);
    this.#requireTruth(call, what);
    this.#underWay.add(call);
    let ofObject = this.#told.get(id);
    if (ofObject === undefined) this.#told.set(id, ofObject = new Map());
    const told = ofObject.get(plugin) ??
      { plugin, sandboxId, calls: new Map(), now: new Set() };
    told.calls.set(hook, call);
    told.now.add(hook);
    ofObject.set(plugin, told);
  }

  hookEnded(call: HookCall, isAgreed: boolean): void {
    this.#underWay.delete(call);
    if (isAgreed) this.#agreed.add(call);
  }

  executed({ container }: Process): void {
    if (container?.role !== "init") return;
    // A pod's own init has no hooks.
    if (!this.facts.containers.has(container.containerId)) return;
    this.#requireConsent(container.containerId, "startContainer");
  }

  appeared({ id }: ContainerView, isLoaded: boolean): void {
    if (!isLoaded) this.#requireConsent(id, "createContainer");
  }

  sandboxAppeared(sandbox: SandboxView, isReady: boolean): void {
    this.sandboxChanged(sandbox, isReady);
  }

  sandboxChanged({ id }: SandboxView, isReady: boolean): void {
    if (isReady) this.#requireConsent(id, "runPodSandbox");
  }

  changed({ id, status }: ContainerView, before: ContainerStatus): void {
    if (status.state === "EXITED" && before.state !== "EXITED") this.#ended.add(id);
  }

  vanished({ id }: ContainerView): void {
    if (this.#ended.delete(id)) this.#requireWord(id, "stopContainer");
    this.#requireWord(id, "removeContainer");
  }

  /** One that could not be recorded as ready can be found for a moment, and is undone after that. */
  sandboxVanished({ id }: SandboxView): void {
    this.#gone.add(id);
  }

  lifeEnded(): void {
    this.#underWay.clear();
    this.#gone.clear();
    this.#ended.clear();
    for (const ofObject of this.#told.values()) {
      for (const told of ofObject.values()) told.now.clear();
    }
  }

  /** Of what never came to be, whoever was told of its beginning was told of its end. */
  atRest({ containers, sandboxes }: Lifecycle): void {
    // Who takes half a minute is still being told.
    const waitedFor = [...this.#underWay].filter((it) => it.context.cause === undefined);
    const underWay = new Set(waitedFor.map(({ id }) => id));
    for (const id of this.#ended.difference(underWay)) this.#requireWord(id, "stopContainer");
    for (const id of this.#gone) this.#requireWord(id, "removePodSandbox");
    for (const [id, ofObject] of this.#told) {
      if (containers.get(id) !== undefined || sandboxes.get(id) !== undefined) continue;
      for (const { plugin, sandboxId, calls, now } of ofObject.values()) {
        if (now.size === 0) continue;
        const end = endOf(id, sandboxId);
        hold(calls.has(end), "I23", () => `${plugin} was never told ${end} of ${short(id)}`);
      }
    }
  }

  /** One thing at a time, unless nobody waits for the one before any more; and nothing after the end. */
  #requireOrder({ plugin, hook, id, sandboxId }: HookCall, what: () => string): void {
    for (const other of this.#underWay) {
      const meets = other.plugin === plugin && other.id === id && other.context.cause === undefined;
      hold(!meets, "I23", () => `${what()} while it is told ${other.hook}`);
    }
    const now = this.#told.get(id)?.get(plugin)?.now;
    const end = endOf(id, sandboxId);
    hold(hook === end || !now?.has(end), "I23", () => `${what()} after ${end}`);
    hold(hook !== "stopContainer" || !now?.has(hook), "I23", () => `${what()} twice`);
  }

  #requireTruth({ hook, id, sandboxId, plugin }: HookCall, what: () => string): void {
    const { machine, runtime } = this.facts;
    const state = runtime?.containers.get(id)?.status.state;
    const isVisible = state !== undefined;
    const running = (containerId: string) =>
      this.facts.inside(containerId).filter((it) => it.hasExecuted);
    const pod = this.#told.get(sandboxId)?.get(plugin);
    switch (hook) {
      case "createContainer":
        hold(!isVisible, "I23", () => `${what()}, which is there already`);
        break;
      case "postCreateContainer":
        hold(isVisible, "I23", () => `${what()}, which is not there`);
        break;
      case "startContainer":
        hold(machine.inits.has(id), "I23", () => `${what()}, which has no init`);
        hold(machine.startCount(id) === 0, "I23", () => `${what()}, whose program was executed`);
        break;
      case "postStartContainer":
        hold(state !== "CREATED", "I23", () => `${what()}, which is CREATED`);
        break;
      case "stopContainer":
        hold(state === "EXITED", "I23", () => `${what()}, which is ${state}`);
        break;
      case "removeContainer":
        hold(running(id).length === 0, "I23", () => `${what()}: ${this.facts.text(id)}`);
        break;
      case "runPodSandbox":
        break;
      case "stopPodSandbox":
      case "removePodSandbox":
        for (const [containerId, record] of this.facts.containers) {
          if (record.sandboxId !== id) continue;
          const isThere = hook === "removePodSandbox" &&
            runtime?.containers.get(containerId) !== undefined;
          hold(
            running(containerId).length === 0 && !isThere,
            "I23",
            () => `${what()} before container ${short(containerId)} is gone`,
          );
        }
    }
    const begins = hook === "createContainer" || hook === "startContainer";
    const podEnds = pod?.now.has("stopPodSandbox") || pod?.now.has("removePodSandbox");
    hold(!begins || !podEnds, "I23", () => `${what()}, whose pod has ended`);
  }

  #requireConsent(id: string, hook: HookName): void {
    for (const name of this.names) {
      const call = this.#told.get(id)?.get(name)?.calls.get(hook);
      const isAgreed = call !== undefined && this.#agreed.has(call);
      hold(isAgreed, "I23", () => `${short(id)} goes on without ${name}'s consent to ${hook}`);
    }
  }

  #requireWord(id: string, hook: HookName): void {
    for (const name of this.names) {
      const isTold = this.#told.get(id)?.get(name)?.calls.has(hook) ?? false;
      hold(isTold, "I23", () => `${short(id)} has ended, and ${name} was not told ${hook}`);
    }
  }
}

/** The hook that is told of an object last. */
function endOf(id: string, sandboxId: string): HookName {
  return id === sandboxId ? "removePodSandbox" : "removeContainer";
}
