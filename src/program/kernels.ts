import { join } from "@std/path";

import type { RealTime } from "../../sim/mod.ts";
import type { Config } from "../config.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { onceNeeded } from "./once_needed.ts";

/** Which machine pods run on: this one, or one in memory. */
export type KernelName = "linux" | "sim";

/** Every {@linkcode KernelName}. */
export const KERNEL_NAMES: readonly KernelName[] = ["linux", "sim"];

/** So many processes that people who play with it do not run out of them. */
const SIM_PID_MAX = 32_768;

/** A kernel, and what lets go of it. */
export interface OpenKernel extends Disposable {
  readonly kernel: Kernel;
}

/** Opens a kernel. Its modules are loaded here, so that nobody else needs the rights of Linux's. */
export async function openKernel(
  name: KernelName,
  { config, seed }: { readonly config: Config; readonly seed: number },
): Promise<OpenKernel> {
  return name === "linux" ? await openLinux(config) : await openSim(seed);
}

async function openLinux(config: Config): Promise<OpenKernel> {
  const { linuxKernel } = await import("../../real/kernel.ts");
  const kernel = linuxKernel({
    stateFile: join(config.root, "state.sqlite"),
    concurrentPrograms: config.bounds.concurrentPrograms,
  });
  return { kernel, [Symbol.dispose]: () => kernel[Symbol.dispose]() };
}

/** A simulated machine for people to play with, with an image on it and a clock that goes with ours. */
async function openSim(seed: number): Promise<OpenKernel> {
  const sim: typeof import("../../sim/mod.ts") = await import(onceNeeded("../../sim/mod.ts"));
  const lifecycle: typeof import("../../sim/lifecycle/run.ts") = await import(
    onceNeeded("../../sim/lifecycle/run.ts")
  );
  const { runLive, Simulation } = sim;
  const simulation = new Simulation({ seed, pidMax: SIM_PID_MAX });
  lifecycle.seedImage(simulation);
  const { kernel } = simulation.bootDaemon(() => {});
  const live = runLive(simulation, HOST_TIME);
  return { kernel, [Symbol.dispose]: () => live[Symbol.dispose]() };
}

const HOST_TIME: RealTime = {
  monotonicMs: () => performance.now(),
  after(ms, fire) {
    if (ms > 0) {
      const timer = setTimeout(fire, ms);
      return { [Symbol.dispose]: () => clearTimeout(timer) };
    }
    // A timer of 0 ms takes more than one, and whoever calls the kernel waits for it.
    const turn = setImmediate(fire);
    return { [Symbol.dispose]: () => clearImmediate(turn) };
  },
};
