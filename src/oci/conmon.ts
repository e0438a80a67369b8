import type { Command } from "../kernel/processes.ts";
import { type OciRuntime, readableMessage } from "./runc.ts";

/** What conmon is asked to supervise (man 8 conmon). */
export interface ConmonOptions {
  readonly program: string;
  readonly id: string;
  readonly bundle: string;
  readonly pidFile: string;
  readonly exitDirectory: string;
  /** An absolute path; lines in CRI's log format are appended to it. */
  readonly logPath: string;
  readonly runtime: OciRuntime;
  readonly terminal: boolean;
  readonly stdin: boolean;
  /** Standard input stays open when an attached client leaves. */
  readonly keepsStdin: boolean;
}

/** The pipe that conmon answers on. */
export const SYNC_PIPE = 3;
/** The pipe that conmon waits on before it does anything. */
export const START_PIPE = 4;

/**
 * conmon's command line. `--sync` leaves out its double fork: the process that was spawned is the one
 * that stays, so its identity is known at once.
 */
export function conmonCommand(options: ConmonOptions): Command {
  return {
    program: options.program,
    args: [
      "--sync",
      ...["--api-version", "1"],
      ...["--cid", options.id],
      ...["--cuuid", options.id],
      ...["--name", options.id],
      ...["--runtime", options.runtime.program],
      ...["--runtime-arg", "--root", "--runtime-arg", options.runtime.root],
      ...["--bundle", options.bundle],
      ...["--container-pidfile", options.pidFile],
      ...["--exit-dir", options.exitDirectory],
      ...["--log-path", `k8s-file:${options.logPath}`],
      // Else the log is synced before the exit code is told, however long the disk takes (conmon.c, main).
      "--no-sync-log",
      ...["--log-level", "error"],
      "--full-attach",
      ...(options.terminal ? ["--terminal"] : []),
      ...(options.stdin ? ["--stdin"] : []),
      ...(options.keepsStdin ? ["--leave-stdin-open"] : []),
    ],
    // Where it leaves a file named "oom" when the kernel kills for want of memory (conmon oom.c).
    cwd: options.bundle,
    env: { _OCI_SYNCPIPE: `${SYNC_PIPE}`, _OCI_STARTPIPE: `${START_PIPE}` },
  };
}

/** conmon's word on a creation: the pid of init, or why there is none. */
export type ConmonAnswer =
  | { readonly kind: "created"; readonly pid: number }
  | { readonly kind: "failed"; readonly message: string };

/** Reads the line that conmon wrote on the sync pipe; "" when it ended without a word. */
export function parseConmonAnswer(line: string): ConmonAnswer {
  if (line === "") return { kind: "failed", message: "conmon ended without an answer" };
  let answer: unknown;
  try {
    answer = JSON.parse(line);
  } catch {
    return { kind: "failed", message: `conmon answered ${JSON.stringify(line.slice(0, 200))}` };
  }
  const { data, message } = (answer ?? {}) as { data?: unknown; message?: unknown };
  if (typeof data === "number" && Number.isSafeInteger(data) && data > 0) {
    return { kind: "created", pid: data };
  }
  const text = typeof message === "string" ? message.trim() : "";
  return { kind: "failed", message: readableMessage(text) };
}

/** Asks conmon to close its log file and open it anew (conmon ctrl.c). */
export const REOPEN_LOG = "2 0 0\n";
