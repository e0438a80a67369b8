/**
 * Slipway, a Kubernetes container runtime (CRI): pods and containers on Linux through runc and conmon,
 * or on a simulated machine. Run directly it is the program `slipway`; imported it starts daemons.
 *
 * @example A daemon on a simulated machine, for the tests of a CRI client
 * ```ts
 * import { DEFAULT_CONFIG, SILENT, startDaemon } from "./mod.ts";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   await using daemon = await startDaemon({
 *     kernel: "sim",
 *     seed: 1,
 *     socketPath: `${folder}/run/slipway.sock`,
 *     config: DEFAULT_CONFIG,
 *     telemetry: SILENT,
 *     imports: [],
 *   });
 *   console.assert((await Deno.lstat(daemon.socketPath)).isSocket === true);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @module
 */

import type { Daemon, DaemonSettings } from "./src/program/daemon_settings.ts";

export {
  type Bounds,
  type Config,
  DEFAULT_BOUNDS,
  DEFAULT_CONFIG,
  type RuntimeHandler,
} from "./src/config.ts";
export { type ErrorCode, RuntimeError } from "./src/errors.ts";
export type { Daemon, DaemonSettings } from "./src/program/daemon_settings.ts";
export type { ImageSource } from "./src/program/import.ts";
export type { KernelName } from "./src/program/kernels.ts";
export { type LogFormat, type LogOptions, LogTelemetry } from "./src/program/telemetry.ts";
export {
  type Attributes,
  type LogLevel,
  SILENT,
  type Span,
  type Telemetry,
} from "./src/telemetry.ts";

/**
 * Starts a daemon: the socket opens at once and refuses with UNAVAILABLE until recovery is complete.
 * Loads what it needs when it is called: gRPC, and for Linux the system's own library.
 *
 * @throws {RuntimeError} when the socket cannot be had, or another daemon has one of the folders.
 */
export async function startDaemon(settings: DaemonSettings): Promise<Daemon> {
  const daemon = await import("./src/program/daemon.ts");
  return await daemon.startDaemon(settings);
}

if (import.meta.main) {
  const { main } = await import("./src/program/main.ts");
  Deno.exit(await main(Deno.args));
}
