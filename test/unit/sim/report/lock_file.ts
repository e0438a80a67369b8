import { hasErrno } from "../../../../src/kernel/errno.ts";
import type { Kernel } from "../../../../src/kernel/kernel.ts";
import { inMacrotask, type Schedule, Simulation } from "../../../../sim/mod.ts";
import { type FailureReport, type RecordedRun, reportOf } from "../../../../sim/report/mod.ts";

const LOCK = "/run/app.lock";

/** Takes the lock if nobody has it. It looks first and writes then: that is its bug. */
async function takeLock({ files }: Kernel, owner: string): Promise<boolean> {
  try {
    await files.readFile(LOCK, 100);
    return false;
  } catch (error) {
    if (!hasErrno(error, "ENOENT")) throw error;
  }
  await files.writeFile(LOCK, owner);
  return true;
}

/** One run of two tasks that want the lock, and the state before and after. */
interface LockRun extends RecordedRun {
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly error: Error | undefined;
}

/** Runs it until both are done, or both are inside. */
export async function runLocks(schedule: Schedule): Promise<LockRun> {
  const simulation = new Simulation({ seed: 1, history: true, schedule });
  const daemon = simulation.bootDaemon(() => {});
  await inMacrotask(() => simulation.run());
  const before = simulation.snapshot();
  const inside = new Set<string>();
  for (const owner of ["alice", "bob"]) {
    daemon.spawn(`lock for ${owner}`, async (kernel) => {
      if (!await takeLock(kernel, owner)) return;
      inside.add(owner);
      await kernel.files.mkdir(`/run/work of ${owner}`);
      inside.delete(owner);
      await kernel.files.remove(LOCK);
    }, owner);
  }
  await inMacrotask(() => simulation.run({ until: () => inside.size > 1 }));
  const error = inside.size > 1
    ? new Error(`Mutual exclusion: ${[...inside].join(" and ")} both hold ${LOCK}`)
    : undefined;
  return { history: simulation.history, schedule, before, after: simulation.snapshot(), error };
}

/** Bob looks for the lock; Alice looks, and takes it; Bob takes it as well. */
export const RACE: Schedule = [
  { kind: "switch", at: "bob#3", to: "alice#1" },
  { kind: "switch", at: "alice#4", to: "bob#3" },
];

/** A lock file that two hold at once: a race that has nothing to do with containers. */
export async function lockReport(): Promise<FailureReport> {
  const failing = await runLocks(RACE);
  const passing = await runLocks([]);
  return reportOf({
    error: failing.error,
    replayCommand: "deno task sim replay lock.json",
    program: ["lock for alice", "lock for bob"],
    failing,
    passing,
    before: failing.before,
    after: failing.after,
    isMinimal: true,
  });
}
