import { assembleRuntime, shutDown } from "../../src/boot.ts";
import { DEFAULT_CONFIG } from "../../src/config.ts";
import { RuntimeError } from "../../src/errors.ts";
import { SILENT } from "../../src/telemetry.ts";
import type { Lifecycle, Operations } from "../../sim/lifecycle/operations.ts";
import { createContainer } from "./create_container.ts";
import { recover } from "./recovery/recover.ts";
import { removeContainer } from "./remove_container.ts";
import { removePodSandbox } from "./remove_pod_sandbox.ts";
import { runPodSandbox } from "./run_pod_sandbox.ts";
import { Service } from "./service.ts";
import { startContainer } from "./start_container.ts";
import { stopContainer } from "./stop_container.ts";
import { stopPodSandbox } from "./stop_pod_sandbox.ts";

/** The lifecycle of containerd's CRI service, to be run by `runLifecycle` beside ours. */
export const reference: Operations = async (kernel, { onBug, go }) => {
  const config = { ...DEFAULT_CONFIG, prepare: "lazy" } as const;
  const platform = await assembleRuntime({ kernel, config, telemetry: SILENT, onBug });
  return lifecycleOf(new Service(platform, go));
};

function lifecycleOf(service: Service): Lifecycle {
  const { containers, sandboxes, containerNames, sandboxNames, events, platform } = service;
  return {
    ...{ containers, sandboxes, containerNames, sandboxNames, events },
    config: platform.config,
    recover: () => recover(service),
    runPodSandbox: (config, context) => runPodSandbox(service, config, context),
    stopPodSandbox: (id, context) => stopPodSandbox(service, id, context),
    removePodSandbox: (id, context) => removePodSandbox(service, id, context),
    createContainer: (id, config, context) => createContainer(service, id, config, context),
    startContainer: (id, context) => startContainer(service, id, context),
    stopContainer: (id, graceMs, context) => stopContainer(service, id, graceMs, context),
    removeContainer: (id, context) => removeContainer(service, id, context),
    execSync: () => notPorted("ExecSync"),
    updateContainerResources: () => notPorted("UpdateContainerResources"),
    reopenContainerLog: () => notPorted("ReopenContainerLog"),
    async pullImage(reference, context) {
      await platform.images.pull(reference, undefined, context);
    },
    removeImage: (reference) => platform.images.remove(reference),
    layerPaths: (layers) => platform.images.layerPaths(layers),
    // PodSandboxStatus reads the controller's copy, ListPodSandbox the service's.
    isReady: (id) =>
      sandboxes.get(id) !== undefined &&
      (sandboxes.get(id)?.state === "READY" || service.controller.state(id) === "READY"),
    subscribe: () => events.subscribe(),
    isSettled: () => service.backOff.isEmpty,
    hurry: () => {},
    shutDown: () => shutDown(platform),
  };
}

function notPorted(call: string): Promise<never> {
  return Promise.reject(new RuntimeError("UNIMPLEMENTED", `${call} is no part of the port`));
}
