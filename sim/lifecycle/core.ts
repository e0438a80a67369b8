import { assembleRuntime, shutDown } from "../../src/boot.ts";
import { DEFAULT_BOUNDS, DEFAULT_CONFIG } from "../../src/config.ts";
import { attach } from "../../src/container/attach.ts";
import { createContainer } from "../../src/container/create.ts";
import { execSync } from "../../src/container/exec.ts";
import { execStreamed } from "../../src/container/exec_streamed.ts";
import { reopenContainerLog } from "../../src/container/logs.ts";
import { removeContainer } from "../../src/container/remove.ts";
import { startContainer } from "../../src/container/start.ts";
import {
  type ContainerStats,
  containerStats,
  listContainerStats,
} from "../../src/container/stats.ts";
import { stopContainer } from "../../src/container/stop.ts";
import { updateContainerResources } from "../../src/container/update.ts";
import { recover } from "../../src/recovery/recover.ts";
import type { Runtime } from "../../src/runtime.ts";
import { checkPortForward, forwardPort } from "../../src/sandbox/port_forward.ts";
import { isReady } from "../../src/sandbox/query.ts";
import { removePodSandbox } from "../../src/sandbox/remove.ts";
import { runPodSandbox } from "../../src/sandbox/run.ts";
import { listSandboxStats, type SandboxStats, sandboxStats } from "../../src/sandbox/stats.ts";
import { stopPodSandbox } from "../../src/sandbox/stop.ts";
import { SILENT } from "../../src/telemetry.ts";
import type { Lifecycle, Measured, Operations } from "./operations.ts";

/** So little that a client is soon behind it. */
const BOUNDS = { ...DEFAULT_BOUNDS, backlogBytesMax: 16_384 };

/** Slipway's own lifecycle, as it runs in production. */
export const core: Operations = async (
  kernel,
  { prepare, telemetry = SILENT, plugins = [], onBug },
) =>
  lifecycleOf(
    await assembleRuntime({
      kernel,
      config: { ...DEFAULT_CONFIG, prepare, bounds: BOUNDS },
      telemetry,
      plugins,
      onBug,
    }),
  );

/** A runtime, as the lifecycle runs see it. */
export function lifecycleOf(runtime: Runtime): Lifecycle {
  const { config, containers, sandboxes, containerNames, sandboxNames, events } = runtime;
  return {
    ...{ config, containers, sandboxes, containerNames, sandboxNames, events },
    async recover() {
      await recover(runtime);
      runtime.becomeReady();
    },
    runPodSandbox: (config, context) => runPodSandbox(runtime, config, "", context),
    stopPodSandbox: (id, context) => stopPodSandbox(runtime, id, context),
    removePodSandbox: (id, context) => removePodSandbox(runtime, id, context),
    createContainer: (id, config, context) => createContainer(runtime, id, config, context),
    startContainer: (id, context) => startContainer(runtime, id, context),
    stopContainer: (id, graceMs, context) => stopContainer(runtime, id, graceMs, context),
    removeContainer: (id, context) => removeContainer(runtime, id, context),
    async execSync(id, command, timeoutMs, context) {
      return (await execSync(runtime, id, command, timeoutMs, context)).exitCode;
    },
    updateContainerResources: (id, resources, context) =>
      updateContainerResources(runtime, id, resources, context),
    reopenContainerLog: (id, context) => reopenContainerLog(runtime, id, context),
    async pullImage(reference, context) {
      await runtime.images.pull(reference, undefined, context);
    },
    removeImage: (reference) => runtime.images.remove(reference),
    statistics: {
      container: async (id, context) => measured([], [await containerStats(runtime, id, context)]),
      containers: async (context) => measured([], await listContainerStats(runtime, {}, context)),
      sandbox: async (id, context) => ofSandboxes([await sandboxStats(runtime, id, context)]),
      sandboxes: async (context) => ofSandboxes(await listSandboxStats(runtime, {}, context)),
    },
    streaming: {
      exec: (containerId, command, tty, streams, context) =>
        execStreamed(runtime, { containerId, command, tty }, streams, context),
      attach: (id, streams, context) => attach(runtime, id, streams, context),
    },
    async forwardPort(id, port, connection, context) {
      checkPortForward(runtime, id);
      await forwardPort(runtime, id, port, connection, context);
    },
    isReady(id) {
      const sandbox = sandboxes.get(id);
      return sandbox !== undefined && isReady(sandbox);
    },
    layerPaths: (layers) => runtime.images.layerPaths(layers),
    isSettled: () =>
      runtime.janitor.pendingCount === 0 &&
      [...containers.values()].every(({ id }) => !runtime.settler.isSettling(id)),
    subscribe: () => void events.subscribe(),
    hurry() {
      for (const { id } of containers.values()) runtime.settler.hurry(id);
    },
    shutDown: () => shutDown(runtime),
  };
}

function ofSandboxes(stats: readonly SandboxStats[]): Measured {
  return measured(stats.map(({ sandbox }) => sandbox.id), stats.flatMap((it) => it.containers));
}

function measured(sandboxes: readonly string[], stats: readonly ContainerStats[]): Measured {
  const containers = stats.map(({ container, usage }) => ({
    id: container.id,
    cpuMicros: usage?.cpuMicros,
  }));
  return { sandboxes, containers };
}
