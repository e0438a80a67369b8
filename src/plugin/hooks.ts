import { messageOf, RuntimeError } from "../errors.ts";
import type { Clock } from "../kernel/clock.ts";
import { type Context, waitFor } from "../kernel/context.ts";
import type { ContainerRecord } from "../container/record.ts";
import type { SandboxRecord } from "../sandbox/record.ts";
import type { Told } from "./told.ts";

/**
 * Where plugins take part in the life of pods and containers; the verbs are NRI's
 * (https://github.com/containerd/nri). Plugins run one after another in the order in which they were
 * registered; for `stop*` and `remove*` in reverse.
 *
 * Failure: before an effect (`runPodSandbox`, `createContainer`, `startContainer`) an error fails the
 * operation, which is rolled back. After an effect (`post*`, `stop*`, `remove*`) it is logged, and the
 * rest go on: a plugin cannot keep a container alive. Every call is bounded, by its operation and by itself.
 *
 * Order: of one object one hook is called at a time, and its removal last. A plugin whose call was given up
 * is not waited for: its context is cancelled then.
 *
 * A life of the daemon knows nothing of what an earlier one has told: what begins an object is not told
 * again, its end is, where it comes in this life. What a crash caught before it was recorded, as a container
 * that was being created, goes without a word.
 */
export interface LifecyclePlugin {
  /** Names it in errors and log lines. */
  readonly name: string;
  /**
   * Before a sandbox is ready: its namespaces, cgroup and network are there, no container is. May
   * fail it.
   */
  runPodSandbox?(sandbox: SandboxRecord, context: Context): Promise<void>;
  /**
   * After its containers have ended, before its network and namespaces go. Again for each retry.
   */
  stopPodSandbox?(sandbox: SandboxRecord, context: Context): Promise<void>;
  /** Before its files go; also when its making failed. Again for each retry. */
  removePodSandbox?(sandbox: SandboxRecord, context: Context): Promise<void>;
  /** Before a container is visible: root file system and OCI spec are there. May fail it. */
  createContainer?(container: ContainerRecord, context: Context): Promise<void>;
  /** After the container was recorded and announced. */
  postCreateContainer?(container: ContainerRecord, context: Context): Promise<void>;
  /** Before the program may run: its init waits. May fail the start, which ends the container. */
  startContainer?(container: ContainerRecord, context: Context): Promise<void>;
  /** After the container was announced to run; it may have ended meanwhile. */
  postStartContainer?(container: ContainerRecord, context: Context): Promise<void>;
  /**
   * After a container has ended that was to run, once: it was stopped, it ended by itself, its start failed
   * or a restart has found it so. Nothing of it runs.
   */
  stopContainer?(container: ContainerRecord, context: Context): Promise<void>;
  /**
   * Before a container's files go, when it cannot be started any more; also when its creation failed. Again
   * for each retry.
   */
  removeContainer?(container: ContainerRecord, context: Context): Promise<void>;
}

/** The name of a hook. */
export type HookName = Exclude<keyof LifecyclePlugin, "name">;
type SandboxHook = "runPodSandbox" | "stopPodSandbox" | "removePodSandbox";
type ContainerHook = Exclude<HookName, SandboxHook>;

export interface HookOptions {
  readonly clock: Clock;
  /** Bound on each call of each plugin. */
  readonly timeoutMs: number;
  /** Told of the failures that do not fail the operation. */
  readonly onFailure: (plugin: string, hook: HookName, error: unknown) => void;
}

/** A plugin's failure as the operation's: with the plugin's code, if it gave one. */
function veto(plugin: LifecyclePlugin, hook: HookName, cause: unknown): RuntimeError {
  const code = cause instanceof RuntimeError ? cause.code : "UNKNOWN";
  const message = `plugin ${plugin.name}: ${hook} failed: ${messageOf(cause)}`;
  return new RuntimeError(code, message, { cause });
}

/** A sandbox, as far as plugins take part in its life. */
interface ToldSandbox {
  readonly record: SandboxRecord;
  readonly told: Told;
}

/** A container, likewise. */
interface ToldContainer {
  readonly record: ContainerRecord;
  readonly told: Told;
}

/** All plugins of a daemon as one. */
export class Hooks {
  readonly #plugins: readonly LifecyclePlugin[];

  constructor(plugins: readonly LifecyclePlugin[], readonly options: HookOptions) {
    this.#plugins = plugins;
  }

  async sandbox(
    hook: SandboxHook,
    { record, told }: ToldSandbox,
    context: Context,
  ): Promise<void> {
    await this.#inTurn(hook, told, context, (plugin, bounded) => plugin[hook]?.(record, bounded));
  }

  async container(
    hook: ContainerHook,
    { record, told }: ToldContainer,
    context: Context,
  ): Promise<void> {
    await this.#inTurn(hook, told, context, (plugin, bounded) => plugin[hook]?.(record, bounded));
  }

  /** One hook of an object at a time, and only what is still to be told of it. */
  async #inTurn(hook: HookName, told: Told, context: Context, call: HookCall): Promise<void> {
    if (this.#plugins.length === 0) return;
    try {
      using _turn = await told.turns.take(context);
      if (told.begin(hook)) await this.#call(hook, context, call);
    } catch (error) {
      if (canFail(hook)) throw error;
      for (const { name } of this.#plugins) this.options.onFailure(name, hook, error);
    }
  }

  async #call(hook: HookName, context: Context, call: HookCall): Promise<void> {
    const { clock, timeoutMs, onFailure } = this.options;
    for (const plugin of isUndoing(hook) ? this.#plugins.toReversed() : this.#plugins) {
      using bounded = context.within(clock, timeoutMs, `plugin ${plugin.name}: ${hook}`);
      try {
        const done = call(plugin, bounded);
        if (done !== undefined) await waitFor(done, bounded);
      } catch (error) {
        if (canFail(hook)) throw veto(plugin, hook, error);
        onFailure(plugin.name, hook, error);
      }
    }
  }
}

/** Calls one hook of one plugin. */
type HookCall = (plugin: LifecyclePlugin, context: Context) => Promise<void> | undefined;

function isUndoing(hook: HookName): boolean {
  return hook.startsWith("stop") || hook.startsWith("remove");
}

/** Whether a plugin may refuse what the hook comes before. */
function canFail(hook: HookName): boolean {
  return !isUndoing(hook) && !hook.startsWith("post");
}
