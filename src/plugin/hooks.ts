import { messageOf, RuntimeError } from "../errors.ts";
import type { Clock } from "../kernel/clock.ts";
import { type Context, waitFor } from "../kernel/context.ts";
import type { ContainerRecord } from "../container/record.ts";
import type { SandboxRecord } from "../sandbox/record.ts";

/**
 * Where plugins take part in the life of pods and containers; the verbs are NRI's
 * (https://github.com/containerd/nri). Plugins run one after another in the order in which they were
 * registered; for `stop*` and `remove*` in reverse.
 *
 * Failure: before an effect (`runPodSandbox`, `createContainer`, `startContainer`) an error fails the
 * operation, which is rolled back. After an effect (`post*`, `stop*`, `remove*`) it is logged, and the
 * rest go on: a plugin cannot keep a container alive. Every
 * call is bounded, by its operation and by itself.
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
  /** After StopContainer has ended a container, and when a start has failed. */
  stopContainer?(container: ContainerRecord, context: Context): Promise<void>;
  /** Before a container's files go; also when its creation failed. Again for each retry. */
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

/** All plugins of a daemon as one. */
export class Hooks {
  readonly #plugins: readonly LifecyclePlugin[];

  constructor(plugins: readonly LifecyclePlugin[], readonly options: HookOptions) {
    this.#plugins = plugins;
  }

  async sandbox(hook: SandboxHook, sandbox: SandboxRecord, context: Context): Promise<void> {
    await this.#call(hook, context, (plugin, bounded) => plugin[hook]?.(sandbox, bounded));
  }

  async container(hook: ContainerHook, record: ContainerRecord, context: Context): Promise<void> {
    await this.#call(hook, context, (plugin, bounded) => plugin[hook]?.(record, bounded));
  }

  async #call(
    hook: HookName,
    context: Context,
    call: (plugin: LifecyclePlugin, context: Context) => Promise<void> | undefined,
  ): Promise<void> {
    const { clock, timeoutMs, onFailure } = this.options;
    const isUndoing = hook.startsWith("stop") || hook.startsWith("remove");
    const canFail = !isUndoing && !hook.startsWith("post");
    for (const plugin of isUndoing ? this.#plugins.toReversed() : this.#plugins) {
      using bounded = context.within(clock, timeoutMs, `plugin ${plugin.name}: ${hook}`);
      try {
        const done = call(plugin, bounded);
        if (done !== undefined) await waitFor(done, bounded);
      } catch (error) {
        if (canFail) throw veto(plugin, hook, error);
        onFailure(plugin.name, hook, error);
      }
    }
  }
}
