import type { Processes } from "../src/kernel/processes.ts";
import { hasSucceeded } from "../src/kernel/run.ts";
import { runTool, toolFailed } from "./tool.ts";

/**
 * Removes trees of any size, mounted file systems left out. By rm, which climbs down and up by descriptors
 * of folders: Deno's own removal calls itself for each level, which overflows its stack at 5,000 to 15,000
 * of them, and that ends the process. Any container can have as many, since a path that starts in its working
 * directory is always short.
 *
 * @throws {KernelError} the first thing that rm could not remove; the rest is gone.
 */
export async function removeTrees(
  processes: Processes,
  paths: readonly string[],
): Promise<void> {
  const args = ["--recursive", "--force", "--one-file-system", "--", ...paths];
  const result = await runTool(processes, { program: "rm", args });
  if (hasSucceeded(result)) return;
  throw toolFailed("remove", paths.join(" "), result);
}
