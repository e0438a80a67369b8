import { Context } from "./context.ts";
import { KernelError } from "./errno.ts";
import type { Kernel } from "./kernel.ts";
import type { ChildProcess, Command, ExitStatus } from "./processes.ts";
import { SIGKILL } from "./processes.ts";
import { textOf } from "../utf8.ts";

export interface RunOptions {
  readonly context: Context;
  /** Bound on the program's life; then it is killed. */
  readonly timeoutMs: number;
  readonly stdin?: string | Uint8Array;
  readonly outputBytesMax?: number;
}

/** What a helper program left behind. */
export interface RunResult {
  readonly status: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
}

const OUTPUT_BYTES_MAX = 1024 * 1024;
/** For the last output of a program that has ended; a descendant may hold its pipes open. */
const OUTPUT_DRAIN_MS = 1_000;
const KILL_MS = 5_000;

/**
 * Runs a helper program to its end. When the context ends or the time is up it is killed; what it
 * did until then is done.
 *
 * @throws {KernelError} ENOENT and the like when it cannot be executed.
 * @throws {RuntimeError} the context's cause, or DEADLINE_EXCEEDED.
 */
export async function run(
  kernel: Kernel,
  command: Command,
  options: RunOptions,
): Promise<RunResult> {
  options.context.throwIfCancelled();
  using child = await kernel.processes.spawn(command, {
    outputBytesMax: options.outputBytesMax ?? OUTPUT_BYTES_MAX,
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
  });
  using bounded = options.context.within(kernel.clock, options.timeoutMs, command.program);
  let status: ExitStatus;
  try {
    status = await child.exited(bounded);
  } catch (error) {
    await killed(kernel, child);
    throw error;
  }
  using drain = bounded.within(kernel.clock, OUTPUT_DRAIN_MS, `output of ${command.program}`);
  await child.outputEnded(drain).catch(() => {});
  const output = child.output();
  return { status, stdout: textOf(output.stdout), stderr: textOf(output.stderr) };
}

/** Kills a program and awaits its end, so that it does nothing more; not for ever, if it cannot die. */
export async function killed(kernel: Kernel, child: ChildProcess): Promise<void> {
  using bounded = Context.background().within(kernel.clock, KILL_MS, "killed program");
  await child.signal(SIGKILL).catch(() => {});
  await child.exited(bounded).catch(() => {});
}

/**
 * Runs a helper program that must succeed and returns its standard output.
 *
 * @throws {KernelError} with errno EIO and what it printed, when it ends with anything but 0.
 */
export async function runChecked(
  kernel: Kernel,
  command: Command,
  options: RunOptions,
): Promise<string> {
  const result = await run(kernel, command, options);
  if (hasSucceeded(result)) return result.stdout;
  throw programFailed(command, result);
}

/** Whether a program has ended with 0. */
export function hasSucceeded({ status }: Pick<RunResult, "status">): boolean {
  return status.kind === "exited" && status.code === 0;
}

/** A program's failure as an error: what it was asked, how it ended, what it printed. */
export function programFailed(command: Command, result: RunResult): KernelError {
  const { status } = result;
  const end = status.kind === "exited" ? `exit code ${status.code}` : `signal ${status.signal}`;
  const printed = (result.stderr.trim() || result.stdout.trim()).slice(-2_000);
  const detail = printed === "" ? end : `${end}: ${printed}`;
  return new KernelError("run", "EIO", `${command.program} ${command.args[0] ?? ""}`.trim(), {
    detail,
  });
}
