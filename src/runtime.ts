import { isBug } from "./bug.ts";
import type { Config } from "./config.ts";
import type { Container } from "./container/container.ts";
import type { FileSystems } from "./container/file_systems.ts";
import { Janitor } from "./container/janitor.ts";
import { Preparer } from "./container/prepare.ts";
import { Settler } from "./container/settle.ts";
import { WritableLayers } from "./container/writable_layers.ts";
import { RuntimeError } from "./errors.ts";
import { EventStream } from "./events.ts";
import type { Images } from "./image/images.ts";
import type { Context } from "./kernel/context.ts";
import { Joined } from "./kernel/joined.ts";
import type { Kernel } from "./kernel/kernel.ts";
import type { Lifetime } from "./kernel/lifetime.ts";
import type { Network } from "./network/network.ts";
import { Hooks, type LifecyclePlugin } from "./plugin/hooks.ts";
import { NameRegistry } from "./registry/names.ts";
import { ObjectRegistry } from "./registry/objects.ts";
import type { SandboxRecord } from "./sandbox/record.ts";
import type { Sandbox } from "./sandbox/sandbox.ts";
import { ExitFiles } from "./task/exit_files.ts";
import type { HostFacts } from "./oci/spec.ts";
import type { OciRuntime } from "./oci/runc.ts";
import { runtimeRoot } from "./task/paths.ts";
import { Reaper } from "./task/reap.ts";
import type { Telemetry } from "./telemetry.ts";
import { shared, SharedMap } from "./kernel/shared_memory.ts";

/** What the host can give, as it was when the daemon started. */
export type Host = Omit<HostFacts, "devices">;

/** What a runtime is made of. */
export interface RuntimeParts {
  readonly kernel: Kernel;
  readonly config: Config;
  readonly telemetry: Telemetry;
  /** Of the daemon; what of the images is under way belongs to it as well. */
  readonly life: Lifetime;
  readonly images: Images;
  readonly network: Network;
  readonly host: Host;
  readonly plugins?: readonly LifecyclePlugin[];
  /** Told of a mistake of ours in background work, which no caller waits for; must end the daemon. */
  readonly onBug: (error: unknown) => void;
}

/**
 * One life of the daemon: the objects it knows and what it works with. The operations are functions
 * beside it, one a file: `startContainer(runtime, …)`. Recovery comes first and makes it ready.
 */
export class Runtime {
  /** The machine that it works on; whoever opened it disposes it, after `shutDown`. */
  readonly kernel: Kernel;
  /** As it was booted with; the handlers' programs as absolute paths, folders without a slash at their end. */
  readonly config: Config;
  /** Hears what it does. */
  readonly telemetry: Telemetry;
  /** The images of this host: CRI's ImageService. */
  readonly images: Images;
  /** @internal */
  readonly network: Network;
  /** @internal */
  readonly host: Host;
  /** @internal */
  readonly hooks: Hooks;
  /** Every transition of a container or sandbox, in order: CRI's GetContainerEvents. */
  readonly events: EventStream;
  /** @internal */
  readonly exitFiles: ExitFiles;
  /** @internal */
  readonly reaper: Reaper;
  /** @internal */
  readonly settler: Settler;
  /** @internal */
  readonly janitor: Janitor;
  /** @internal */
  readonly preparer: Preparer;
  /** @internal */
  readonly measurement = new Joined<FileSystems>();
  /** @internal */
  readonly writableLayers: WritableLayers;
  /** @internal By the program of an OCI runtime: whether it makes mounts read-only recursively; see status.ts. */
  readonly recursiveReadonly = new SharedMap<string, boolean>();
  /** Every container from its creation to the end of its removal. */
  readonly containers = new ObjectRegistry<Container>("container");
  /** @internal */
  readonly containerNames = new NameRegistry();
  /** Every sandbox that is ready, or was, or could not be made nor undone. */
  readonly sandboxes = new ObjectRegistry<Sandbox>("sandbox");
  /** @internal */
  readonly sandboxNames = new NameRegistry();
  /** Ends when the daemon does: everything that works in the background belongs to it. */
  readonly life: Lifetime;
  readonly #onBug: (error: unknown) => void;
  @shared
  accessor #isReady = false;

  /** @internal `bootRuntime` makes one. */
  constructor(parts: RuntimeParts) {
    this.kernel = parts.kernel;
    this.config = parts.config;
    this.telemetry = parts.telemetry;
    this.life = parts.life;
    this.images = parts.images;
    this.network = parts.network;
    this.host = parts.host;
    this.#onBug = parts.onBug;
    this.hooks = new Hooks(parts.plugins ?? [], {
      clock: this.kernel.clock,
      timeoutMs: this.config.bounds.programMs,
      onFailure: (plugin, hook, error) =>
        this.telemetry.log("error", `plugin ${plugin}: ${hook} failed`, { error: String(error) }),
    });
    this.events = new EventStream(this.telemetry);
    this.exitFiles = new ExitFiles(this.kernel, this.config);
    this.reaper = new Reaper(this.kernel, this.config);
    this.settler = new Settler(this);
    this.janitor = new Janitor(this);
    this.preparer = new Preparer(this);
    this.writableLayers = new WritableLayers(this);
  }

  /** @internal Called by recovery when every object is known. */
  becomeReady(): void {
    this.#isReady = true;
  }

  /**
   * Lets nobody in before recovery is complete, and after the end.
   *
   * @throws {RuntimeError} UNAVAILABLE.
   */
  requireReady(): void {
    if (!this.#isReady) {
      throw new RuntimeError("UNAVAILABLE", "server is not initialized yet");
    }
  }

  /** @internal For whoever works in the background and catches an error: one that is our mistake goes no further. */
  reportIfBug(error: unknown): void {
    if (isBug(error)) this.#onBug(error);
  }

  /** @internal A context for undoing: a budget of its own, whatever became of the client. */
  rollbackContext(): Context & Disposable {
    return this.life.within(this.kernel.clock, this.config.bounds.rollbackMs, "rollback");
  }

  /** @internal A context for what an object does once it was begun, whatever became of the client. */
  operationContext(what: string): Context & Disposable {
    return this.life.within(this.kernel.clock, this.config.bounds.operationMs, what);
  }

  /**
   * @internal The OCI runtime that a CRI runtime handler stands for, for a pod that is to be run.
   *
   * @throws {RuntimeError} INVALID_ARGUMENT for an unknown handler.
   */
  ociRuntime(handler: string): OciRuntime {
    const name = handler === "" ? this.config.defaultHandler : handler;
    const found = Object.hasOwn(this.config.handlers, name)
      ? this.config.handlers[name]
      : undefined;
    if (found === undefined) {
      throw new RuntimeError("INVALID_ARGUMENT", `no runtime for "${handler}" is configured`);
    }
    return { program: found.program, root: runtimeRoot(this.config) };
  }

  /**
   * @internal The OCI runtime of a pod, or of a container in it: the one that it was run with, also where its
   * handler stands for another by now, or for none (RACES.md R1).
   *
   * @throws {RuntimeError} INVALID_ARGUMENT for a record that names none, and whose handler is not known.
   */
  ociRuntimeOf({ handler, ociRuntime }: Pick<SandboxRecord, "handler" | "ociRuntime">): OciRuntime {
    if (ociRuntime === undefined) return this.ociRuntime(handler);
    return { program: ociRuntime, root: runtimeRoot(this.config) };
  }

  /** @internal Tells the background work to end, for `shutDown`; containers go on. */
  close(): void {
    this.#isReady = false;
    this.life.cancel(new RuntimeError("UNAVAILABLE", "the daemon is shutting down"));
  }
}
