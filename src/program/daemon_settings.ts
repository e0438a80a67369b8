import type { Config } from "../config.ts";
import type { Telemetry } from "../telemetry.ts";
import type { ImageSource } from "./import.ts";
import type { KernelName } from "./kernels.ts";

/** How a daemon is set up. */
export interface DaemonSettings {
  /** The machine that pods run on. */
  readonly kernel: KernelName;
  /** Of the simulated kernel. */
  readonly seed: number;
  /** Absolute, in a folder of mode 0700 that is made when it is missing. */
  readonly socketPath: string;
  /** Paths, programs and bounds. */
  readonly config: Config;
  /** Hears what it does. */
  readonly telemetry: Telemetry;
  /** A file that gets a line of JSON for every span, those of the kernel's calls included; none unless given. */
  readonly traceFile?: string;
  /** Images to take in before the first call is served. */
  readonly imports: readonly ImageSource[];
}

/** A daemon that serves. Disposing it ends it; its containers go on. */
export interface Daemon extends AsyncDisposable {
  /** Where it listens. */
  readonly socketPath: string;
}
