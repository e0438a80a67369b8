import type { Config } from "../../src/config.ts";
import type { ClientStreams } from "../../src/container/client_streams.ts";
import type { ContainerConfig, LinuxResources } from "../../src/container/config.ts";
import type { ContainerRecord } from "../../src/container/record.ts";
import type { ContainerStatus } from "../../src/container/state.ts";
import type { LifecycleEvent } from "../../src/events.ts";
import type { Context } from "../../src/kernel/context.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import type { LifecyclePlugin } from "../../src/plugin/hooks.ts";
import type { ForwardedConnection } from "../../src/sandbox/port_forward.ts";
import type { SandboxConfig } from "../../src/sandbox/config.ts";
import type { SandboxRecord } from "../../src/sandbox/record.ts";
import type { Telemetry } from "../../src/telemetry.ts";

/** A container, as far as the oracle reads it. */
export interface ContainerView {
  readonly id: string;
  readonly sandboxId: string;
  readonly record: ContainerRecord;
  /** A snapshot: another object once anything of it has changed. */
  readonly status: ContainerStatus;
}

/** A sandbox, as far as the oracle reads it. */
export interface SandboxView {
  readonly id: string;
  readonly record: SandboxRecord;
}

/** Objects by id, oldest first. */
export interface ObjectsView<T> {
  readonly size: number;
  get(id: string): T | undefined;
  values(): IterableIterator<T>;
}

/** Which id holds which name. */
export interface NamesView {
  entries(): ReadonlyMap<string, string>;
}

/** What statistics say, as far as the oracle reads it. */
export interface Measured {
  /** Ids of those that it has numbers of. */
  readonly sandboxes: readonly string[];
  readonly containers: readonly {
    readonly id: string;
    /** CPU time that it has used; undefined where it does not run. */
    readonly cpuMicros: number | undefined;
  }[];
}

/** Statistics, as clients ask for them. */
export interface Statistics {
  container(id: string, context: Context): Promise<Measured>;
  containers(context: Context): Promise<Measured>;
  sandbox(id: string, context: Context): Promise<Measured>;
  sandboxes(context: Context): Promise<Measured>;
}

/** Who speaks with programs in containers. */
export interface Streaming {
  /** What the command exits with; 128+n for signal n. */
  exec(
    id: string,
    command: readonly string[],
    tty: boolean,
    streams: ClientStreams,
    context: Context,
  ): Promise<number>;
  /** Returns when the container has ended. */
  attach(id: string, streams: ClientStreams, context: Context): Promise<void>;
}

/**
 * One life of the daemon under test: what clients call, and what the oracle reads. The lifecycle runs
 * know of an implementation only this, so that the same programs, schedules, faults and invariants meet
 * any of them.
 */
export interface Lifecycle {
  /** Where it keeps what it makes: a task, a container and a sandbox have their paths by it. */
  readonly config: Config;
  readonly containers: ObjectsView<ContainerView>;
  readonly sandboxes: ObjectsView<SandboxView>;
  readonly containerNames: NamesView;
  readonly sandboxNames: NamesView;
  readonly events: { listen(listener: (event: LifecycleEvent) => void): Disposable };

  /** Finds its objects again and makes every state true; nothing is called before it has resolved. */
  recover(): Promise<void>;

  runPodSandbox(config: SandboxConfig, context: Context): Promise<string>;
  stopPodSandbox(id: string, context: Context): Promise<void>;
  removePodSandbox(id: string, context: Context): Promise<void>;
  createContainer(sandboxId: string, config: ContainerConfig, context: Context): Promise<string>;
  startContainer(id: string, context: Context): Promise<void>;
  stopContainer(id: string, gracePeriodMs: number, context: Context): Promise<void>;
  removeContainer(id: string, context: Context): Promise<void>;
  /** What the command exits with; 128+n for signal n. */
  execSync(
    id: string,
    command: readonly string[],
    timeoutMs: number,
    context: Context,
  ): Promise<number>;
  updateContainerResources(id: string, resources: LinuxResources, context: Context): Promise<void>;
  reopenContainerLog(id: string, context: Context): Promise<void>;
  pullImage(reference: string, context: Context): Promise<void>;
  removeImage(reference: string): Promise<void>;

  /** Undefined where the implementation has none. */
  readonly statistics?: Statistics;
  /** Undefined where the implementation has none. */
  readonly streaming?: Streaming;
  /** Undefined where the implementation has none. */
  readonly forwardPort?: (
    sandboxId: string,
    port: number,
    connection: ForwardedConnection,
    context: Context,
  ) => Promise<void>;

  /** Whether any read says that containers can be created in the sandbox. False for an unknown one. */
  isReady(sandboxId: string): boolean;
  /** Where the layers of an image are, whether it is still here or not. */
  layerPaths(layers: readonly string[]): readonly string[];
  /** Whether background work has brought every object where it belongs. */
  isSettled(): boolean;
  /** Somebody wants the events, and never reads one. */
  subscribe(): void;
  /** Makes what background work has put off happen now. */
  hurry(): void;
  /** Ends this life in order: when it has resolved, nothing of it is under way. Containers go on. */
  shutDown(): Promise<void>;
}

/** How a life of the daemon is set up. */
export interface LifeOptions {
  /** Whether tasks are prepared ahead of their start, where the implementation can. */
  readonly prepare: Config["prepare"];
  /** Hears what it logs; nobody unless given. */
  readonly telemetry?: Telemetry;
  /** Take part in the life of pods and containers, where the implementation has hooks; none unless given. */
  readonly plugins?: readonly LifecyclePlugin[];
  /** Told of a mistake of the implementation in background work, which no caller waits for. */
  readonly onBug: (error: unknown) => void;
  /**
   * Starts background work with a place of its own in schedules: for implementations whose threads go on
   * in any order. The work must not fail.
   */
  readonly go: (name: string, work: () => Promise<void>) => void;
}

/** An implementation of the lifecycle: starts lives of the daemon, which know no objects yet. */
export type Operations = (kernel: Kernel, options: LifeOptions) => Promise<Lifecycle>;
