import type { Process } from "./process.ts";

/**
 * Told what happens on a machine, at the instant at which it does, whatever anybody reports of it: for
 * oracles and probes. It only looks on.
 */
export interface MachineObserver {
  /** A process became one of a container's: by its role, or as a child of one. */
  joined?(process: Process): void;
  /** A container's process became the user's program. */
  executed?(process: Process): void;
  /** A process has ended, and is a zombie now. */
  died?(process: Process): void;
  /** A signal was sent; by nobody when it was the kernel's. Death and handling are later steps. */
  signalled?(target: Process, signal: number, sender: Process | undefined): void;
  /** A process entered the namespaces of another, found by its pid. */
  enteredNamespaces?(process: Process, target: Process): void;
  /** The kernel has chosen a process to kill for want of memory. */
  oomKilled?(victim: Process): void;
  /** A process hangs at a system call. */
  hung?(process: Process): void;
  /** A container's process wrote to a pipe: how its output leaves it. */
  wrote?(process: Process, pipe: object, bytes: Uint8Array): void;
}
