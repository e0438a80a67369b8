import type { ContainerRecord } from "../../src/container/record.ts";
import { RuntimeError } from "../../src/errors.ts";
import type { SharedMap } from "../../src/kernel/shared_memory.ts";
import { type Context, sleep } from "../../src/kernel/context.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import type { HookName, LifecyclePlugin } from "../../src/plugin/hooks.ts";
import type { SandboxRecord } from "../../src/sandbox/record.ts";

/** Every hook that a plugin can have, in the order of a pod's life. */
export const HOOK_NAMES = [
  "runPodSandbox",
  "createContainer",
  "postCreateContainer",
  "startContainer",
  "postStartContainer",
  "stopContainer",
  "removeContainer",
  "stopPodSandbox",
  "removePodSandbox",
] as const satisfies readonly HookName[];

/**
 * What a plugin can do in a hook other than to agree at once: refuse, agree when some time has passed, wait
 * until it is told to give up, or never answer, whatever it is told.
 */
export const PLUGIN_DEEDS = ["refuses", "takes time", "waits", "hangs"] as const;

/** Something that a plugin does in one of its hooks, once. */
export interface PluginAct {
  readonly hook: HookName;
  /** Which of the calls of that hook it is, over all lives of the daemon; 1 is the first. */
  readonly nth: number;
  readonly does: typeof PLUGIN_DEEDS[number];
  /** Virtual time that passes before, or until it agrees. */
  readonly ms: number;
}

/** What a plugin does in all of its calls but those that are named: it agrees, when others had their turn. */
export type PluginPlan = readonly PluginAct[];

/** A call of a hook, as it is under way. */
export interface HookCall {
  /** Who is called. */
  readonly plugin: string;
  readonly hook: HookName;
  /** Of the container or sandbox. */
  readonly id: string;
  /** Of the sandbox, or that the container is in. */
  readonly sandboxId: string;
  /** Ends when nobody waits for the answer any more. */
  readonly context: Context;
}

/** Hears of each call of a hook when it comes, and when the plugin has answered. */
export interface HookListener {
  hookCalled(call: HookCall): void;
  hookEnded(call: HookCall, isAgreed: boolean): void;
}

/** How often each hook of each plugin was called: outlives the daemon, as a plugin does. */
export type HookCounts = SharedMap<string, number>;

/** What the plugins of one life of the daemon stand on. */
export interface PluginHost {
  readonly kernel: Kernel;
  readonly counts: HookCounts;
  readonly listener: HookListener;
  /** False when everybody is to agree. */
  readonly mayAct: () => boolean;
  /** False once that life is over: a client's cancel may wake code of it that is left, and that calls nobody. */
  readonly isAlive: () => boolean;
}

/** The plugins of a life of the daemon, one for each plan. */
export function pluginsOf(
  plans: readonly PluginPlan[],
  host: PluginHost,
): readonly LifecyclePlugin[] {
  const names = pluginNames(plans);
  return plans.map((plan, index) => pluginOf(names[index] ?? "", plan, host));
}

/** What they are called, in the order in which they are asked. */
export function pluginNames(plans: readonly PluginPlan[]): readonly string[] {
  return plans.map((_, index) => `plugin ${index + 1}`);
}

/** A plugin that takes part in everything. */
function pluginOf(name: string, plan: PluginPlan, host: PluginHost): LifecyclePlugin {
  const hooks = HOOK_NAMES.map((hook) => [
    hook,
    (record: SandboxRecord | ContainerRecord, context: Context) => {
      const sandboxId = "sandboxId" in record ? record.sandboxId : record.id;
      return answer({ plugin: name, hook, id: record.id, sandboxId, context }, plan, host);
    },
  ]);
  return { name, ...Object.fromEntries(hooks) };
}

async function answer(
  call: HookCall,
  plan: PluginPlan,
  { kernel, counts, listener, mayAct, isAlive }: PluginHost,
): Promise<void> {
  if (!isAlive()) return await new Promise(() => {});
  const { plugin, hook, context } = call;
  const key = `${plugin} ${hook}`;
  const nth = (counts.get(key) ?? 0) + 1;
  counts.set(key, nth);
  listener.hookCalled(call);
  let isAgreed = false;
  try {
    const act = mayAct() ? plan.find((it) => it.hook === hook && it.nth === nth) : undefined;
    await sleep(kernel.clock, act?.ms ?? 0, context);
    if (act?.does === "refuses") throw new RuntimeError("FAILED_PRECONDITION", "it does not agree");
    if (act?.does === "waits") await givenUp(context);
    if (act?.does === "hangs") await new Promise(() => {});
    isAgreed = true;
  } finally {
    if (isAlive()) listener.hookEnded(call, isAgreed);
  }
}

/** @throws {RuntimeError} the context's cause, once it has one. */
function givenUp(context: Context): Promise<never> {
  return new Promise((_, reject) => void context.onCancel(reject));
}

/** What a plugin does, as one line of a report. */
export function describeAct({ hook, nth, does, ms }: PluginAct): string {
  return `${does} at call ${nth} of ${hook}${ms === 0 ? "" : `, after ${ms} ms`}`;
}
