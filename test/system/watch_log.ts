import { dirname } from "@std/path";

import { atMost } from "./daemon.ts";

/** An entry of a log in CRI's format, taken apart. */
export interface LogEntry {
  readonly time: string;
  readonly stream: string;
  readonly tag: string;
  readonly text: string;
}

const ENTRY =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(?:Z|[+-]\d\d:\d\d)) (stdout|stderr) ([FP]) (.*)$/s;

/** Resolves with all whole entries of the log at `path` as soon as `isDone` says that they are enough. */
export async function untilLogged(
  path: string,
  isDone: (entries: readonly LogEntry[]) => boolean,
): Promise<readonly LogEntry[]> {
  using watch = Deno.watchFs(dirname(path));
  const look = (): readonly LogEntry[] | undefined => {
    const entries = readLog(path);
    return isDone(entries) ? entries : undefined;
  };
  const search = async () => {
    const found = look();
    if (found !== undefined) return found;
    for await (const _change of watch) {
      const entries = look();
      if (entries !== undefined) return entries;
    }
    throw new Error(`the watch of ${path} ended`);
  };
  try {
    return await atMost(search(), `the log ${path}`);
  } catch (error) {
    throw new Error(`${path} has ${JSON.stringify(readLog(path)).slice(0, 2_000)}`, {
      cause: error,
    });
  }
}

/**
 * The entries of a log.
 *
 * @throws {Error} for a line that is not in CRI's format.
 */
export function readLog(path: string): readonly LogEntry[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return text.split("\n").slice(0, -1).map((line) => {
    const [, time, stream, tag, content] = ENTRY.exec(line) ?? [];
    if (time === undefined || stream === undefined || tag === undefined) {
      throw new Error(`${JSON.stringify(line)} is not in CRI's log format`);
    }
    return { time, stream, tag, text: content ?? "" };
  });
}
