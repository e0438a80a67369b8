import type { Kernel } from "../src/kernel/kernel.ts";
import { LinuxCgroups } from "./cgroups.ts";
import { linuxClock } from "./clock.ts";
import { LinuxFiles } from "./files.ts";
import { inheritNothing } from "./inherit.ts";
import { FreedMemory } from "./memory.ts";
import { linuxMounts } from "./mounts.ts";
import { LinuxNamespaces } from "./namespaces.ts";
import { Poller } from "./poller.ts";
import { LinuxProcesses } from "./processes.ts";
import { linuxRandom } from "./random.ts";
import { SpareNamespaces } from "./spare_namespaces.ts";
import { SqliteStore } from "./store.ts";

/** What the adapter of Linux needs to know. */
export interface LinuxKernelOptions {
  /** The database of the state, made when it is missing; its folder must be there. */
  readonly stateFile: string;
  /** Programs that are starting at the same time. */
  readonly concurrentPrograms?: number;
}

const CONCURRENT_PROGRAMS = 16;

/**
 * Linux, as the core sees it. Needs root. Disposing it closes the state and ends every wait; what it
 * started, mounted and pinned stays.
 *
 * @throws {KernelError} when the state cannot be opened.
 */
export function linuxKernel(options: LinuxKernelOptions): Kernel & Disposable {
  inheritNothing();
  const store = new SqliteStore(options.stateFile);
  const poller = new Poller();
  const concurrentPrograms = options.concurrentPrograms ?? CONCURRENT_PROGRAMS;
  const processes: LinuxProcesses = new LinuxProcesses(
    poller,
    concurrentPrograms,
    () => void freed.used(),
  );
  const freed = new FreedMemory(linuxClock, () => processes.idleMs());
  const spares = new SpareNamespaces(
    (command, options) => processes.spawnAside(command, options),
    processes,
  );
  const namespaces = new LinuxNamespaces(processes, spares);
  return {
    name: "linux",
    machine: { architecture: Deno.build.arch, kernelRelease: Deno.osRelease() },
    clock: linuxClock,
    random: linuxRandom,
    processes,
    files: new LinuxFiles(poller, processes),
    mounts: linuxMounts,
    namespaces,
    cgroups: new LinuxCgroups(),
    store,
    [Symbol.dispose]() {
      freed[Symbol.dispose]();
      namespaces[Symbol.dispose]();
      poller[Symbol.dispose]();
      store[Symbol.dispose]();
    },
  };
}
