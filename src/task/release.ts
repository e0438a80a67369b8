import type { Config } from "../config.ts";
import { RuntimeError } from "../errors.ts";
import { type Context, firstOf } from "../kernel/context.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { taskPaths } from "./paths.ts";
import type { Task } from "./task.ts";

/**
 * Lets the task's init execute the user's program: opens exec.fifo, takes the byte that init writes
 * when it gets there, and unlinks the fifo, as `runc start` does. Init may have died before, so that
 * nobody will ever write (RACES.md A5): its pidfd is watched at the same time. It may also have run
 * and ended while we looked away: when the death is seen first, the fifo is asked once more (A6).
 *
 * @throws {RuntimeError} FAILED_PRECONDITION when init died without being released; the context's cause,
 * and then it is not known whether the program runs.
 */
export async function releaseTask(
  kernel: Kernel,
  config: Config,
  id: string,
  task: Task,
  context: Context,
): Promise<void> {
  const { execFifo } = taskPaths(config, id);
  using bounded = context.within(
    kernel.clock,
    config.bounds.taskReleaseMs,
    `release task "${id}"`,
  );
  using fifo = await kernel.files.openFifo(execFifo);
  const isReleased = await firstOf(
    bounded,
    async (race) => (await fifo.read(race)).length > 0,
    async (race) => {
      await task.init.exited(race);
      return false;
    },
  );
  if (!isReleased && (await fifo.tryRead()).length === 0) {
    throw new RuntimeError("FAILED_PRECONDITION", "container process is already dead");
  }
  await kernel.files.remove(execFifo);
}
