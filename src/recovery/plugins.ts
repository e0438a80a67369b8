import type { Context } from "../kernel/context.ts";
import type { ProcessEntry } from "../kernel/processes.ts";
import type { Runtime } from "../runtime.ts";
import { sandboxPaths } from "../sandbox/paths.ts";
import { openIfPresent } from "../task/task.ts";

/**
 * Waits for the network plugins among `processes`, which an earlier life has left at work: the address
 * that one is about to take would be taken after it was given back. As long as a plugin may take at
 * most; it may be another runtime's, so it is not killed.
 *
 * @throws {KernelError} when one cannot be looked at; {RuntimeError} the context's cause.
 */
export async function pluginsEnded(
  runtime: Runtime,
  processes: readonly ProcessEntry[],
  context: Context,
): Promise<void> {
  const folders = runtime.config.cni.binaryDirectories.map((it) => `${it}/`);
  const plugins = processes.filter(({ args: [program = ""] }) =>
    folders.some((it) => program.startsWith(it))
  );
  await haveEnded(runtime, plugins, context);
}

/**
 * The same for the program that makes the namespaces of a sandbox, whose arguments name where it pins them: it
 * would do so in a folder that is being removed.
 *
 * @throws as {@linkcode pluginsEnded}.
 */
export async function pinningEnded(
  runtime: Runtime,
  sandboxId: string,
  processes: readonly ProcessEntry[],
  context: Context,
): Promise<void> {
  const { directory } = sandboxPaths(runtime.config, sandboxId);
  const pinning = processes.filter(({ args }) => args.some((it) => it.includes(`=${directory}/`)));
  await haveEnded(runtime, pinning, context);
}

async function haveEnded(
  { kernel, config }: Runtime,
  processes: readonly ProcessEntry[],
  context: Context,
): Promise<void> {
  using bounded = context.within(kernel.clock, config.bounds.programMs, "programs left at work");
  for (const process of processes) {
    using handle = await openIfPresent(kernel, process);
    try {
      await handle?.exited(bounded);
    } catch (error) {
      context.throwIfCancelled();
      if (bounded.cause === undefined) throw error;
    }
  }
}
