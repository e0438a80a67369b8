import { assertEquals, assertRejects } from "@std/assert";
import type { HookName, LifecyclePlugin } from "../../src/plugin/hooks.ts";
import { HOOK_NAMES } from "../../sim/lifecycle/plugin.ts";
import { refuseOnce, type Scenario, scenario } from "./scenario.ts";

/** A plugin that writes down what it is told, and does what it is given to. */
function pluginOf(
  name: string,
  journal: string[],
  deeds: Partial<Record<HookName, () => Promise<void>>> = {},
): LifecyclePlugin {
  const hooks = HOOK_NAMES.map((hook) => [hook, () => {
    journal.push(`${name} ${hook}`);
    return deeds[hook]?.() ?? Promise.resolve();
  }]);
  return { name, ...Object.fromEntries(hooks) };
}

/** What one plugin was told, without what begins a pod. */
async function withPlugin(
  it: Scenario,
  deeds: Partial<Record<HookName, () => Promise<void>>> = {},
): Promise<string[]> {
  const journal: string[] = [];
  it.plugins = [pluginOf("a", journal, deeds)];
  await it.restart();
  return journal;
}

const refuse = () => Promise.reject(new Error("no"));
const hang = () => new Promise<void>(() => {});

scenario("N1: who agreed to a creation that another refuses is told of its end", async (it) => {
  const journal: string[] = [];
  it.plugins = [pluginOf("a", journal), pluginOf("b", journal, { createContainer: refuse })];
  await it.restart();
  const sandboxId = await it.run();
  await assertRejects(() => it.create(sandboxId, "true").promise, Error, "plugin b");
  assertEquals(journal.slice(2), [
    "a createContainer",
    "b createContainer",
    "b removeContainer",
    "a removeContainer",
  ]);
});

scenario("N2: a plugin that never answers keeps no failed start alive", async (it) => {
  const journal = await withPlugin(it, { startContainer: refuse, stopContainer: hang });
  const container = await it.created("sleep", "1000");
  const start = it.start(container);
  await it.simulation.idle();
  assertEquals(journal.at(-1), "a stopContainer");
  assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 0 times");
  await assertRejects(() => start.promise, Error, "plugin a: startContainer failed: no");
});

scenario("N3: two stops and a removal tell of one end, then of the removal", async (it) => {
  const asked = Promise.withResolvers<void>();
  const journal = await withPlugin(it, { stopContainer: () => asked.promise });
  const container = await it.running("sleep", "1000");
  const calls = [it.stop(container), it.stop(container), it.remove(container)];
  await it.simulation.idle();
  assertEquals(journal.slice(-2), ["a postStartContainer", "a stopContainer"]);
  asked.resolve();
  await Promise.all(calls.map(({ promise }) => promise));
  assertEquals(journal.slice(-3), [
    "a postStartContainer",
    "a stopContainer",
    "a removeContainer",
  ]);
});

scenario("N4: a restart that undoes a half-made pod tells of its removal", async (it) => {
  const journal = await withPlugin(it, { runPodSandbox: hang });
  const run = it.call("run", () => it.run());
  run.promise.catch(() => {});
  await it.simulation.idle();
  assertEquals(journal, ["a runPodSandbox"]);
  await it.restart();
  assertEquals([journal.at(-1), run.state], ["a removePodSandbox", "lost"]);
});

scenario("N5: of a removal that cannot be written down nobody is told", async (it) => {
  const journal = await withPlugin(it);
  const container = await it.created("sleep", "1000");
  refuseOnce(it.runtime.kernel.store, "commit", "ENOSPC");
  await assertRejects(() => it.remove(container).promise);
  await it.start(container).promise;
  assertEquals(journal.slice(-3), [
    "a postCreateContainer",
    "a startContainer",
    "a postStartContainer",
  ]);
});

scenario("N6: of a container that ends by itself plugins are told, once", async (it) => {
  const journal = await withPlugin(it);
  const container = await it.running("true");
  await it.simulation.idle();
  assertEquals(journal.at(-1), "a stopContainer");
  await it.stop(container).promise;
  await it.remove(container).promise;
  assertEquals(journal.slice(-2), ["a stopContainer", "a removeContainer"]);
});
