import type { Cgroups } from "./cgroups.ts";
import type { Clock } from "./clock.ts";
import type { Files } from "./files.ts";
import type { Mounts } from "./mounts.ts";
import type { Namespaces } from "./namespaces.ts";
import type { Processes } from "./processes.ts";
import type { Random } from "./random.ts";
import type { StateStore } from "./store.ts";

/**
 * What the core may ask of the operating system. The line is drawn at Linux, not at runc: whatever is
 * ours and can race, fail or crash runs above it, on the simulated kernel as on the real one. Adapters
 * decide nothing.
 *
 * Every promise that a kernel returns is a point at which operations interleave; between two of them
 * nothing else runs.
 */
export interface Kernel {
  readonly name: "sim" | "linux";
  readonly clock: Clock;
  readonly random: Random;
  readonly processes: Processes;
  readonly files: Files;
  readonly mounts: Mounts;
  readonly namespaces: Namespaces;
  readonly cgroups: Cgroups;
  readonly store: StateStore;
}
