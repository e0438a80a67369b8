import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { lifecyclePrograms } from "../../../../sim/lifecycle/arbitrary.ts";
import { lifecycleExperiment } from "../../../../sim/lifecycle/experiment.ts";
import { parseProgram } from "../../../../sim/lifecycle/parse.ts";
import { addProbes, type ProbeCounts, type ProbeName } from "../../../../sim/lifecycle/probes.ts";
import { callOf, type LifecycleProgram, QUIET } from "../../../../sim/lifecycle/request.ts";
import { runLifecycle } from "../../../../sim/lifecycle/run.ts";
import { SITUATIONS, whole } from "../../../../sim/lifecycle/situations.ts";
import { inMacrotask } from "../../../../sim/mod.ts";

const RUNS = 40;

/** What each is there for, as far as a probe says, and in how many of its runs at least. */
const REACHED: Readonly<Record<string, readonly [ProbeName, number]>> = {
  commands: ["an exec is executed", 20],
  crowd: ["a prepared task is abandoned", 30],
  cutOffStart: ["killed between intent and start", 4],
  doubtfulCommits: ["a sandbox cannot be undone", 15],
  failedCreation: ["an object is tried again", 10],
  failedPreparation: ["a prepared task is abandoned", 20],
  failingStart: ["a start fails", 5],
  impatience: ["a client gives up a start", 8],
  logs: ["a log is rotated", 15],
  pods: ["killed while a sandbox is made", 8],
  powerCut: ["power lost while programs run", 2],
  shortLife: ["a program ends before its start is answered", 8],
  stuckEnd: ["UNKNOWN is seen", 2],
  updatedEnd: ["an end meets an update", 8],
  updatedStart: ["an update meets a start", 20],
  cutOffUpdate: ["killed in an update", 4],
};

Deno.test("SITUATIONS come to what they are there for, and nothing breaks in them", async () => {
  assertEquals(Object.keys(REACHED).filter((name) => !(name in SITUATIONS)), []);
  await inMacrotask(() => {
    for (const [name, situation] of Object.entries(SITUATIONS)) {
      let counts: ProbeCounts = {};
      const programs = fc.sample(whole(situation), { seed: 1, numRuns: RUNS });
      for (const [seed, program] of programs.entries()) {
        const { failure, reached } = runLifecycle(program, { seed });
        assertEquals(failure, undefined, `${name} ${seed}`);
        counts = addProbes(counts, reached);
      }
      const [probe, runsMin] = REACHED[name] ?? [];
      if (probe === undefined || runsMin === undefined) continue;
      assert((counts[probe] ?? 0) >= runsMin, `${name}: "${probe}" in ${counts[probe]} runs`);
    }
  });
});

Deno.test("parseProgram() reads every program that is drawn", () => {
  const drawn = lifecyclePrograms();
  for (const program of fc.sample(drawn, { seed: 1, numRuns: 100 })) {
    const data = JSON.parse(JSON.stringify(program));
    assertEquals(parseProgram(data), data);
  }
});

Deno.test("lifecyclePrograms() has no trouble that was not asked for", () => {
  const drawn = lifecyclePrograms([]);
  for (const program of fc.sample(drawn, { seed: 1, numRuns: 100 })) {
    assertEquals([program.incidents, program.faults], [[], []]);
  }
});

const PLACE = { sandbox: 0, container: 0 } as const;
const RUN = callOf({ kind: "RunPodSandbox", sandbox: 0, hasNetwork: false, sharesPids: false });
const CREATE = callOf({
  kind: "CreateContainer",
  place: PLACE,
  command: ["sleep", "1000"],
  sharesPids: false,
});
const START = callOf({ kind: "StartContainer", place: PLACE });

Deno.test("nothing goes wrong in the set-up of a run, and all of it with its clients", async () => {
  const faults = [{ name: "no processes", per10k: 10_000 }] as const;
  const executed = (program: Partial<LifecycleProgram>) =>
    runLifecycle({ ...QUIET, faults, ...program }, { seed: 1 }).simulation.machine.executions
      .length;
  await inMacrotask(() => {
    assertEquals(executed({ setup: [RUN, CREATE, START] }), 1);
    assertEquals(executed({ setup: [RUN, CREATE], clients: [[START]] }), 0);
  });
});

Deno.test("a start whose init dies by itself may be refused", async () => {
  await inMacrotask(() => {
    const messages: string[] = [];
    for (let seed = 1; seed <= 60; seed++) {
      const program = { ...QUIET, setup: [RUN, CREATE], clients: [[START]], exits: [PLACE] };
      const eager = { ...program, prepare: "eager" as const };
      const { failure, reached } = runLifecycle(eager, { seed });
      assertEquals(failure, undefined, `seed ${seed}`);
      messages.push(...reached);
    }
    assert(messages.includes("a start fails"));
  });
});

Deno.test("the set-up and the exits of a program are described, and taken away to simplify it", () => {
  const { describe, simpler } = lifecycleExperiment();
  const program = { ...QUIET, setup: [RUN, CREATE], clients: [[START]], exits: [PLACE] };
  assertEquals(describe(program), [
    "before all clients",
    "  RunPodSandbox s0",
    "  CreateContainer s0c0 [sleep 1000]",
    "client 1",
    "  StartContainer s0c0",
    "the init of s0c0 dies by itself",
  ]);
  const simple = [...simpler(program)];
  const keysOf = (it: LifecycleProgram) =>
    [it.setup ?? [], ...it.clients].map((calls) => calls.map(({ key }) => key));
  assertEquals(simple.map(keysOf), [
    [[], ["1.1"]],
    [["0.1", "0.2"], []],
    [["0.1"], ["1.1"]],
    [["0.2"], ["1.1"]],
    [["0.1", "0.2"], ["1.1"]],
  ]);
  assertEquals(simple.map((it) => it.exits?.length), [1, 1, 1, 1, 0]);
});
