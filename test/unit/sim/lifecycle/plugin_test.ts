import { assert, assertEquals } from "@std/assert";
import { SharedMap } from "../../../../src/kernel/shared_memory.ts";
import { Context } from "../../../../src/kernel/context.ts";
import { describeAct, type HookCall, pluginsOf } from "../../../../sim/lifecycle/plugin.ts";
import { inMacrotask, Simulation } from "../../../../sim/mod.ts";
import { isPending, sandboxRecordWith } from "../../fakes.ts";

const REFUSAL = { hook: "runPodSandbox", nth: 2, does: "refuses", ms: 0 } as const;

Deno.test("a plugin of the simulator does what its plan says, and agrees else", async () => {
  const heard: string[] = [];
  const listener = {
    hookCalled: ({ plugin, hook }: HookCall) => void heard.push(`${plugin}: ${hook}`),
    hookEnded: (_: HookCall, isAgreed: boolean) => void heard.push(isAgreed ? "agreed" : "no"),
  };
  await inMacrotask(() => {
    const simulation = new Simulation({ seed: 1 });
    simulation.bootDaemon(async (kernel) => {
      const host = {
        kernel,
        counts: new SharedMap<string, number>(),
        listener,
        mayAct: () => true,
        isAlive: () => true,
      };
      const [plugin] = pluginsOf([[REFUSAL]], host);
      for (let i = 0; i < 3; i++) {
        await plugin?.runPodSandbox?.(sandboxRecordWith(), new Context()).catch(() => {});
      }
    });
    simulation.run();
  });
  const called = "plugin 1: runPodSandbox";
  assertEquals(heard, [called, "agreed", called, "no", called, "agreed"]);
  assertEquals(describeAct(REFUSAL), "refuses at call 2 of runPodSandbox");
});

Deno.test("a plugin of the simulator hears nothing of a life that is over", async () => {
  const fail = () => {
    throw new Error("It is told");
  };
  const { kernel } = await inMacrotask(() => new Simulation({ seed: 1 }).bootDaemon(() => {}));
  const listener = { hookCalled: fail, hookEnded: fail };
  const host = {
    kernel,
    counts: new SharedMap<string, number>(),
    listener,
    mayAct: () => true,
    isAlive: () => false,
  };
  const [plugin] = pluginsOf([[]], host);
  const told = plugin?.runPodSandbox?.(sandboxRecordWith(), new Context());
  assert(told !== undefined && await isPending(told));
});
