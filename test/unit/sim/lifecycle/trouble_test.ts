import { assert, assertEquals } from "@std/assert";
import { RuntimeError } from "../../../../src/errors.ts";
import { core } from "../../../../sim/lifecycle/core.ts";
import type { Operations } from "../../../../sim/lifecycle/operations.ts";
import {
  type ClientCall,
  type LifecycleProgram,
  QUIET,
} from "../../../../sim/lifecycle/request.ts";
import { runLifecycle } from "../../../../sim/lifecycle/run.ts";
import { inMacrotask, Simulation } from "../../../../sim/mod.ts";
import { countsOf } from "../../../../sim/lifecycle/pace.ts";

const RUN: ClientCall = {
  request: { kind: "RunPodSandbox", sandbox: 0, hasNetwork: false, sharesPids: false },
};

function program(changes: Partial<LifecycleProgram>): LifecycleProgram {
  return { ...QUIET, clients: [[RUN]], ...changes };
}

Deno.test("a client makes a call that is refused as often as it says", async () => {
  const counts: number[] = [];
  const refusing: Operations = async (kernel, options) => {
    const refuse = () => {
      counts.push((counts.pop() ?? 0) + 1);
      return Promise.reject(new RuntimeError("UNAVAILABLE", "not now"));
    };
    return { ...await core(kernel, options), runPodSandbox: refuse };
  };
  await inMacrotask(() => {
    for (const triesMax of [undefined, 1, 3]) {
      const call = triesMax === undefined ? RUN : { ...RUN, triesMax };
      counts.push(0);
      runLifecycle(program({ clients: [[call]] }), { seed: 1, operations: refusing });
    }
  });
  assertEquals(counts, [1, 1, 3]);
});

Deno.test("a daemon that was killed is away for a while", async () => {
  const lives: number[] = [];
  const clocked: Operations = (kernel, options) => {
    lives.push(kernel.clock.monotonicMs());
    return core(kernel, options);
  };
  await inMacrotask(() => {
    for (const awayMs of [0, 5_000]) {
      const incidents = [{ kind: "daemon killed", afterSteps: 20, choice: 0, awayMs } as const];
      const { failure } = runLifecycle(program({ incidents }), { seed: 1, operations: clocked });
      assertEquals(failure, undefined);
    }
  });
  const [first = 0, second = 0, third = 0, fourth = 0] = lives;
  assertEquals(lives.length, 4);
  assert(second - first < 1_000);
  assert(fourth - third >= 5_000);
});

Deno.test("countsOf() counts steps, those of one task, commits, or births", async () => {
  await inMacrotask(() => {
    const simulation = new Simulation({ seed: 1 });
    const counts = { "steps": 0, "own steps": 0, "commits": 0, "forks": 0 };
    const daemon = simulation.bootDaemon(async ({ store, processes }) => {
      await store.commit([]);
      using child = await processes.spawn({ program: "sh", args: ["-c", "true; echo"] }, {
        outputBytesMax: 0,
      });
      await simulation.idle();
      assert(child.identity.pid > 0);
    });
    simulation.onStep((step) => {
      for (const pace of ["steps", "own steps", "commits", "forks"] as const) {
        if (countsOf(pace, daemon.boot.task)(step)) counts[pace]++;
      }
    });
    assertEquals(simulation.run().kind, "done");
    // A commit and a spawn are two steps each, their answer is the second.
    assertEquals([counts.commits, counts.forks], [2, 2]);
    assert(counts["own steps"] >= 4);
    assert(counts.steps > counts["own steps"]);
  });
});
