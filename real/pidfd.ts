import { type Context } from "../src/kernel/context.ts";
import { hasErrno, KernelError } from "../src/kernel/errno.ts";
import type { ProcessHandle, ProcessIdentity } from "../src/kernel/processes.ts";
import { check, closeFd, libc, pollNow, SYS } from "./libc.ts";
import type { Poller } from "./poller.ts";
import { statOf } from "./proc.ts";

/**
 * A pidfd of whatever process has `pid` now.
 *
 * @throws {KernelError} ESRCH.
 */
export function pidfdOpen(pid: number): number {
  // Linux has no process 0, and takes a negative number for a bad argument rather than for nobody.
  if (!Number.isSafeInteger(pid) || pid <= 0) throw new KernelError("open", "ESRCH", `pid ${pid}`);
  try {
    return check("open", `pid ${pid}`, libc().syscall(SYS.pidfdOpen, BigInt(pid), 0n, 0n, 0n));
  } catch (error) {
    // The number of a thread that leads no process (pidfd_open in kernel/pid.c).
    const isThread = hasErrno(error, "EINVAL", "ENOENT");
    throw isThread ? new KernelError("open", "ESRCH", `pid ${pid}`, { cause: error }) : error;
  }
}

/**
 * Sends a signal to a process. Linux takes one for a zombie as well, and is asked first.
 *
 * @throws {KernelError} ESRCH when the process has ended; EINVAL for what is no signal.
 */
export function pidfdSignal(pidfd: number, pid: number, signal: number): void {
  // Readable once the last thread has ended (man 2 pidfd_open).
  if (pollNow(pidfd) !== 0) throw new KernelError("signal", "ESRCH", `pid ${pid}`);
  const result = libc().syscall(SYS.pidfdSendSignal, BigInt(pidfd), BigInt(signal), 0n, 0n);
  check("signal", `pid ${pid}`, result);
}

/**
 * Takes hold of a process.
 *
 * @throws {KernelError} ESRCH when there is none, or another with its pid, or it has ended.
 */
export function openProcess(process: number | ProcessIdentity, poller: Poller): ProcessHandle {
  const pid = typeof process === "number" ? process : process.pid;
  const pidfd = pidfdOpen(pid);
  try {
    const stat = statOf(pid);
    // It lives after its start time was read: so what was read was this process's.
    pidfdSignal(pidfd, pid, 0);
    const isAnother = typeof process !== "number" && stat?.startTime !== process.startTime;
    if (stat === undefined || isAnother) throw new KernelError("open", "ESRCH", `pid ${pid}`);
    return new Handle(pidfd, { pid, startTime: stat.startTime }, poller);
  } catch (error) {
    closeFd(pidfd);
    throw error;
  }
}

class Handle implements ProcessHandle {
  readonly #pidfd: number;
  readonly #poller: Poller;
  #isClosed = false;

  constructor(pidfd: number, readonly identity: ProcessIdentity, poller: Poller) {
    this.#pidfd = pidfd;
    this.#poller = poller;
  }

  async exited(context: Context): Promise<void> {
    this.#assertOpen("wait");
    await this.#poller.readable(this.#pidfd, context);
  }

  // deno-lint-ignore require-await
  async signal(signal: number): Promise<void> {
    this.#assertOpen("signal");
    pidfdSignal(this.#pidfd, this.identity.pid, signal);
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#poller.forget(this.#pidfd);
    closeFd(this.#pidfd);
  }

  /** The number may be another file's by now. */
  #assertOpen(verb: string): void {
    if (this.#isClosed) throw new KernelError(verb, "EBADF", `pid ${this.identity.pid}`);
  }
}
