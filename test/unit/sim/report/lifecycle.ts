import { programOf } from "../../../../sim/lifecycle/explore.ts";
import { runLifecycle } from "../../../../sim/lifecycle/run.ts";
import { inMacrotask } from "../../../../sim/mod.ts";
import { type FailureReport, reportOf } from "../../../../sim/report/mod.ts";

/** A long run of many tasks, with whatever its seed brought about, told as if it had failed at its end. */
export async function lifecycleReport(seed: number): Promise<FailureReport> {
  const { simulation } = await inMacrotask(() =>
    runLifecycle(programOf(seed), { seed, history: true, record: true })
  );
  const { history } = simulation;
  return reportOf({
    error: new Error("I13 deadlock: nothing moves"),
    replayCommand: `deno task sim --seed=${seed} --runs=1`,
    failing: { history, schedule: simulation.schedule() },
    after: simulation.snapshot(),
    waitText: simulation.waitText(),
  });
}
