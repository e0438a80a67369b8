import type { ExitStatus } from "../src/kernel/processes.ts";
import { check, libc } from "./libc.ts";

const P_PID = 1;
const P_PIDFD = 3;
const WEXITED = 4;
/** siginfo_t on 64 bits: si_code follows two numbers, si_status those of the process (man 2 waitid). */
const SIGINFO_BYTES = 128;
const SI_CODE = 8;
const SI_STATUS = 24;
const CLD_EXITED = 1;

/** Reaps a child that has ended and tells how; a real-time signal is told like any other. @throws {KernelError} ECHILD. */
export function reap(pidfd: number): ExitStatus {
  return wait(P_PIDFD, pidfd);
}

/** Reaps a child that was killed just now, as soon as it is dead. */
export function awaitKilled(pid: number): void {
  wait(P_PID, pid);
}

function wait(kind: number, id: number): ExitStatus {
  const info = new DataView(new ArrayBuffer(SIGINFO_BYTES));
  check("waitid", `${id}`, libc().waitid(kind, id, info.buffer, WEXITED));
  const status = info.getInt32(SI_STATUS, true);
  return info.getInt32(SI_CODE, true) === CLD_EXITED
    ? { kind: "exited", code: status }
    : { kind: "signaled", signal: status };
}
