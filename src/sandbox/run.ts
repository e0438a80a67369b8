import { join } from "@std/path";
import { messageOf, RuntimeError } from "../errors.ts";
import { allOf } from "../kernel/all_of.ts";
import type { Context } from "../kernel/context.ts";
import type { NetworkResult } from "../network/network.ts";
import { observed } from "../operation.ts";
import { newId } from "../registry/ids.ts";
import type { Runtime } from "../runtime.ts";
import { spanned } from "../telemetry.ts";
import type { Task } from "../task/task.ts";
import type { SandboxConfig } from "./config.ts";
import { readHostname, writeSandboxFiles } from "./files.ts";
import { monitorPause } from "./monitor.ts";
import { startPause } from "./pause.ts";
import { pinsOf, sandboxPaths } from "./paths.ts";
import {
  deleteSandboxRecord,
  putSandbox,
  putSandboxStatus,
  type SandboxRecord,
  sandboxRecord,
} from "./record.ts";
import { Sandbox } from "./sandbox.ts";
import { type Pause, preparing, ready, stopping } from "./state.ts";
import { sysctlRefusal, sysctlsFor, validateSysctls } from "./sysctls.ts";
import { discardSandboxFiles, teardownSandbox } from "./teardown.ts";

/** /dev/shm of a pod, as large as Docker's and containerd's. */
const SHM_OPTIONS = ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"];

/**
 * CRI RunPodSandbox: namespaces, network, files of a pod, ready for containers. What will be made is on
 * disk before it is made, so that neither a crash nor a failure leaves anything that nobody knows of
 * (RACES.md W20). When undoing a failure fails too, the sandbox stays, not ready, for its client to
 * stop and remove.
 *
 * @returns the sandbox's id
 * @throws {RuntimeError} ALREADY_EXISTS for a name in use; INVALID_ARGUMENT; UNAVAILABLE without a
 * network configuration; whatever made it fail.
 */
export async function runPodSandbox(
  runtime: Runtime,
  config: SandboxConfig,
  handler: string,
  context: Context,
): Promise<string> {
  const { kernel, sandboxNames } = runtime;
  const ociRuntime = runtime.ociRuntime(handler);
  validateSysctls(config.sysctls);
  const id = newId(kernel.random);
  const name = sandboxName(config);
  await observed(runtime, {
    name: "RunPodSandbox",
    attributes: { "sandbox.id": id, "sandbox.name": name },
    timer: "sandbox_runtime_create",
    handler,
  }, async () => {
    await using undo = new AsyncDisposableStack();
    reserveName(runtime, name, id);
    const named = undo.adopt(name, (it) => sandboxNames.release(it, id));
    const record = await describe(runtime, {
      id,
      name: named,
      config,
      handler,
      ociRuntime: ociRuntime.program,
    });
    const status = preparing(kernel.clock.nowMicros());
    const sandbox = new Sandbox(record, status, kernel, runtime.events);
    // From the record on, giving the name back is the rollback's last step.
    undo.move();
    try {
      await prepare(runtime, sandbox, context);
    } catch (error) {
      await rollback(runtime, sandbox);
      throw error;
    }
  });
  return id;
}

/** What a pod is called, in CRI's terms. */
export function sandboxName({ metadata }: SandboxConfig): string {
  return [metadata.name, metadata.namespace, metadata.uid, metadata.attempt].join("_");
}

function reserveName(runtime: Runtime, name: string, id: string): void {
  try {
    runtime.sandboxNames.reserve(name, id);
  } catch (error) {
    throw new RuntimeError(
      "ALREADY_EXISTS",
      `failed to reserve sandbox name "${name}": ${messageOf(error)}`,
      { cause: error },
    );
  }
}

async function describe(
  runtime: Runtime,
  asked: Pick<SandboxRecord, "id" | "name" | "config" | "handler" | "ociRuntime">,
): Promise<SandboxRecord> {
  const { id, config } = asked;
  const hasNetwork = config.namespaces.network !== "NODE";
  const parent = config.cgroupParent;
  return sandboxRecord({
    ...asked,
    hostname: config.hostname === "" || !hasNetwork
      ? await readHostname(runtime.kernel)
      : config.hostname,
    cgroup: parent === "" ? join(runtime.config.cgroupParent, id) : parent,
    ownsCgroup: parent === "",
    networkList: hasNetwork ? await runtime.network.configuration() : undefined,
  });
}

