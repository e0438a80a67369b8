import type { Command } from "../kernel/processes.ts";
import type { TerminalSize } from "../kernel/streams.ts";
import { type OciRuntime, readableMessage } from "./runc.ts";

/** Whatever conmon is asked for (man 8 conmon). */
interface CommonOptions {
  readonly program: string;
  /** The container's. */
  readonly id: string;
  readonly bundle: string;
  readonly pidFile: string;
  readonly runtime: OciRuntime;
}

/** What conmon is asked to supervise. */
export interface ConmonOptions extends CommonOptions {
  readonly exitDirectory: string;
  /** An absolute path; lines in CRI's log format are appended to it. */
  readonly logPath: string;
  readonly terminal: boolean;
  readonly stdin: boolean;
  /** Standard input stays open when an attached client leaves. */
  readonly keepsStdin: boolean;
}

/** The pipe that conmon answers on. */
export const SYNC_PIPE = 3;
/** The pipe that conmon waits on before it does anything. */
export const START_PIPE = 4;

/** The pipe on which conmon says that it can be attached to. */
export const ATTACH_PIPE = 5;

/** conmon's command line for a task. Without a double fork its identity is known at once. */
export function conmonCommand(options: ConmonOptions): Command {
  return {
    program: options.program,
    args: [
      ...commonArgs(options),
      ...["--name", options.id],
      ...["--bundle", options.bundle],
      ...["--exit-dir", options.exitDirectory],
      ...["--log-path", `k8s-file:${options.logPath}`],
      // Else the log is synced before the exit code is told, however long the disk takes (conmon.c, main).
      "--no-sync-log",
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

/** What conmon is asked to execute in a container. */
export interface ConmonExecOptions extends CommonOptions {
  /** Of the OCI process. Its path tells conmon and the runtime from what they start. */
  readonly processFile: string;
  /** For a command with a terminal: an empty folder in which conmon gives that out. */
  readonly consoleFolder: string | undefined;
}

/**
 * conmon's command line for a command in a container.
 *
 * Without a terminal: with "passthrough" the command itself gets the
 * output that conmon was given, and conmon ends with the command, whoever else holds that output: the
 * OCI runtime alone would copy it, and wait for all of them (RACES.md W22; runc, tty.go, Close).
 *
 * With a terminal: conmon holds that, and gives it out on a socket as it does a container's. It starts the
 * OCI runtime only when it is told so once more, so that nothing is printed before somebody reads
 * (conmon.c, main, `opt_attach`).
 */
export function conmonExecCommand(options: ConmonExecOptions): Command {
  const console = consoleOf(options.consoleFolder);
  return {
    program: options.program,
    args: [
      ...commonArgs(options),
      "--exec",
      ...["--exec-process-spec", options.processFile],
      ...console.args,
    ],
    // Its file named "oom" says then what the container's own conmon says: both watch one group.
    cwd: options.bundle,
    env: { _OCI_SYNCPIPE: `${SYNC_PIPE}`, ...console.env },
  };
}

/** How a command is connected to who reads what it prints. */
function consoleOf(folder: string | undefined): Pick<Command, "args" | "env"> {
  if (folder === undefined) return { args: ["--log-path", "passthrough"] };
  return {
    args: [
      ...["--log-path", "none"],
      ...["--terminal", "--exec-attach", "--full-attach"],
      ...["--bundle", folder],
    ],
    env: { _OCI_STARTPIPE: `${START_PIPE}`, _OCI_ATTACHPIPE: `${ATTACH_PIPE}` },
  };
}

/** `--sync` leaves out conmon's double fork: the process that was spawned is the one that stays. */
function commonArgs(options: CommonOptions): readonly string[] {
  return [
    "--sync",
    ...["--api-version", "1"],
    ...["--cid", options.id],
    ...["--cuuid", options.id],
    ...["--runtime", options.runtime.program],
    ...["--runtime-arg", "--root", "--runtime-arg", options.runtime.root],
    ...["--container-pidfile", options.pidFile],
    ...["--log-level", "error"],
  ];
}

/** Whether a process is a conmon, or an OCI runtime below it, that executes a command in a container. */
export function isExec(args: readonly string[]): boolean {
  return args.includes("--exec") || args.includes("exec");
}

/** conmon's word on a creation or an execution: the pid of the process, or why there is none. */
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

/**
 * The code in the line that conmon writes when what it has executed has ended: 128+n for signal n.
 * Undefined when it says none: it was killed, or the command was never its child (conmon, ctr_exit.c).
 */
export function parseExitCode(line: string): number | undefined {
  const [, code] = /^\{"data": (\d{1,3})\}$/.exec(line.trimEnd()) ?? [];
  return code === undefined ? undefined : Number(code);
}

/** Asks conmon to close its log file and open it anew (conmon ctrl.c). */
export const REOPEN_LOG = "2 0 0\n";

/** Asks conmon to give the terminal another size (conmon ctrl.c). */
export function resizeRequest({ columns, rows }: TerminalSize): string {
  return `1 ${rows} ${columns}\n`;
}

/** The most that conmon takes of one packet (conmon, conn_sock.h, CONN_SOCK_BUF_SIZE, with a NUL). */
export const ATTACH_PACKET_BYTES_MAX = 32_767;

/** Which output a packet of the attach socket is of: its first byte says so (conmon, utils.h, stdpipe_t). */
export function outputOf(packet: Uint8Array): "stdout" | "stderr" | undefined {
  if (packet[0] === 2) return "stdout";
  return packet[0] === 3 ? "stderr" : undefined;
}
