import { Context } from "../src/kernel/context.ts";
import { tolerate } from "../src/kernel/errno.ts";
import type { DiskUsage } from "../src/kernel/files.ts";
import { type Processes, SIGKILL } from "../src/kernel/processes.ts";
import { textOf } from "../src/utf8.ts";
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
): Promise<DiskUsage> {
  const command = { program: "sh", args: ["-c", SCRIPT, "sh", path] };
  const result = await runTool(processes, command);
  const [bytes, inodes] = [...result.stdout.matchAll(/^(\d+)\t/gm)].map(([, sum]) => Number(sum));
  // The exit code says nothing: a file that vanished on the way makes it 1.
  if (bytes === undefined || inodes === undefined) throw toolFailed("usage", path, result);
  return { bytes, inodes };
}

/** A path of the longest kind for each of some hundred trees. */
const SUMS_BYTES_MAX = 1024 * 1024;

/**
 * The same of several trees by path, until the context ends; trees that were counted by then stay. What counts
 * bytes and what counts inodes go through the trees together, so that the second finds in memory what the
 * first has read.
 */
export async function diskUsageOfEach(
  processes: Processes,
  paths: readonly string[],
  context: Context,
): Promise<ReadonlyMap<string, DiskUsage>> {
  if (paths.length === 0 || context.cause !== undefined) return new Map();
  const both = ["--block-size=1", "--inodes"].map((unit) => sums(processes, unit, paths, context));
  await Promise.allSettled(both);
  const [bytes, inodes] = await Promise.all(both);
  return new Map(paths.flatMap((path) => {
    const usage = { bytes: bytes?.get(path), inodes: inodes?.get(path) };
    return usage.bytes === undefined || usage.inodes === undefined
      ? []
      : [[path, usage as DiskUsage] as const];
  }));
}

/** By path, what du has said by the time that the context ends: it says each sum as soon as it knows it. */
async function sums(
  processes: Processes,
  unit: string,
  paths: readonly string[],
  context: Context,
): Promise<ReadonlyMap<string, number>> {
  using child = await processes.spawn({
    program: "du",
    args: ["-0sx", unit, "--", ...paths],
    env: { LC_ALL: "C" },
  }, { outputBytesMax: SUMS_BYTES_MAX });
  // A signal that comes too late is none.
  const end = () => void tolerate(child.signal(SIGKILL), "ESRCH").catch(() => {});
  using _ending = context.onCancel(end);
  await child.exited(Context.background());
  await child.outputEnded(Context.background());
  return parseSums(textOf(child.output().stdout));
}

/** Sums and what they are of, a NUL after each; one that was cut off is left out. */
export function parseSums(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\0").slice(0, -1);
  return new Map(lines.flatMap((line) => {
    const [, sum, path] = /^(\d+)\t(.*)$/s.exec(line) ?? [];
    return path === undefined ? [] : [[path, Number(sum)] as const];
  }));
}
