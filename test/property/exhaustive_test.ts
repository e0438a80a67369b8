import { assert } from "@std/assert";
import type { Choice } from "../../sim/chooser.ts";
import { Explorer, RedundantRun } from "../../sim/experiment/explorer.ts";
import { TraceHash } from "../../sim/experiment/trace_hash.ts";
import type { Footprint } from "../../sim/footprint.ts";
import { type Pair, pairProgram } from "../../sim/lifecycle/pairs.ts";
import type { LifecycleProgram } from "../../sim/lifecycle/request.ts";
import { runLifecycle } from "../../sim/lifecycle/run.ts";
import { inMacrotask } from "../../sim/mod.ts";
import { Prng } from "../../sim/random.ts";
import { OwnSchedule } from "./own_schedule.ts";

/** Small enough to be exhausted in a moment, and each with races of its own. */
const SMALL: readonly (readonly [Pair, LifecycleProgram["prepare"]])[] = [
  [["start", "start"], "eager"],
  [["remove", "remove"], "eager"],
  [["run", "create"], "lazy"],
  [["create", "remove"], "lazy"],
  [["stop-sandbox", "remove-sandbox"], "eager"],
];

Deno.test("whatever random schedule is run, one that differs only in the order of steps that commute was explored", async () => {
  await inMacrotask(() => {
    for (const [pair, prepare] of SMALL) {
      const program = pairProgram(pair, prepare);
      const explored = tracesOf(program);
      for (let seed = 1; seed <= 150; seed++) {
        const random = new RandomSchedule(seed);
        const { failure } = runLifecycle(program, { seed: 1, explorer: random });
        if (failure !== undefined) throw failure;
        const text = `${pair.join("+")} ${prepare}: not the schedule of seed ${seed}`;
        assert(explored.has(random.hash.value), text);
      }
    }
  });
});

/** A number for each schedule that is explored; all differ. */
function tracesOf(program: LifecycleProgram): ReadonlySet<number> {
  const explorer = new Explorer();
  const traces = new Set<number>();
  do {
    const { failure } = runLifecycle(program, { seed: 1, explorer });
    if (failure instanceof RedundantRun) continue;
    if (failure !== undefined) throw failure;
    assert(!traces.has(explorer.trace), "No schedule is run twice");
    traces.add(explorer.trace);
  } while (explorer.next());
  return traces;
}

/** Takes any step that can be taken. */
class RandomSchedule extends OwnSchedule {
  readonly hash = new TraceHash();
  readonly #random: Prng;
  #step = "";

  constructor(seed: number) {
    super();
    this.#random = new Prng(seed, "schedule");
  }

  protected override choose(runnable: readonly Choice[]): number {
    const index = this.#random.below(runnable.length);
    this.#step = runnable[index]?.provenance ?? "";
    return index;
  }

  protected override took(footprint: Footprint): void {
    this.hash.add(this.#step, footprint);
  }
}
