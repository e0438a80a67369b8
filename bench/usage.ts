import type { StartedPod, Target } from "./cycle.ts";
import { cpuOf, helpersOf, listenerOf, memoryOf } from "./proc.ts";

/** What a server's own processes take while so many pods run, in megabytes; containers are not counted. */
export interface Memory {
  readonly pods: number;
  /** Proportional set of the daemon and all helpers together. */
  readonly pss: number;
  readonly daemonPss: number;
  readonly helpersPss: number;
  /** Resident set of the daemon: with all of what it shares. */
  readonly daemonRss: number;
}

/** Counts the CPU time of a server: of its daemon, from now on, and of the helpers that it is shown. */
export class CpuMeter {
  readonly #daemon: number;
  readonly #helpers = new Map<number, number>();

  #lapBegan: number;

  private constructor(daemon: number) {
    this.#daemon = daemon;
    this.#lapBegan = this.#seconds();
  }

  /** Undefined where the daemon cannot be seen. */
  static of({ socketPath }: Target): CpuMeter | undefined {
    const daemon = listenerOf(socketPath);
    return daemon === undefined ? undefined : new CpuMeter(daemon);
  }

  /** Looks at a pod's helpers; the last look counts. */
  look({ podSandboxId, containerId }: StartedPod): void {
    for (const pid of helpersOf([podSandboxId, containerId])) {
      const cpu = cpuOf(pid);
      // What the daemon waits for is counted with the daemon.
      if (cpu !== undefined && cpu.parent !== this.#daemon) this.#helpers.set(pid, cpu.seconds);
    }
  }

  /** Seconds since the last time that it was asked. */
  lap(): number {
    const seconds = this.#seconds();
    const lap = seconds - this.#lapBegan;
    this.#lapBegan = seconds;
    return lap;
  }

  #seconds(): number {
    const helpers = [...this.#helpers.values()].reduce((sum, it) => sum + it, 0);
    return (cpuOf(this.#daemon)?.seconds ?? Number.NaN) + helpers;
  }
}

/** What a server takes while it has exactly `pods`; undefined where the daemon cannot be seen. */
export function memoryOfServer(
  { socketPath }: Target,
  pods: readonly StartedPod[],
): Memory | undefined {
  const daemon = listenerOf(socketPath);
  if (daemon === undefined) return undefined;
  const { pss: daemonPss, rss: daemonRss } = memoryOf(daemon);
  const helpers = helpersOf(pods.flatMap((it) => [it.podSandboxId, it.containerId]));
  const helpersPss = helpers.reduce((sum, pid) => sum + memoryOf(pid).pss, 0);
  return { pods: pods.length, pss: daemonPss + helpersPss, daemonPss, helpersPss, daemonRss };
}
