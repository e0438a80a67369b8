import { assert, assertEquals, assertLess } from "@std/assert";
import { exhaust, type Exhaustion } from "../../../../sim/experiment/exhaust.ts";
import type { Experiment, ExperimentOptions, ExperimentResult, Sys } from "../../../../sim/mod.ts";
import { inMacrotask, RandomWalk, Simulation, traceOf } from "../../../../sim/mod.ts";
import { counting, explored } from "./toy.ts";

/** The files that each of several processes appends its number to, one after the other. */
type Writes = readonly (readonly string[])[];

/** How the files may look in the end. */
class Writing implements Experiment<Writes> {
  readonly name = "writing";
  readonly ends = new Set<string>();

  run(writes: Writes, { seed, explorer }: ExperimentOptions): ExperimentResult {
    explorer?.begin();
    const chooser = explorer ?? new RandomWalk(seed);
    const simulation = new Simulation({ seed, chooser, programs: { writer } });
    const { tree } = simulation.machine;
    const files = [...new Set(writes.flat())];
    for (const file of files) tree.write("test", file, "", 0o600);
    const { kernel } = simulation.bootDaemon(() => {});
    const spawning = simulation.spawn("spawn", async () => {
      for (const [index, own] of writes.entries()) {
        const command = { program: "writer", args: [String(index), ...own] };
        await kernel.processes.spawn(command, { outputBytesMax: 0 });
      }
    });
    let failure: unknown;
    try {
      // Spawned one after the other, and all at their first step.
      const hold = simulation.hold(/^writer/);
      simulation.run({ until: () => spawning.isSettled });
      hold.release();
      explored(simulation, explorer);
      simulation.run();
      this.ends.add(files.map((file) => `${file} ${tree.find(file)?.inode.content}`).join(", "));
    } catch (error) {
      failure = error;
    }
    return { failure, steps: simulation.scheduler.stepCount, simulation };
  }

  simpler = () => [];
  describe = () => [];
  parse = (data: unknown) => data as Writes;
}

async function writer(sys: Sys): Promise<number> {
  const [, number = "", ...files] = sys.args;
  for (const file of files) {
    const fd = await sys.open(file, "append");
    await sys.write(fd, number);
  }
  // Its end would meet those of the others in their parent.
  await new Promise(() => {});
  return 0;
}

function run<P>(
  experiment: Experiment<P>,
  program: P,
  preemptionsMax?: number,
): Promise<Exhaustion> {
  const bound = preemptionsMax === undefined ? {} : { preemptionsMax };
  return inMacrotask(() => exhaust(experiment, program, { seed: 1, runsMax: 5_000, ...bound }));
}

Deno.test("exhaust() finds the one way to lose an increment, and tells its schedule", async () => {
  const program = { tasks: [0, 0] };
  const { failing, failure } = await run(counting, program);
  assert(failure instanceof Error && failing !== undefined);
  assertEquals(failure.message, "an increment is lost");
  await inMacrotask(() => {
    const again = traceOf(counting, program, { seed: 1, schedule: failing });
    assertEquals(String(again.failure), String(failure));
  });
});

Deno.test("exhaust() within a bound finds what needs no more preemptions, and says what it left out", async () => {
  const none = await run(counting, { tasks: [0, 0] }, 0);
  assertEquals(none.failure, undefined);
  assertEquals(none.extent, "bounded");
  const one = await run(counting, { tasks: [0, 0] }, 1);
  assertEquals(String(one.failure), "AssertionError: an increment is lost");
});

Deno.test("exhaust() does the rest and no more: one schedule for what commutes", async () => {
  const apart = await run(new Writing(), [["/tmp/a", "/tmp/a"], ["/tmp/b"], ["/tmp/c"]]);
  assertEquals([apart.extent, apart.schedules], ["all", 1]);
});

Deno.test("exhaust() comes to every end that random walks come to", async () => {
  const programs: readonly Writes[] = [
    [["/tmp/a"], ["/tmp/a"], ["/tmp/a"]],
    [["/tmp/a", "/tmp/b"], ["/tmp/b", "/tmp/a"]],
    [["/tmp/a", "/tmp/b"], ["/tmp/b", "/tmp/c"], ["/tmp/c", "/tmp/a"]],
  ];
  for (const writes of programs) {
    const walked = new Writing();
    await inMacrotask(() => {
      for (let seed = 1; seed <= 400; seed++) walked.run(writes, { seed });
    });
    const explored = new Writing();
    const { extent, schedules } = await run(explored, writes);
    assertEquals(extent, "all");
    assertEquals([...explored.ends].toSorted(), [...walked.ends].toSorted());
    assertLess(schedules, 400);
    // As many preemptions as there are steps are no bound.
    const bounded = new Writing();
    assertEquals((await run(bounded, writes, 100)).extent, "all");
    assertEquals(bounded.ends, explored.ends);
  }
});

Deno.test("exhaust() ends when it is told to", async () => {
  const runs = await inMacrotask(() =>
    exhaust(counting, { tasks: [0, 0, 0] }, { seed: 1, preemptionsMax: 0, isOver: () => true })
  );
  assertEquals([runs.extent, runs.schedules], ["unfinished", 0]);
});
