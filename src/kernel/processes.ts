import type { Context } from "./context.ts";
import type { ByteSink, ByteSource } from "./streams.ts";

/**
 * Which process, whatever becomes of its pid: two processes never share pid and start time within one
 * boot (man 5 proc, stat field 22, in clock ticks since boot).
 */
export interface ProcessIdentity {
  /** As the daemon's PID namespace numbers it. Free for another process once this one is reaped. */
  readonly pid: number;
  /** Clock ticks from boot to its start, 100 a second on Linux (USER_HZ). */
  readonly startTime: number;
}

/**
 * One row of the process table. Whoever has ended is in it no more, whether anybody has reaped it or not:
 * when that is, nobody but its parent need know.
 */
export interface ProcessEntry extends ProcessIdentity {
  /** 0 for a process whose parent is outside of the daemon's PID namespace. */
  readonly parentPid: number;
  /**
   * Empty for kernel threads, and on Linux of who keeps whoever reads them: its memory is locked, or it executes
   * its program, for as long as a file server does not answer.
   */
  readonly args: readonly string[];
}

/** A program to execute. Nothing is inherited from the daemon but its namespaces and cgroups. */
export interface Command {
  /** An absolute path, or a name that is looked up in the daemon's PATH. */
  readonly program: string;
  /** Without the program's own name, which comes first in the process table. */
  readonly args: readonly string[];
  /** The whole environment; PATH is the daemon's when it is not named. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute; the daemon's own when it is not given. */
  readonly cwd?: string;
}

/** How a program is connected to the daemon. */
export interface SpawnOptions {
  /** Written to the program's standard input, which is then closed; /dev/null when absent. */
  readonly stdin?: string | Uint8Array;
  /** Kept of each of stdout and stderr, in bytes; the rest is read and dropped. 0 means /dev/null. */
  readonly outputBytesMax: number;
  /** Whether its standard streams are pipes whose other ends are in `ChildProcess.streams`, and nothing is kept. */
  readonly isStreamed?: boolean;
  /** Descriptors from 3 on that are pipes which the program reads and we write. */
  readonly childReads?: readonly number[];
  /** Descriptors from 3 on that are pipes which the program writes and we read. */
  readonly childWrites?: readonly number[];
  /** In a session of its own, so that it outlives the daemon. */
  readonly detached?: boolean;
}

/** How a process ended (man 2 waitpid): a code, or the number of the signal that killed it. */
export type ExitStatus =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signaled"; readonly signal: number };

/** What a program has written. */
export interface ProgramOutput {
  /** The first `outputBytesMax` bytes so far. */
  readonly stdout: Uint8Array;
  /** The first `outputBytesMax` bytes so far. */
  readonly stderr: Uint8Array;
  /** Whether `outputBytesMax` cut either. */
  readonly isTruncated: boolean;
}

/** The daemon's ends of a program's standard streams. Whoever has inherited them from it has them as well. */
export interface ChildStreams {
  /** What the program reads. */
  readonly stdin: ByteSink;
  /** What it prints. */
  readonly stdout: ByteSource;
  /** What it complains of. */
  readonly stderr: ByteSource;
}

/** A program that this daemon started. Its parent is this daemon, which reaps it. */
export interface ChildProcess extends Disposable {
  /**
   * Known before `spawn` returns, and never another process's, since only its parent can reap it.
   */
  readonly identity: ProcessIdentity;

  /**
   * Resolves when the program has ended and was reaped; its descendants may live on, and may hold
   * its output open. May be awaited any number of times.
   *
   * @throws {RuntimeError} the context's cause.
   */
  exited(context: Context): Promise<ExitStatus>;

  /**
   * Resolves when no process holds stdout or stderr open any more.
   *
   * @throws {RuntimeError} the context's cause.
   */
  outputEnded(context: Context): Promise<void>;

  /** What was written so far. Never a scheduling point. */
  output(): ProgramOutput;

  /** Of a program that was spawned with `isStreamed`. */
  readonly streams: ChildStreams | undefined;

  /**
   * Sends a signal. The effect may come before the reply.
   *
   * @throws {KernelError} ESRCH when it has ended, reaped or not.
   */
  signal(signal: number): Promise<void>;

  /**
   * Writes to pipe `fd`, and more may follow. It has to fit into the pipe.
   *
   * @throws {KernelError} EPIPE when the program has closed its end.
   */
  sendPipe(fd: number, data: string): Promise<void>;

  /**
   * Writes to pipe `fd` and closes our end.
   *
   * @throws {KernelError} EPIPE when the program has closed its end.
   */
  writePipe(fd: number, data: string): Promise<void>;

  /**
   * Reads pipe `fd` up to and including the first newline, or to its end: "" when there was nothing.
   *
   * @throws {RuntimeError} the context's cause.
   */
  readPipeLine(fd: number, context: Context): Promise<string>;

  /** Closes our ends of all pipes and forgets the output. The program is left alone. */
  [Symbol.dispose](): void;
}

/**
 * A process held by pidfd (man 2 pidfd_open), so that neither a signal nor a wait can hit another
 * process that got the same pid later. Need not be a child of the daemon.
 */
export interface ProcessHandle extends Disposable {
  /** Of the process that is held, alive or not. */
  readonly identity: ProcessIdentity;

  /**
   * Resolves when the process has terminated, reaped or not. May be awaited any number of times.
   *
   * @throws {RuntimeError} the context's cause.
   */
  exited(context: Context): Promise<void>;

  /**
   * Sends a signal (man 2 pidfd_send_signal). The effect may come before the reply.
   *
   * @throws {KernelError} ESRCH when it has ended, reaped or not.
   */
  signal(signal: number): Promise<void>;

  /** Closes the pidfd. */
  [Symbol.dispose](): void;
}

/** Processes. */
export interface Processes {
  /**
   * Executes a program. The reply may come later than the effect: after an error the program may
   * have run.
   *
   * @throws {KernelError} ENOENT no such program; EACCES; EAGAIN, EMFILE, ENOMEM out of resources.
   */
  spawn(command: Command, options: SpawnOptions): Promise<ChildProcess>;

  /**
   * Takes hold of a process, by its pid or, safe against a recycled pid, by its identity.
   *
   * @throws {KernelError} ESRCH when there is no such process, or another with its pid, or it has ended.
   */
  open(process: number | ProcessIdentity): Promise<ProcessHandle>;

  /**
   * The process table, in order of pid (man 5 proc). What `spawn` has started is in it with its own arguments
   * from the first. Costs milliseconds, since the arguments of each process are read: for recovery, and where
   * something has gone wrong.
   *
   * @throws {KernelError} EAGAIN when the arguments of too many cannot be read, and none may be missed.
   */
  list(): Promise<readonly ProcessEntry[]>;

  /**
   * The environment that a process was executed with (man 5 proc, /proc/PID/environ); none when it has ended,
   * or keeps whoever reads it. It may say anything.
   *
   * @throws {KernelError} as {@linkcode list} does.
   */
  environment(process: ProcessIdentity): Promise<Readonly<Record<string, string>>>;
}

/** Signal numbers that the core sends by itself (man 7 signal, x86 and ARM). */
export const SIGKILL = 9;
/** The polite request to end. */
export const SIGTERM = 15;
