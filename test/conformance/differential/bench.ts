import { assembleRuntime } from "../../../src/boot.ts";
import { type Config, DEFAULT_BOUNDS, DEFAULT_CONFIG } from "../../../src/config.ts";
import type { LifecycleEvent } from "../../../src/events.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import { recover } from "../../../src/recovery/recover.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { SILENT } from "../../../src/telemetry.ts";

/** What the image of these programs is called on both machines. */
export const IMAGE = "localhost/busybox:conform";

/** A machine that a program runs on, one life of the daemon after another. */
export interface Bench {
  readonly config: Config;
  /** The kernel of the present life, for looking at it: what is asked of it is no part of a recording. */
  readonly kernel: Kernel;
  /** Told after each step, when nothing moves any more by itself. */
  atRest(): void;
  /** Starts the first or the next life of the daemon; the one before must have ended. */
  boot(prepare: Config["prepare"], onEvent: (event: LifecycleEvent) => void): Promise<Runtime>;
  /** Ends this life; containers go on. */
  endLife(): Promise<void>;
  /** What the machine still has of pods, by its own means rather than the port's, a line each. */
  leftovers(): Promise<readonly string[]>;
}

/** Runs something on a machine and cleans up after it, whatever happens; watched by `watcher`, if given. */
export type RunOnBench = <T>(
  body: (bench: Bench) => Promise<T>,
  watcher?: Watcher,
) => Promise<T>;

/** Watches what the core asks of its kernel. */
export interface Watcher {
  /** The kernel of a new life, watched. */
  watch(kernel: Kernel): Kernel;
  /** See `Bench`. */
  atRest(): void;
}

/** Watches nothing. */
export const NOBODY: Watcher = { watch: (kernel) => kernel, atRest() {} };

/** Where a machine keeps things. */
export interface Folders {
  readonly root: string;
  readonly state: string;
  readonly cgroup: string;
  readonly cniConfig: string;
  readonly cniPrograms: string;
}

/** The configuration of both machines: the same paths, so that one's calls mean the same to the other. */
export function configOf(folders: Folders): Config {
  return {
    ...DEFAULT_CONFIG,
    root: folders.root,
    state: folders.state,
    cgroupParent: folders.cgroup,
    cni: { configDirectory: folders.cniConfig, binaryDirectories: [folders.cniPrograms] },
    bounds: { ...DEFAULT_BOUNDS, reaperFirstMs: 20 },
  };
}

/** The network of both machines: a pair of interfaces and an address, in a network of its own. */
export function networkList(leases: string): string {
  return JSON.stringify({
    cniVersion: "1.0.0",
    name: "conform",
    plugins: [{
      type: "ptp",
      ipam: {
        type: "host-local",
        dataDir: leases,
        ranges: [[{ subnet: "10.97.0.0/24" }]],
      },
    }],
  });
}

/** Starts a life of the daemon whose events are heard from the first on, recovery's too. */
export async function bootLife(
  kernel: Kernel,
  config: Config,
  onEvent: (event: LifecycleEvent) => void,
  onBug: (error: unknown) => void,
): Promise<Runtime> {
  const runtime = await assembleRuntime({ kernel, config, telemetry: SILENT, onBug });
  runtime.events.listen(onEvent);
  await recover(runtime);
  runtime.becomeReady();
  return runtime;
}
