import { checkAttach } from "../container/attach.ts";
import { execSync } from "../container/exec.ts";
import { checkExec } from "../container/exec_streamed.ts";
import { createContainer } from "../container/create.ts";
import { reopenContainerLog } from "../container/logs.ts";
import { containersDirectory } from "../container/paths.ts";
import { listContainers } from "../container/query.ts";
import { removeContainer } from "../container/remove.ts";
import { startContainer } from "../container/start.ts";
import { containerStats, listContainerStats } from "../container/stats.ts";
import { stopContainer } from "../container/stop.ts";
import { updateContainerResources } from "../container/update.ts";
import type { Runtime } from "../runtime.ts";
import { checkPortForward } from "../sandbox/port_forward.ts";
import { listSandboxes } from "../sandbox/query.ts";
import { removePodSandbox } from "../sandbox/remove.ts";
import { runPodSandbox } from "../sandbox/run.ts";
import { listSandboxStats, sandboxStats } from "../sandbox/stats.ts";
import { stopPodSandbox } from "../sandbox/stop.ts";
import { runtimeConditions, runtimeHandlers } from "../status.ts";
import { containerConfigFrom } from "./codec/container_config.ts";
import { containerFilterFrom, sandboxFilterFrom } from "./codec/filters.ts";
import { sandboxConfigFrom } from "./codec/sandbox_config.ts";
import { sandboxMessage, sandboxStatusMessage } from "./codec/sandbox.ts";
import { resourcesFrom } from "./codec/resources.ts";
import { containerStatsMessage, sandboxStatsMessage } from "./codec/stats.ts";
import { milliseconds, nanos } from "./codec/values.ts";
import { containerList, containerStatusAnswer } from "./container_answers.ts";
import { CgroupDriver } from "./gen/v1_pb.ts";
import { containerEvents } from "./events.ts";
import type { RuntimeHandlers } from "./handlers.ts";
import { containerInfo, runtimeInfo, sandboxInfo } from "./info.ts";
import { statusesOf, statusOfContainer } from "./statuses.ts";
import {
  attachRequestFrom,
  execRequestFrom,
  portsRequestFrom,
  type StreamRequest,
} from "./streaming/requests.ts";

/** CRI's own version, not ours (kubernetes/cri-api). */
const API_VERSION = "v1";
const VERSION = "0.1.0";

/** Who answers. */
export interface Product {
  readonly name: string;
  readonly version: string;
}

/**
 * Gives the runtime as soon as it is there.
 *
 * @throws {RuntimeError} UNAVAILABLE before recovery is complete.
 */
export type RuntimeSource = () => Runtime;

/**
 * CRI's RuntimeService on the core. Each call asks `source` first, so that a server may listen, and
 * refuse, before its runtime is there. Calls that are not here answer UNIMPLEMENTED. `urlFor` gives the
 * URL at which a client finds the streams that it asks for.
 */
