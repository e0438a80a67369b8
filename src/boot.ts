import { resolve } from "@std/path";
import type { Config, RuntimeHandler } from "./config.ts";
import { messageOf } from "./errors.ts";
import { Images } from "./image/images.ts";
import { Context } from "./kernel/context.ts";
import { tolerate } from "./kernel/errno.ts";
import type { Kernel } from "./kernel/kernel.ts";
import { Lifetime } from "./kernel/lifetime.ts";
import { CniNetwork } from "./network/cni.ts";
import { findProgram } from "./oci/find_program.ts";
import { readHostFacts } from "./oci/spec_host.ts";
import type { LifecyclePlugin } from "./plugin/hooks.ts";
import { recover } from "./recovery/recover.ts";
import { Runtime } from "./runtime.ts";
import type { Telemetry } from "./telemetry.ts";

/** What a daemon is started with. */
export interface BootOptions {
  /** The machine that pods run on; the runtime does not dispose it. */
  readonly kernel: Kernel;
  /** Paths, programs and bounds. `DEFAULT_CONFIG` fits Debian and the simulated machine. */
  readonly config: Config;
  /** Hears what the runtime does; `SILENT` for nobody. */
  readonly telemetry: Telemetry;
  /** Take part in the life of pods and containers, in this order; none unless given. */
  readonly plugins?: readonly LifecyclePlugin[];
  /** Told of a mistake of ours in background work; must end this life. Thrown unless given. */
  readonly onBug?: (error: unknown) => void;
}

/**
 * Starts a life of the daemon on a kernel: finds its objects again, makes every state true, and only then
 * is ready. Until then the runtime answers UNAVAILABLE.
 */
export async function bootRuntime(options: BootOptions): Promise<Runtime> {
  const runtime = await assembleRuntime(options);
  await recover(runtime);
  runtime.becomeReady();
  return runtime;
}

/** Calls that are under way when the daemon is asked to end get this long, and their undoing as long again. */
export const CLOSE_GRACE_MS = 5_000;

/** What is under way in a life that ends is awaited no longer than this: helpers that were killed may hang. */
export const SHUT_DOWN_MS = 15_000;

/**
 * Ends a life of the daemon in order: nothing is answered any more, background work ends; containers go
 * on. When it returns nothing of this life is under way: no other may begin before, in whichever process,
 * and the kernel is not to be disposed of. Calls are awaited as well: whoever made them cancels them first.
 * Where there are no pods, the daemon's cgroup goes too.
 */
export async function shutDown(runtime: Runtime): Promise<void> {
  const { kernel, life, telemetry } = runtime;
  runtime.close();
  try {
    using bounded = Context.background().within(kernel.clock, SHUT_DOWN_MS, "end of the daemon");
    await life.idle(bounded);
  } catch (error) {
    telemetry.log("warn", "something is still under way", { error: messageOf(error) });
    return;
  }
  if (runtime.sandboxes.size > 0) return;
  await tolerate(kernel.cgroups.remove(runtime.config.cgroupParent), "EBUSY");
}

/** A runtime that knows no objects yet: `recover` comes next. */
export async function assembleRuntime(options: BootOptions): Promise<Runtime> {
  const { kernel, telemetry } = options;
  const life = new Lifetime();
  const config: Config = {
    ...options.config,
    // Paths are made by appending to them.
    root: resolve(options.config.root),
    state: resolve(options.config.state),
    handlers: await findHandlers(kernel, options.config),
  };
  return new Runtime({
    kernel,
    config,
    telemetry,
    life,
    images: new Images(kernel, config, telemetry, life),
    network: new CniNetwork(kernel, config),
    host: await readHostFacts(kernel),
    plugins: options.plugins ?? [],
    onBug: options.onBug ?? throwLater,
  });
}

async function findHandlers(kernel: Kernel, config: Config): Promise<Config["handlers"]> {
  const found: Record<string, RuntimeHandler> = {};
  for (const [name, handler] of Object.entries(config.handlers)) {
    found[name] = { ...handler, program: await findProgram(kernel, handler.program) };
  }
  return found;
}

/** A rejection that nobody owns ends the process. */
function throwLater(error: unknown): void {
  void Promise.reject(error);
}
