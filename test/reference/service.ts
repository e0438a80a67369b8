import { ObjectRegistry } from "../../src/registry/objects.ts";
import { NameRegistry } from "../../src/registry/names.ts";
import type { Runtime } from "../../src/runtime.ts";
import type { LifeOptions } from "../../sim/lifecycle/operations.ts";
import { BackOff } from "./back_off.ts";
import type { Container } from "./container.ts";
import { EventQueue } from "./events.ts";
import { Meta } from "./meta.ts";
import { Controller } from "./podsandbox/controller.ts";
import type { Sandbox } from "./sandbox.ts";
import { TaskService } from "./tasks.ts";

/**
 * One life of the reference: containerd's CRI service, its sandbox controller and its task service, in
 * their order of steps and without any repair of ours (github.com/containerd/containerd at 301026e58;
 * `server/` stands for internal/cri/server). The operations are functions beside it, one a file, each
 * with the upstream file that it follows; numbers like W4a are those of RACES.md.
 *
 * Left out, since nothing in the port's runs asks for it: plugins (NRI), pause images, SELinux labels,
 * image volumes, streaming, updates of resources, TaskOOM events.
 */
export class Service {
  readonly meta: Meta;
  readonly tasks: TaskService;
  readonly controller: Controller;
  readonly events: EventQueue;
  readonly backOff: BackOff;
  readonly containers = new ObjectRegistry<Container>("container");
  readonly containerNames = new NameRegistry();
  readonly sandboxes = new ObjectRegistry<Sandbox>("sandbox");
  readonly sandboxNames = new NameRegistry();

  readonly #go: LifeOptions["go"];

  /**
   * @param platform what is no lifecycle: kernel, configuration, images, network, host
   * @param go starts a goroutine
   */
  constructor(readonly platform: Runtime, go: LifeOptions["go"]) {
    this.#go = go;
    this.meta = new Meta(platform.kernel);
    this.tasks = new TaskService(platform);
    this.controller = new Controller(this);
    this.events = new EventQueue(platform.kernel, this.meta);
    this.backOff = new BackOff(platform);
  }

  /** Starts a goroutine. What it throws is nobody's, unless it is a mistake of the port. */
  go(name: string, work: () => Promise<void>): void {
    this.#go(name, () => work().catch((error) => this.platform.reportIfBug(error)));
  }
}

/** Of an exit's handling (server/events.go:51). */
export const EVENT_MS = 10_000;
