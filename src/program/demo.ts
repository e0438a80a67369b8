import { create } from "@bufbuild/protobuf";
import { bold, dim } from "@std/fmt/colors";

import { createContainer } from "../container/create.ts";
import { startContainer } from "../container/start.ts";
import { reasonOf } from "../container/state.ts";
import { containerConfigFrom } from "../cri/codec/container_config.ts";
import { sandboxConfigFrom } from "../cri/codec/sandbox_config.ts";
import { ContainerConfigSchema, NamespaceMode, PodSandboxConfigSchema } from "../cri/gen/v1_pb.ts";
import type { Image } from "../image/image.ts";
import type { Context } from "../kernel/context.ts";
import type { Runtime } from "../runtime.ts";
import { removePodSandbox } from "../sandbox/remove.ts";
import { runPodSandbox } from "../sandbox/run.ts";
import { followLog } from "./follow_log.ts";

/** What a demo shows. */
export interface DemoSettings {
  readonly image: Image;
  /** Empty for the image's own. */
  readonly command: readonly string[];
  readonly logDirectory: string;
  readonly print: (line: string) => void;
}

const ID_CHARS = 12;

/** When the pod was asked for and when its container had started, in the kernel's milliseconds. */
export interface DemoTimes {
  readonly beganMs: number;
  readonly startedMs: number;
}

/**
 * Runs a pod with one container to its end and shows what it prints. The pod is removed again,
 * whatever comes.
 */
export async function runDemo(
  runtime: Runtime,
  settings: DemoSettings,
  context: Context,
): Promise<DemoTimes> {
  const { print } = settings;
  const { clock } = runtime.kernel;
  const beganMs = clock.monotonicMs();
  const sandboxId = await runPodSandbox(runtime, podOf(settings), "", context);
  await using _pod = {
    async [Symbol.asyncDispose]() {
      using bounded = runtime.rollbackContext();
      await removePodSandbox(runtime, sandboxId, bounded);
    },
  };
  print(`${bold("Pod      ")} ${sandboxId.slice(0, ID_CHARS)}, on the host's network`);
  const containerId = await createContainer(runtime, sandboxId, containerOf(settings), context);
  await startContainer(runtime, containerId, context);
  const startedMs = clock.monotonicMs();
  const container = runtime.containers.find(containerId);
  print(`${bold("Container")} ${containerId.slice(0, ID_CHARS)}, started`);
  print("");
  for await (const { stream, text } of followLog(runtime.kernel, container, context)) {
    print(`  ${dim(stream)} ${text}`);
  }
  const { status } = container;
  print("");
  print(`${bold("Exit code")} ${status.exitCode} (${reasonOf(status)})`);
  return { beganMs, startedMs };
}

/** The host's network needs no configuration, and a PID namespace of its own no init. */
const NAMESPACES = {
  network: NamespaceMode.NODE,
  pid: NamespaceMode.CONTAINER,
  ipc: NamespaceMode.POD,
};

function podOf({ logDirectory }: DemoSettings) {
  return sandboxConfigFrom(create(PodSandboxConfigSchema, {
    metadata: { name: "demo", namespace: "default", uid: "demo" },
    logDirectory,
    linux: { securityContext: { namespaceOptions: NAMESPACES } },
  }));
}

function containerOf({ image, command }: DemoSettings) {
  return containerConfigFrom(create(ContainerConfigSchema, {
    metadata: { name: "main" },
    image: { image: image.id },
    command: [...command],
    logPath: "main.log",
    linux: { securityContext: { namespaceOptions: NAMESPACES } },
  }));
}
