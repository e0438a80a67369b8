import type { ProcessEntry } from "../kernel/processes.ts";
import type { Runtime } from "../runtime.ts";
import { forwardsPortOf } from "../sandbox/socat.ts";
import { endProcess } from "../task/reap.ts";

/**
 * Ends what has forwarded ports of a sandbox for an earlier life: its clients have lost their connections with
 * that, and it would keep the network of a pod that is stopped (RACES.md D4).
 *
 * @throws {KernelError} EMFILE; {RuntimeError} DEADLINE_EXCEEDED when it does not die.
 */
export async function endForwards(
  runtime: Runtime,
  sandboxId: string,
  processes: readonly ProcessEntry[],
): Promise<void> {
  const { kernel, config } = runtime;
  const left = processes.filter(({ args }) => forwardsPortOf(config, sandboxId, args));
  if (left.length === 0) return;
  using bounded = runtime.rollbackContext();
  for (const process of left) await endProcess(kernel, process, bounded);
}
