import { messageOf, RuntimeError } from "../../src/errors.ts";
import type { Context } from "../../src/kernel/context.ts";
import { newId } from "../../src/registry/ids.ts";
import type { Runtime } from "../../src/runtime.ts";
import type { SandboxConfig } from "../../src/sandbox/config.ts";
import { readHostname } from "../../src/sandbox/files.ts";
import { sandboxPaths } from "../../src/sandbox/paths.ts";
import { type SandboxRecord, sandboxRecord } from "../../src/sandbox/record.ts";
import { sandboxName } from "../../src/sandbox/run.ts";
import { yieldPoint } from "./goroutine.ts";
import { Latch } from "./latch.ts";
import { isNotFound } from "./meta.ts";
import { CleanupError } from "./podsandbox/start.ts";
import { Sandbox } from "./sandbox.ts";
import type { Service } from "./service.ts";

/** RunPodSandbox (server/sandbox_run.go:88-410). */
export async function runPodSandbox(
  service: Service,
  config: SandboxConfig,
  context: Context,
): Promise<string> {
  const { platform, meta, controller, sandboxNames } = service;
  const { kernel } = platform;
  const id = newId(kernel.random);
  const name = sandboxName(config);
  reserve(service, name, id);
  const latch = new Latch();
  latch.always(() => {
    if (!latch.hasFailed) sandboxNames.release(name, id);
  });
  try {
    await meta.put("lease", id, { id });
    latch.always(() => meta.delete("lease", id).catch(() => {}));
    const sandbox = new Sandbox(await describe(platform, id, name, config));
    await meta.put("sandbox", id, sandbox.stored());
    latch.defer(() => meta.delete("sandbox", id));
    // Registered after the deletion of the record, so it runs before: one whose deletion fails is lost.
    latch.always(() => {
      if (latch.hasFailed) service.sandboxes.add(sandbox);
    });
    if (sandbox.record.networkList !== undefined) {
      await setUpNetwork(service, sandbox, sandbox.record.networkList, latch, context);
    }
    controller.create(sandbox.record);
    await startController(service, id, latch, context);
    const disarm = latch.defer(async () => {
      using bounded = platform.rollbackContext();
      await controller.shutdown(id, bounded);
    });
    await meta.put("sandbox", id, sandbox.stored());
    sandbox.state = "READY";
    service.sandboxes.add(sandbox);
    disarm();
    await service.events.send("CREATED", id, id);
    monitorSandbox(service, sandbox);
    await service.events.send("STARTED", id, id);
    return id;
  } catch (error) {
    await latch.unwind();
    throw error;
  }
}

/** The service's own waiter: its copy of the state follows the controller's (server/events.go:58-84; W4b). */
export function monitorSandbox(service: Service, sandbox: Sandbox): void {
  service.go(`monitor ${sandbox.id}`, async () => {
    await service.controller.wait(sandbox.id);
    await yieldPoint(service.platform.kernel);
    sandbox.state = "NOTREADY";
    sandbox.stopped.close();
    await service.events.send("STOPPED", sandbox.id, sandbox.id);
  });
}

function reserve(service: Service, name: string, id: string): void {
  try {
    service.sandboxNames.reserve(name, id);
  } catch (error) {
    throw new RuntimeError(
      "UNKNOWN",
      `failed to reserve sandbox name "${name}": ${messageOf(error)}`,
    );
  }
}

async function describe(
  platform: Runtime,
  id: string,
  name: string,
  config: SandboxConfig,
): Promise<SandboxRecord> {
  const hasNetwork = config.namespaces.network !== "NODE";
  return sandboxRecord({
    id,
    name,
    config,
    handler: "",
    ociRuntime: platform.ociRuntime("").program,
    hostname: hasNetwork ? config.hostname : await readHostname(platform.kernel),
    cgroup: `${platform.config.cgroupParent}/${id}`,
    ownsCgroup: true,
    networkList: hasNetwork ? await platform.network.configuration() : undefined,
  });
}

/** Namespace, record, CNI ADD, record: what a crash finds in between nobody knows of (W20). */
async function setUpNetwork(
  { platform, meta }: Service,
  sandbox: Sandbox,
  networkList: string,
  latch: Latch,
  context: Context,
): Promise<void> {
  const { kernel, config, network } = platform;
  const { id, record } = sandbox;
  const paths = sandboxPaths(config, id);
  await kernel.files.mkdir(paths.directory, 0o711);
  await kernel.namespaces.pin({ net: paths.net }, record.hostname);
  latch.defer(async () => {
    await kernel.namespaces.unpin(paths.net);
    await kernel.files.remove(paths.directory);
  });
  sandbox.netnsPath = paths.net;
  await meta.put("sandbox", id, sandbox.stored());
  const attachment = { sandboxId: id, netnsPath: paths.net, config: record.config };
  latch.defer(async () => {
    using bounded = platform.rollbackContext();
    try {
      await network.detach(attachment, networkList, sandbox.network?.result, bounded);
    } catch (error) {
      if (sandbox.network !== undefined) throw error;
    }
  });
  sandbox.network = await network.attach(attachment, networkList, context);
  await meta.put("sandbox", id, sandbox.stored());
}

async function startController(
  { controller }: Service,
  id: string,
  latch: Latch,
  context: Context,
): Promise<void> {
  try {
    await controller.start(id, context);
  } catch (error) {
    if (!(error instanceof CleanupError)) {
      controller.forget(id);
      throw error;
    }
    latch.hasFailed = true;
    throw error.cause;
  }
}

/** For callers that take absence for success. */
export function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
