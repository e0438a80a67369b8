import { Context } from "../src/kernel/context.ts";
import { KernelError } from "../src/kernel/errno.ts";
import type { Command, ExitStatus, Processes } from "../src/kernel/processes.ts";
import { textOf } from "../src/utf8.ts";

const OUTPUT_BYTES_MAX = 64 * 1024;

/** How a small program of the host ended, and what it printed. */
export interface ToolResult {
  readonly status: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a small program of the host to its end, in the C locale. @throws {KernelError} ENOENT and the like. */
export async function runTool(processes: Processes, command: Command): Promise<ToolResult> {
  const localized = { ...command, env: { LC_ALL: "C", ...command.env } };
  using child = await processes.spawn(localized, { outputBytesMax: OUTPUT_BYTES_MAX });
  const status = await child.exited(Context.background());
  await child.outputEnded(Context.background());
  const { stdout, stderr } = child.output();
  return { status, stdout: textOf(stdout), stderr: textOf(stderr) };
}

/** What the C library says for an errno, the other way round. */
const TEXTS: readonly (readonly [string, string])[] = [
  ["No space left on device", "ENOSPC"],
  ["No such file or directory", "ENOENT"],
  ["Operation not permitted", "EPERM"],
  ["Permission denied", "EACCES"],
  ["Invalid argument", "EINVAL"],
  ["Not a directory", "ENOTDIR"],
  ["Cannot allocate memory", "ENOMEM"],
  ["Resource temporarily unavailable", "EAGAIN"],
  ["Too many open files", "EMFILE"],
  ["Device or resource busy", "EBUSY"],
  ["Directory not empty", "ENOTEMPTY"],
  ["Read-only file system", "EROFS"],
  ["Too many levels of symbolic links", "ELOOP"],
];

/** A tool's failure as the error that it printed: the reason ends a line, what is before it may be anybody's name. */
export function toolFailed(verb: string, subject: string, result: ToolResult): KernelError {
  const lines = result.stderr.split("\n");
  const errno = TEXTS.find(([text]) => lines.some((it) => it.endsWith(`: ${text}`)))?.[1] ?? "EIO";
  const { status } = result;
  const end = status.kind === "exited" ? `exit code ${status.code}` : `signal ${status.signal}`;
  return new KernelError(verb, errno, subject, { detail: result.stderr.trim() || end });
}
