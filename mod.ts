/**
 * Slipway, a Kubernetes container runtime (CRI): pods and containers on Linux through runc and conmon,
 * or on a simulated machine. Run directly it is the program `slipway`.
 *
 * Three ways to use it as a library:
 *
 * - {@linkcode startDaemon} serves CRI on a unix socket, as the program does.
 * - {@linkcode bootRuntime} starts the same runtime without a socket, on a {@linkcode Kernel} of yours: Linux
 *   ({@linkcode openLinuxKernel}), or the simulated one of `@slipway/slipway/sim`, which has more examples. The operations of CRI are
 *   functions beside it, from {@linkcode runPodSandbox} to {@linkcode removePodSandbox}.
 * - The ports ({@linkcode Kernel} and what it is made of) are what another adapter implements.
 *
 * Importing this module loads neither gRPC nor SQLite nor the system's own library: whoever needs them
 * loads them when it is called.
 *
 * @example A daemon on a simulated machine, for the tests of a CRI client
 * ```ts
 * import { DEFAULT_CONFIG, SILENT, startDaemon } from "@slipway/slipway";
 * import { assert } from "@std/assert";
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
 *   assert((await Deno.lstat(daemon.socketPath)).isSocket);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @module
 */

import type { LinuxKernelOptions } from "./real/kernel.ts";
import type { Kernel } from "./src/kernel/kernel.ts";
import type { Daemon, DaemonSettings } from "./src/program/daemon_settings.ts";

// The daemon and its runtime.
export { type BootOptions, bootRuntime, shutDown } from "./src/boot.ts";
export {
  type Bounds,
  type Config,
  DEFAULT_BOUNDS,
  DEFAULT_CONFIG,
  type RuntimeHandler,
} from "./src/config.ts";
export {
  type EventStream,
  type LifecycleEvent,
  type LifecycleEventType,
  type Subscription,
} from "./src/events.ts";
export type { Image, ImageConfig } from "./src/image/image.ts";
export type { ImageFsInfo, Images } from "./src/image/images.ts";
export type { RegistryAuth } from "./src/image/transport.ts";
export type { NetworkResult } from "./src/network/network.ts";
export type { LifecyclePlugin } from "./src/plugin/hooks.ts";
export type { Daemon, DaemonSettings } from "./src/program/daemon_settings.ts";
export type { ImageSource } from "./src/program/import.ts";
export type { KernelName } from "./src/program/kernels.ts";
export { type LogFormat, type LogOptions, LogTelemetry } from "./src/program/telemetry.ts";
export type { ObjectRegistry } from "./src/registry/objects.ts";
export type { Runtime } from "./src/runtime.ts";
export {
  type Attributes,
  type LogLevel,
  SILENT,
  type Span,
  type Telemetry,
} from "./src/telemetry.ts";

// Pods.
export {
  DEFAULT_SANDBOX,
  type DnsConfig,
  type NamespaceMode,
  type NamespaceOptions,
  type PortMapping,
  type SandboxConfig,
  type SandboxMetadata,
} from "./src/sandbox/config.ts";
export { isReady, listSandboxes, type SandboxFilter } from "./src/sandbox/query.ts";
export type { SandboxRecord } from "./src/sandbox/record.ts";
export { removePodSandbox } from "./src/sandbox/remove.ts";
export { runPodSandbox } from "./src/sandbox/run.ts";
export type { Sandbox } from "./src/sandbox/sandbox.ts";
export type { Pause, SandboxPhase, SandboxStatus } from "./src/sandbox/state.ts";
export {
  listSandboxStats,
  type PodNetworkUsage,
  type PodUsage,
  type SandboxStats,
  sandboxStats,
} from "./src/sandbox/stats.ts";
export { stopPodSandbox } from "./src/sandbox/stop.ts";

