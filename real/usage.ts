import type { Processes } from "../src/kernel/processes.ts";
import { runTool, toolFailed } from "./tool.ts";

/** Twice, since du counts one thing at a time; the second finds everything in memory. */
const SCRIPT = 'du -sx --block-size=1 -- "$1"; du -sx --inodes -- "$1"';

/**
 * Allocated bytes and inodes of a tree, hard links once, not crossing into other file systems. By du,
 * which takes no time of the event loop.
 */
export async function diskUsage(
  processes: Processes,
  path: string,
): Promise<{ readonly bytes: number; readonly inodes: number }> {
  const command = { program: "sh", args: ["-c", SCRIPT, "sh", path] };
  const result = await runTool(processes, command);
  const [bytes, inodes] = [...result.stdout.matchAll(/^(\d+)\t/gm)].map(([, sum]) => Number(sum));
  // The exit code says nothing: a file that vanished on the way makes it 1.
  if (bytes === undefined || inodes === undefined) throw toolFailed("usage", path, result);
  return { bytes, inodes };
}
