import { join } from "@std/path";
import { containersDirectory } from "../../../src/container/paths.ts";
import { hasErrno } from "../../../src/kernel/errno.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import { type LogLine, parseLogLine } from "../../../src/program/follow_log.ts";
import { sandboxesDirectory, sandboxFilesDirectory } from "../../../src/sandbox/paths.ts";
import { exitDirectory, runtimeRoot, tasksDirectory } from "../../../src/task/paths.ts";
import { EXCLUDED_FILES } from "./exclusions.ts";
import type { Session } from "./session.ts";

const LOG_BYTES_MAX = 1024 * 1024;

/** Everything that the machine has of pods, a line each, as far as the port shows it. */
export async function inventory(
  { runtime, bench, names }: Session,
): Promise<readonly string[]> {
  const { config } = runtime;
  const { kernel } = bench;
  const lines: string[] = [];
  const mounts = await kernel.mounts.list(config.state);
  for (
    const folder of [
      tasksDirectory(config),
      exitDirectory(config),
      sandboxesDirectory(config),
      sandboxFilesDirectory(config),
      runtimeRoot(config),
      containersDirectory(config),
    ]
  ) await listFiles(kernel, folder, new Set(mounts), lines);
  lines.push(...mounts.map((it) => `mount ${it}`));
  for (const { table, id } of await kernel.store.load()) lines.push(`record ${table} ${id}`);
  for (const { id, record } of runtime.containers.values()) {
    const isEmpty = (await kernel.cgroups.processes(record.cgroup)).length === 0;
    lines.push(`cgroup of ${id}: ${isEmpty ? "empty" : "with processes"}`);
  }
  return lines.map((it) => `  ${names.text(it)}`)
    .filter((line) => !EXCLUDED_FILES.some(({ pattern }) => pattern.test(line)))
    .sort();
}

/** What every container has logged, without times: a line a stream, since two streams race. */
export async function logs(session: Session): Promise<readonly string[]> {
  const { kernel } = session.bench;
  const lines: string[] = [];
  for (const sandbox of [0, 1]) {
    const folder = session.logDirectory(sandbox);
    for (const name of await namesIn(kernel, folder)) {
      const bytes = await kernel.files.readFile(join(folder, name), LOG_BYTES_MAX);
      const entries = new TextDecoder().decode(bytes).split("\n").slice(0, -1).map(parseLogLine);
      for (const stream of ["stdout", "stderr"]) {
        const shown = wholeLines(entries.filter((it) => it.stream === stream));
        lines.push(`  s${sandbox}/${name} ${stream}: ${session.names.text(JSON.stringify(shown))}`);
      }
    }
  }
  return lines;
}

/**
 * Each line as its reader puts it together, with the tag of its last entry: how many reads of conmon a
 * line comes in is a race between it and the program.
 */
function wholeLines(entries: readonly LogLine[]): readonly string[] {
  const lines: string[] = [];
  let begun = "";
  for (const [index, { isWhole, text }] of entries.entries()) {
    begun += text;
    if (!isWhole && index < entries.length - 1) continue;
    lines.push(`${isWhole ? "F" : "P"} ${begun}`);
    begun = "";
  }
  return lines;
}

async function listFiles(
  kernel: Kernel,
  folder: string,
  mounts: ReadonlySet<string>,
  lines: string[],
): Promise<void> {
  for (const name of await namesIn(kernel, folder)) {
    const path = join(folder, name);
    const stat = await kernel.files.stat(path);
    if (stat === undefined) continue;
    lines.push(`${stat.kind} ${path}`);
    // What a mount shows is the image's, or nobody's.
    if (stat.kind === "directory" && !mounts.has(path)) {
      await listFiles(kernel, path, mounts, lines);
    }
  }
}

async function namesIn(kernel: Kernel, folder: string): Promise<readonly string[]> {
  try {
    return await kernel.files.list(folder);
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return [];
    throw error;
  }
}
