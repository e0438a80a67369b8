import type { Cgroups } from "./cgroups.ts";
import type { Clock } from "./clock.ts";
import type { Files } from "./files.ts";
import type { Mounts } from "./mounts.ts";
import type { Namespaces } from "./namespaces.ts";
import type { Processes } from "./processes.ts";
import type { Random } from "./random.ts";
import type { StateStore } from "./store.ts";

/** The machine as seccomp profiles tell machines apart (man 2 uname). */
export interface MachineFacts {
  /** "x86_64", "aarch64". */
  readonly architecture: string;
  /** "6.1.0-18-amd64". */
  readonly kernelRelease: string;
}

/**
 * What the core may ask of the operating system. The line is drawn at Linux, not at runc: whatever is
 * ours and can race, fail or crash runs above it, on the simulated kernel as on the real one. Adapters
 * decide nothing.
 *
 * Every promise that a kernel returns is a point at which operations interleave; between two of them
 * nothing else runs.
 */
export interface Kernel {
  /** "sim" for a simulated machine, whose pods are no processes of this host. */
  readonly name: "sim" | "linux";
  /** The same as long as the daemon lives. */
  readonly machine: MachineFacts;
  /** Time: on the simulated kernel it moves only when its scheduler says so. */
  readonly clock: Clock;
  /** Chance: on the simulated kernel a function of its seed. */
  readonly random: Random;
  /** Programs to start, and processes to signal and await. */
  readonly processes: Processes;
  /** The host's file systems, from their root. */
  readonly files: Files;
  /** The daemon's mount namespace. */
  readonly mounts: Mounts;
  /** Namespaces that are kept by a path instead of a process. */
  readonly namespaces: Namespaces;
  /** Control groups in every hierarchy that is mounted. */
  readonly cgroups: Cgroups;
  /** The daemon's own durable state; one daemon at a time has it. */
  readonly store: StateStore;
}