async function prepare(runtime: Runtime, sandbox: Sandbox, context: Context): Promise<void> {
  const { kernel, config } = runtime;
  const { record } = sandbox;
  const paths = sandboxPaths(config, record.id);
  context.throwIfCancelled();
  const changes = [putSandbox(record), putSandboxStatus(record.id, sandbox.status)];
  await kernel.store.commit(changes, "daemon");
  await kernel.files.mkdir(paths.directory, 0o711);
  let network: NetworkResult | undefined;
  // Each needs the folder alone; namespaces and network take longest.
  await allOf(
    context,
    async (context) => {
      // An address outlives a loss of power, and so must whose it is; whatever else is made here goes with the
      // power, or is found by its name (recovery/orphans.ts).
      await allOf(context, () => pin(runtime, record), () => kernel.store.sync());
      context.throwIfCancelled();
      network = await attach(runtime, record, paths.net, context);
    },
    () => writeSandboxFiles(kernel, paths, record),
    () => kernel.cgroups.create(record.cgroup),
    () => mountSharedMemory(runtime, record),
  );
  context.throwIfCancelled();
  const started = record.config.namespaces.pid === "POD"
    ? await startPause(runtime, record, context)
    : undefined;
  try {
    await runtime.hooks.sandbox("runPodSandbox", sandbox, context);
    context.throwIfCancelled();
    await publish(runtime, sandbox, network, started);
  } catch (error) {
    started?.task[Symbol.dispose]();
    throw error;
  }
}

async function pin(runtime: Runtime, record: SandboxRecord): Promise<void> {
  const { kernel, config, telemetry } = runtime;
  const pins = pinsOf(sandboxPaths(config, record.id), record.config);
  if (Object.keys(pins).length === 0) return;
  const sysctls = sysctlsFor(record.config.sysctls, pins);
  const work = () => kernel.namespaces.pin(pins, record.hostname, sysctls);
  try {
    await spanned(telemetry, "namespaces.pin", {}, work);
  } catch (error) {
    throw sysctlRefusal(error, record.config.sysctls);
  }
}

/** /dev/shm is of the pod's own where its IPC namespace is. */
async function mountSharedMemory(
  { kernel, config }: Runtime,
  record: SandboxRecord,
): Promise<void> {
  const paths = sandboxPaths(config, record.id);
  if (pinsOf(paths, record.config).ipc === undefined) return;
  await kernel.files.mkdir(paths.shm, 0o1777);
  await kernel.mounts.mount("shm", paths.shm, { type: "tmpfs", options: SHM_OPTIONS });
}

async function attach(
  runtime: Runtime,
  record: SandboxRecord,
  netnsPath: string,
  context: Context,
): Promise<NetworkResult | undefined> {
  const { id, config, networkList } = record;
  if (networkList === undefined) return undefined;
  const request = { sandboxId: id, netnsPath, config };
  const attributes = { "netns.path": netnsPath };
  return await spanned(
    runtime.telemetry,
    "cni.setup_pod_network",
    attributes,
    async (span) => {
      const result = await runtime.network.attach(request, networkList, context);
      if (result.ips.length === 0) {
        throw new RuntimeError("UNKNOWN", `failed to find network info for sandbox "${id}"`);
      }
      span.set({ "sandbox.ip": result.ips[0] ?? "" });
      return result;
    },
  );
}

/** The last step: from the commit on the sandbox is there, and nothing after it can fail. */
async function publish(
  runtime: Runtime,
  sandbox: Sandbox,
  network: NetworkResult | undefined,
  started: { readonly task: Task; readonly pause: Pause } | undefined,
): Promise<void> {
  sandbox.pause = started?.task;
  const next = (status: typeof sandbox.status) => ready(status, network, started?.pause);
  runtime.sandboxes.add(sandbox);
  try {
    await sandbox.transition(next, "CREATED", "STARTED");
  } catch (error) {
    runtime.sandboxes.delete(sandbox.id);
    throw error;
  }
  if (started !== undefined) monitorPause(runtime, sandbox, started.task);
}

async function rollback(runtime: Runtime, sandbox: Sandbox): Promise<void> {
  const { record } = sandbox;
  sandbox.gate.close();
  try {
    using bounded = runtime.rollbackContext();
    await runtime.hooks.sandbox("removePodSandbox", sandbox, bounded);
    await teardownSandbox(runtime, record, sandbox.status, bounded);
    await discardSandboxFiles(runtime, record);
    await runtime.kernel.store.commit(deleteSandboxRecord(record.id));
    runtime.sandboxNames.release(record.name, record.id);
  } catch (error) {
    runtime.telemetry.log("error", "rollback of a sandbox failed: it stays, not ready", {
      id: record.id,
      error: messageOf(error),
    });
    // When the daemon ends it stays half-made: its next life undoes that, and nobody has to remove it.
    if (runtime.life.cause === undefined) await sandbox.transition(stopping).catch(() => {});
    runtime.sandboxes.add(sandbox);
  }
}
