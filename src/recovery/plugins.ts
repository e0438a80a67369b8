import type { Context } from "../kernel/context.ts";
import type { ProcessEntry } from "../kernel/processes.ts";
import type { Runtime } from "../runtime.ts";
import { openIfPresent } from "../task/task.ts";

/**
 * Waits for the network plugins among `processes`, which an earlier life has left at work: the address
 * that one is about to take would be taken after it was given back. As long as a plugin may take at
 * most; it may be another runtime's, so it is not killed.
 *
 * @throws {KernelError} when one cannot be looked at; {RuntimeError} the context's cause.
 */
export async function pluginsEnded(
  { kernel, config }: Runtime,
  processes: readonly ProcessEntry[],
  context: Context,
): Promise<void> {
  const folders = config.cni.binaryDirectories.map((it) => `${it}/`);
  using bounded = context.within(kernel.clock, config.bounds.programMs, "plugins left at work");
  for (const process of processes) {
    if (!folders.some((it) => process.args[0]?.startsWith(it))) continue;
    using handle = await openIfPresent(kernel, process);
    try {
      await handle?.exited(bounded);
    } catch (error) {
      context.throwIfCancelled();
      if (bounded.cause === undefined) throw error;
    }
  }
}
