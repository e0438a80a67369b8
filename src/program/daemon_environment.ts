import { messageOf } from "../errors.ts";
import type { Telemetry } from "../telemetry.ts";

/** What Deno and the C library read before any line of ours runs. */
export const DAEMON_ENVIRONMENT: Readonly<Record<string, string>> = {
  // New objects get 1 MB, not 16 and more: nearly all die young, and collecting them takes a millisecond.
  // Saves 40 MB after a burst of pods.
  DENO_V8_FLAGS: "--max-semi-space-size=1,--memory-saver-mode",
  // Deno looks for input each time that its event loop turns, instead of every 61st time.
  DENO_TOKIO_EVENT_INTERVAL: "1",
  // One heap for all threads: each keeps what was freed in it.
  MALLOC_ARENA_MAX: "1",
};

/** What `environment` lacks of {@linkcode DAEMON_ENVIRONMENT}; whatever else it says is its owner's choice. */
export function lackingIn(
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(DAEMON_ENVIRONMENT).filter(([name]) => !Object.hasOwn(environment, name)),
  );
}

/**
 * Executes the program anew, when its environment lacks what a daemon's should have: so no supervisor has to
 * know. To be called before anything is open. Returns in an environment that lacks nothing, and where that cannot
 * be had: then the daemon is larger and slower.
 */
export async function ensureEnvironment(telemetry: Telemetry): Promise<void> {
  try {
    const environment = Deno.env.toObject();
    const lacking = lackingIn(environment);
    if (Object.keys(lacking).length === 0) return;
    const { executeAnew } = await import("../../real/execute.ts");
    executeAnew({ ...environment, ...lacking });
  } catch (error) {
    telemetry.log("warn", "goes on without its environment", { error: messageOf(error) });
  }
}
