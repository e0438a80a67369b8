import { programOf } from "../../../../sim/lifecycle/explore.ts";
import { runLifecycle } from "../../../../sim/lifecycle/run.ts";
import { inMacrotask, type Schedule } from "../../../../sim/mod.ts";
import { type FailureReport, reportOf } from "../../../../sim/report/mod.ts";

/**
 * A long run of many tasks, told as if it had failed at its end, beside the sequential one.
 *
 * @param every which deviations are kept: 1 for all that the seed brought about
 */
export async function lifecycleReport(seed: number, every: number = 1): Promise<FailureReport> {
  const program = programOf(seed);
  const recorded = await inMacrotask(() => runLifecycle(program, { seed, record: true }));
  const schedule = recorded.simulation.schedule().filter((_, index) => index % every === 0);
  const failing = await again(schedule);
  const { history, simulation } = failing;
  return reportOf({
    error: new Error("I13 deadlock: nothing moves"),
    replayCommand: `deno task sim --seed=${seed} --runs=1`,
    failing: { history, schedule },
    passing: await again([]),
    after: simulation.snapshot(),
    waitText: simulation.waitText(),
  });

  async function again(schedule: Schedule) {
    const options = { seed, schedule, history: true };
    const { simulation } = await inMacrotask(() => runLifecycle(program, options));
    return { history: simulation.history, simulation };
  }
}
