import { dirname } from "@std/path";

import type { Container } from "../container/container.ts";
import { type Context, firstOf } from "../kernel/context.ts";
import { hasErrno } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { textOf } from "../utf8.ts";

/** A line of a container's log, without its end (CRI log format). */
export interface LogLine {
  readonly time: string;
  readonly stream: string;
  /** False for a part of a line that goes on in the next entry. */
  readonly isWhole: boolean;
  readonly text: string;
}

const LOG_BYTES_MAX = 64 * 1024 * 1024;

/** The log of a container from its beginning, as it is written, until the container has ended. */
export async function* followLog(
  kernel: Kernel,
  container: Container,
  context: Context,
): AsyncGenerator<LogLine> {
  const path = container.record.logPath;
  using watch = await kernel.files.watch(dirname(path), "changes");
  let shownChars = 0;
  let hasEnded = false;
  while (true) {
    const text = await readLog(kernel, path);
    const end = text.lastIndexOf("\n") + 1;
    for (const line of text.slice(shownChars, end).split("\n").slice(0, -1)) {
      yield parseLogLine(line);
    }
    shownChars = Math.max(shownChars, end);
    if (hasEnded) return;
    // conmon has written all there is before it tells of the end.
    hasEnded = await firstOf(
      context,
      async (race) => {
        await watch.next(race);
        return false;
      },
      async (race) => {
        await container.ended(race);
        return true;
      },
    );
  }
}

/** Reads `TIME STREAM TAG TEXT`. */
export function parseLogLine(line: string): LogLine {
  const [, time = "", stream = "", tag = "", text = ""] = /^(\S+) (\S+) (\S+) (.*)$/s.exec(line) ??
    [];
  return { time, stream, isWhole: tag !== "P", text };
}

async function readLog(kernel: Kernel, path: string): Promise<string> {
  try {
    return textOf(await kernel.files.readFile(path, LOG_BYTES_MAX));
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return "";
    throw error;
  }
}
