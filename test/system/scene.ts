import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { type ServiceError, status as grpcStatus } from "@grpc/grpc-js";
import { assert, assertRejects } from "@std/assert";
import { join } from "@std/path";

import {
  type ContainerConfigSchema,
  NamespaceMode,
  type PodSandboxConfigSchema,
} from "../../src/cri/gen/v1_pb.ts";
import { findBusybox, packBusybox } from "../../src/program/busybox_image.ts";
import { whyNotHere } from "../conformance/linux_fixture.ts";
import type { CriClient } from "./client.ts";
import { type DaemonOptions, type DaemonProcess, startDaemonProcess } from "./daemon.ts";
import { makePlace, type Place } from "./place.ts";

/** What the image of these tests is called on every daemon of them. */
export const IMAGE = "localhost/busybox:test";

/** The plain object that a message is made of. */
type Init<Schema extends DescMessage> = Exclude<MessageInitShape<Schema>, MessageShape<Schema>>;

const PROGRAMS = ["runc", "conmon", "skopeo", "socat", "unshare", "nsenter", "tar"];

/** A daemon in a place of its own, with an image of busybox, for one test. */
export class Scene implements AsyncDisposable {
  readonly place: Place;
  #options: DaemonOptions;
  #daemon: DaemonProcess;

  private constructor(place: Place, options: DaemonOptions, daemon: DaemonProcess) {
    this.place = place;
    this.#options = options;
    this.#daemon = daemon;
  }

  /** Starts one; disposing it asserts that nothing of any pod is left. */
  static async open(options: DaemonOptions = {}): Promise<Scene> {
    await using undo = new AsyncDisposableStack();
    const place = undo.use(await makePlace());
    const archive = await archiveOfBusybox();
    const flags = ["--import", `${IMAGE}=docker-archive:${archive}`, ...options.flags ?? []];
    const daemon = await startDaemonProcess(place, { ...options, flags });
    undo.move();
    return new Scene(place, { ...options, flags: options.flags ?? [] }, daemon);
  }

  get daemon(): DaemonProcess {
    return this.#daemon;
  }

  get client(): CriClient {
    return this.#daemon.client;
  }

  /** Ends the daemon with a signal and starts another life of it, perhaps with other options. */
  async restart(signal: Deno.Signal, options: DaemonOptions = this.#options): Promise<void> {
    await this.#daemon.end(signal);
    await this.again(options);
  }

  /** Starts another life of a daemon that has ended. */
  async again(options: DaemonOptions = this.#options): Promise<void> {
    this.#options = options;
    this.#daemon = await startDaemonProcess(this.place, options);
  }

  /** A pod on the host's network, without an init of its own, unless told otherwise. */
  async runPod(
    name: string,
    config: Init<typeof PodSandboxConfigSchema> = {},
  ): Promise<string> {
    const { podSandboxId } = await this.client.runPodSandbox({ config: this.pod(name, config) });
    return podSandboxId;
  }

  /** What {@linkcode runPod} asks for. */
  pod(name: string, config: Init<typeof PodSandboxConfigSchema> = {}) {
    return {
      metadata: { name, namespace: "default", uid: name },
      logDirectory: join(this.place.logs, name),
      linux: { securityContext: { namespaceOptions: HOST_NETWORK } },
      ...config,
    } satisfies Init<typeof PodSandboxConfigSchema>;
  }

  /** Creates a container that runs a script. */
  async createContainer(
    podSandboxId: string,
    name: string,
    script: string,
    config: Init<typeof ContainerConfigSchema> = {},
  ): Promise<string> {
    const { containerId } = await this.client.createContainer({
      podSandboxId,
      config: {
        metadata: { name },
        image: { image: IMAGE },
        command: ["/bin/sh", "-c", script],
        logPath: `${name}.log`,
        linux: { securityContext: { namespaceOptions: HOST_NETWORK } },
        ...config,
      },
    });
    return containerId;
  }

  /** Creates and starts one. */
  async startContainer(...args: Parameters<Scene["createContainer"]>): Promise<string> {
    const containerId = await this.createContainer(...args);
    await this.client.startContainer({ containerId });
    return containerId;
  }

  /** Where a container's log is. */
  log(pod: string, container: string): string {
    return join(this.place.logs, pod, `${container}.log`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using _place = this.place;
    await using daemon = this.#daemon;
    const { items } = await daemon.client.listPodSandbox();
    for (const { id } of items) await daemon.client.removePodSandbox({ podSandboxId: id });
  }
}

/** For pods and containers alike. */
export const HOST_NETWORK = { network: NamespaceMode.NODE, pid: NamespaceMode.CONTAINER };

/** Registers a test of a whole daemon; where it cannot run it is ignored and says why. */
export function systemTest(name: string, body: () => Promise<void>): void {
  const reason = whyNotHere() ?? whyNoPods();
  if (reason === undefined) Deno.test(name, () => showingTheFirst(body));
  else Deno.test.ignore(`${name} (${reason})`, body);
}

/** When a test fails and its clean-up too, the test's own failure says more. */
async function showingTheFirst(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof SuppressedError)) throw error;
    console.error("then, while cleaning up:", error.error);
    throw error.suppressed;
  }
}

/** What a call was refused with: the code's name, and the words. */
export async function refusalOf(
  call: Promise<unknown>,
): Promise<readonly [code: string, details: string]> {
  const error = await assertRejects(() => call, Error) as ServiceError;
  const code = grpcStatus[error.code];
  assert(code !== undefined, `no refusal but ${error}`);
  return [code, error.details];
}

function whyNoPods(): string | undefined {
  const missing = PROGRAMS.filter((program) => !isInPath(program));
  return missing.length === 0 ? undefined : `needs ${missing.join(", ")}`;
}

function isInPath(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(join(folder, program)).isFile;
    } catch {
      return false;
    }
  });
}

let archive: Promise<string> | undefined;

/** Packed once for all tests of a file. */
export function archiveOfBusybox(): Promise<string> {
  archive ??= pack();
  return archive;
}

async function pack(): Promise<string> {
  assert(await findBusybox() !== undefined, "needs busybox-static");
  const folder = await Deno.makeTempDir({ prefix: "slipway-test-image-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  return await packBusybox(folder, IMAGE);
}