// Containers.
export { attach, checkAttach } from "./src/container/attach.ts";
export type { ClientStreams } from "./src/container/client_streams.ts";
export {
  type ContainerConfig,
  type ContainerMetadata,
  type ContainerSecurity,
  DEFAULT_CONTAINER,
  DEFAULT_SECURITY,
  type Device,
  type ImageSpec,
  type LinuxResources,
  type Mount,
  type MountPropagation,
  NO_LIMITS,
  type SecurityProfile,
} from "./src/container/config.ts";
export type { Container } from "./src/container/container.ts";
export { createContainer } from "./src/container/create.ts";
export { type ExecResult, execSync } from "./src/container/exec.ts";
export { checkExec, execStreamed } from "./src/container/exec_streamed.ts";
export type { ExecRequest } from "./src/container/execution.ts";
export { reopenContainerLog } from "./src/container/logs.ts";
export { type ContainerFilter, listContainers } from "./src/container/query.ts";
export type { ContainerRecord, ContainerUser } from "./src/container/record.ts";
export { removeContainer } from "./src/container/remove.ts";
export { startContainer } from "./src/container/start.ts";
export {
  type ContainerState,
  type ContainerStatus,
  reasonOf,
  type StopRequest,
} from "./src/container/state.ts";
export {
  type ContainerStats,
  containerStats,
  listContainerStats,
  type TimedUsage,
} from "./src/container/stats.ts";
export { stopContainer } from "./src/container/stop.ts";
export { updateContainerResources } from "./src/container/update.ts";
export type { WritableLayer } from "./src/container/writable_layers.ts";

// Errors.
export { type ErrorCode, RuntimeError } from "./src/errors.ts";
export { type Errno, hasErrno, KernelError } from "./src/kernel/errno.ts";

// The ports.
export type { LinuxKernelOptions } from "./real/kernel.ts";
export type {
  Cgroups,
  CgroupUsage,
  Cpuset,
  MemoryUsage,
  Pressure,
  Stall,
  SwapUsage,
} from "./src/kernel/cgroups.ts";
export type { Clock } from "./src/kernel/clock.ts";
export { Context } from "./src/kernel/context.ts";
export type {
  DeviceId,
  DirectoryWatch,
  DiskUsage,
  FifoReader,
  FileKind,
  Files,
  FileStat,
  Watched,
} from "./src/kernel/files.ts";
export type { Kernel, MachineFacts } from "./src/kernel/kernel.ts";
export type { Lifetime } from "./src/kernel/lifetime.ts";
export type { MountOptions, Mounts, MountSharing } from "./src/kernel/mounts.ts";
export type {
  InterfaceUsage,
  NamespaceKind,
  NamespacePins,
  Namespaces,
} from "./src/kernel/namespaces.ts";
export {
  type ChildProcess,
  type ChildStreams,
  type Command,
  type ExitStatus,
  type ProcessEntry,
  type Processes,
  type ProcessHandle,
  type ProcessIdentity,
  type ProgramOutput,
  SIGKILL,
  SIGTERM,
  type SpawnOptions,
} from "./src/kernel/processes.ts";
export type { Random } from "./src/kernel/random.ts";
export type { Change, Durability, StateStore, StoredRecord } from "./src/kernel/store.ts";
export type {
  ByteSink,
  ByteSource,
  PacketSocket,
  TerminalSize,
  TerminalSizes,
} from "./src/kernel/streams.ts";

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

/**
 * Opens this host's Linux as a kernel to boot a runtime on. Needs root, and loads FFI and SQLite when it
 * is called. Disposing it closes the state and ends every wait; what it started, mounted and pinned
 * stays.
 *
 * @example A life of the runtime on this host, without a socket
 * ```ts
 * import { bootRuntime, DEFAULT_CONFIG, openLinuxKernel, shutDown, SILENT } from "@slipway/slipway";
 *
 * // Needs root, and that no daemon runs.
 * async function listPods(): Promise<readonly string[]> {
 *   using kernel = await openLinuxKernel({ stateFile: `${DEFAULT_CONFIG.root}/state.sqlite` });
 *   const runtime = await bootRuntime({ kernel, config: DEFAULT_CONFIG, telemetry: SILENT });
 *   try {
 *     return [...runtime.sandboxes.values()].map((sandbox) => sandbox.record.name);
 *   } finally {
 *     await shutDown(runtime);
 *   }
 * }
 * ```
 *
 * @throws {KernelError} when the state cannot be opened.
 */
export async function openLinuxKernel(options: LinuxKernelOptions): Promise<Kernel & Disposable> {
  const { linuxKernel } = await import("./real/kernel.ts");
  return linuxKernel(options);
}

if (import.meta.main) {
  const { main } = await import("./src/program/main.ts");
  Deno.exit(await main(Deno.args));
}