export function runtimeService(
  source: RuntimeSource,
  product: Product,
  urlFor: (request: StreamRequest) => Promise<string>,
): RuntimeHandlers {
  return {
    version: () => {
      source();
      return {
        version: VERSION,
        runtimeName: product.name,
        runtimeVersion: product.version,
        runtimeApiVersion: API_VERSION,
      };
    },

    status: async ({ verbose }, context) => {
      const runtime = source();
      const conditions = (await runtimeConditions(runtime)).map((it) => ({
        type: it.type,
        status: it.isMet,
        reason: it.reason,
        message: it.message,
      }));
      const handlers = await runtimeHandlers(runtime, context);
      return {
        status: { conditions },
        info: verbose ? runtimeInfo(runtime) : {},
        runtimeHandlers: handlers.map(({ name, hasRecursiveReadonly }) => ({
          name,
          features: { recursiveReadOnlyMounts: hasRecursiveReadonly },
        })),
        features: { supplementalGroupsPolicy: true },
      };
    },

    runPodSandbox: async ({ config, runtimeHandler }, context) => ({
      podSandboxId: await runPodSandbox(
        source(),
        sandboxConfigFrom(config),
        runtimeHandler,
        context,
      ),
    }),

    stopPodSandbox: async ({ podSandboxId }, context) => {
      await stopPodSandbox(source(), podSandboxId, context);
      return {};
    },

    removePodSandbox: async ({ podSandboxId }, context) => {
      await removePodSandbox(source(), podSandboxId, context);
      return {};
    },

    podSandboxStatus: async ({ podSandboxId, verbose }) => {
      const runtime = source();
      const sandbox = runtime.sandboxes.find(podSandboxId);
      return {
        status: sandboxStatusMessage(sandbox),
        info: verbose ? await sandboxInfo(runtime, sandbox) : {},
        containersStatuses: statusesOf(runtime, sandbox.id),
        timestamp: nanos(runtime.kernel.clock.nowMicros()),
      };
    },

    listPodSandbox: ({ filter }) => ({
      items: listSandboxes(source(), sandboxFilterFrom(filter)).map(sandboxMessage),
    }),

    createContainer: async ({ podSandboxId, config }, context) => ({
      containerId: await createContainer(
        source(),
        podSandboxId,
        containerConfigFrom(config),
        context,
      ),
    }),

    startContainer: async ({ containerId }, context) => {
      await startContainer(source(), containerId, context);
      return {};
    },

    stopContainer: async ({ containerId, timeout }, context) => {
      await stopContainer(source(), containerId, milliseconds(timeout), context);
      return {};
    },

    removeContainer: async ({ containerId }, context) => {
      await removeContainer(source(), containerId, context);
      return {};
    },

    // Its annotations are for plugins; nothing here reads them.
    updateContainerResources: async ({ containerId, linux }, context) => {
      await updateContainerResources(source(), containerId, resourcesFrom(linux), context);
      return {};
    },

    containerStatus: async ({ containerId, verbose }) => {
      const runtime = source();
      const container = runtime.containers.find(containerId);
      if (!verbose) return containerStatusAnswer(runtime, container);
      return {
        status: statusOfContainer(runtime, container),
        info: await containerInfo(runtime, container),
      };
    },

    listContainers: ({ filter }) =>
      containerList(listContainers(source(), containerFilterFrom(filter))),

    execSync: ({ containerId, cmd, timeout }, context) =>
      execSync(source(), containerId, cmd, milliseconds(timeout), context),

    exec: async (message) => {
      const runtime = source();
      const request = execRequestFrom(message);
      checkExec(runtime, request);
      return { url: await urlFor(request) };
    },

    attach: async (message) => {
      const runtime = source();
      const request = attachRequestFrom(message);
      checkAttach(runtime, request.containerId);
      return { url: await urlFor(request) };
    },

    portForward: async (message) => {
      const runtime = source();
      const request = portsRequestFrom(message);
      checkPortForward(runtime, request.podSandboxId);
      return { url: await urlFor(request) };
    },

    reopenContainerLog: async ({ containerId }, context) => {
      await reopenContainerLog(source(), containerId, context);
      return {};
    },

    containerStats: async ({ containerId }, context) => {
      const runtime = source();
      const stats = await containerStats(runtime, containerId, context);
      return { stats: containerStatsMessage(stats, containersDirectory(runtime.config)) };
    },

    listContainerStats: async ({ filter }, context) => {
      const runtime = source();
      const mountpoint = containersDirectory(runtime.config);
      const all = await listContainerStats(runtime, containerFilterFrom(filter), context);
      return { stats: all.map((it) => containerStatsMessage(it, mountpoint)) };
    },

    podSandboxStats: async ({ podSandboxId }, context) => {
      const runtime = source();
      const stats = await sandboxStats(runtime, podSandboxId, context);
      return { stats: sandboxStatsMessage(stats, containersDirectory(runtime.config)) };
    },

    listPodSandboxStats: async ({ filter }, context) => {
      const runtime = source();
      const mountpoint = containersDirectory(runtime.config);
      const all = await listSandboxStats(runtime, sandboxFilterFrom(filter), context);
      return { stats: all.map((it) => sandboxStatsMessage(it, mountpoint)) };
    },

    // Beyond the lifecycle itself, since clients choose their cgroup parents by it.
    runtimeConfig: () => {
      source();
      return { linux: { cgroupDriver: CgroupDriver.CGROUPFS } };
    },

    // A kubelet tells the range of its node's pods; which addresses they get is CNI's configuration's to say.
    updateRuntimeConfig: () => {
      source();
      return {};
    },

    getContainerEvents: (_request, context) => containerEvents(source(), context),
  };
}
