import { RuntimeError } from "../errors.ts";
import { type Context, sleep } from "./context.ts";
import { KernelError } from "./errno.ts";
import type { Kernel } from "./kernel.ts";
import type { Command } from "./processes.ts";
import { run, type RunOptions, type RunResult } from "./run.ts";

export interface FillOptions extends Omit<RunOptions, "timeoutMs"> {
  /** What the program fills. */
  readonly directory: string;
  /** How long nothing may come. */
  readonly stallMs: number;
}

/** How often the folder is looked at in that time. */
const LOOKS = 10;
/** Even one that goes on filling comes to an end. */
const PROGRAM_MS_MAX = 24 * 3_600_000;

/**
 * Runs a program that fills a folder, for as long as it does: how long a large image takes on a slow line
 * nobody can tell before. One that has added nothing for `stallMs` is killed.
 *
 * @throws as {@linkcode run}; {RuntimeError} DEADLINE_EXCEEDED when nothing has come.
 */
export async function runFilling(
  kernel: Kernel,
  command: Command,
  options: FillOptions,
): Promise<RunResult> {
  using context = options.context.child();
  const watching = endWhenStalled(kernel, command, options, context);
  try {
    return await run(kernel, command, { ...options, context, timeoutMs: PROGRAM_MS_MAX });
  } finally {
    context.cancel();
    await watching;
  }
}

async function endWhenStalled(
  kernel: Kernel,
  { program }: Command,
  { directory, stallMs }: FillOptions,
  context: Context,
): Promise<void> {
  let last: string | undefined;
  for (let stalled = 0; stalled < LOOKS;) {
    await sleep(kernel.clock, stallMs / LOOKS, context).catch(() => {});
    if (context.cause !== undefined) return;
    const size = await sizeOf(kernel, directory) ?? last;
    stalled = size === last ? stalled + 1 : 0;
    last = size;
  }
  const why = `${program}: nothing has come for ${stallMs} ms`;
  context.cancel(new RuntimeError("DEADLINE_EXCEEDED", why));
}

/** Undefined when it cannot be measured now: perhaps the next time. */
async function sizeOf({ files }: Kernel, directory: string): Promise<string | undefined> {
  try {
    const { bytes, inodes } = await files.usage(directory);
    return `${bytes} ${inodes}`;
  } catch (error) {
    if (error instanceof KernelError) return undefined;
    throw error;
  }
}
