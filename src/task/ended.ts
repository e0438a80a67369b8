import { messageOf } from "../errors.ts";
import { type Context, sleep } from "../kernel/context.ts";
import { hasErrno, KernelError } from "../kernel/errno.ts";
import type { ProcessHandle } from "../kernel/processes.ts";
import type { Runtime } from "../runtime.ts";

/**
 * Waits until a process has terminated, for whoever watches it as long as the daemon lives. What keeps the
 * kernel from telling (no memory, no more watches) is no end of the process: it is asked again, further and
 * further apart, or nobody would see the end.
 *
 * @throws {RuntimeError} the context's cause; {KernelError} EBADF when its handle was disposed.
 */
export async function processEnded(
  { kernel, config, telemetry }: Pick<Runtime, "kernel" | "config" | "telemetry">,
  process: ProcessHandle,
  context: Context,
): Promise<void> {
  let pauseMs = config.bounds.reaperFirstMs;
  while (true) {
    try {
      return await process.exited(context);
    } catch (error) {
      if (!(error instanceof KernelError) || hasErrno(error, "EBADF")) throw error;
      telemetry.log("error", "cannot watch a process yet", {
        pid: process.identity.pid,
        error: messageOf(error),
      });
    }
    await sleep(kernel.clock, pauseMs, context);
    pauseMs = Math.min(pauseMs * 2, config.bounds.reaperLongestMs);
  }
}
