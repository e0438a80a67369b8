import { type HostEdits, withEdits } from "../cdi/apply_edits.ts";
import type { Image } from "../image/image.ts";
import type { Context } from "../kernel/context.ts";
import { type OciSpec, SPEC_BYTES_MAX } from "../oci/runtime_spec.ts";
import {
  buildSpec,
  type ContainerVolume,
  limitsOf,
  type NamespaceSources,
  withLimits,
} from "../oci/spec.ts";
import { readDevices } from "../oci/spec_host.ts";
import type { ResolvedUser } from "../oci/user.ts";
import { RuntimeError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import { sandboxNamespaces } from "../sandbox/namespaces.ts";
import { sandboxPaths } from "../sandbox/paths.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { taskPaths } from "../task/paths.ts";
import type { LinuxResources } from "./config.ts";
import { devicesOf } from "./devices.ts";
import { resolveMounts } from "./mounts.ts";
import { containerPaths } from "./paths.ts";
import type { ContainerRecord } from "./record.ts";
import { seccompOf } from "./seccomp.ts";
import { textOf } from "../utf8.ts";

/** All that a container's OCI spec is made from. */
export interface SpecParts {
  readonly record: ContainerRecord;
  readonly sandbox: Pick<Sandbox, "id" | "record">;
  readonly image: Image;
  readonly user: ResolvedUser;
  readonly volumes: readonly ContainerVolume[];
  /** Of the CDI devices that it asks for. */
  readonly edits: HostEdits;
}

/** Puts the OCI spec of a container into its bundle. */
export async function writeContainerSpec(
  runtime: Runtime,
  { record, sandbox, image, user, volumes, edits }: SpecParts,
  context: Context,
): Promise<void> {
  const { kernel, config } = runtime;
  const { security } = record.config;
  const options = { timeoutMs: config.bounds.programMs, context };
  const paths = sandboxPaths(config, sandbox.id);
  const task = taskPaths(config, record.id);
  const hasOwnIpc = sandbox.record.config.namespaces.ipc !== "NODE";
  const devices = await devicesOf(kernel, record.config.devices, options);
  const spec = buildSpec({
    sandboxId: sandbox.id,
    config: {
      ...record.config,
      mounts: await resolveMounts(runtime, record.config.mounts, context),
    },
    sandbox: sandbox.record.config,
    image: image.config,
    imageName: record.config.image.userSpecifiedImage || record.config.image.image,
    user,
    rootfsPath: task.rootfs,
    hostname: sandbox.record.hostname,
    cgroupsPath: record.cgroup,
    namespaces: namespacesOf(runtime, record, sandbox),
    files: {
      resolvConf: paths.resolvConf,
      hosts: paths.hosts,
      hostname: paths.hostname,
      shm: hasOwnIpc ? paths.shm : "/dev/shm",
    },
    volumes,
    devices,
    seccomp: await seccompOf(runtime, record.config),
    host: {
      ...runtime.host,
      devices: security.isPrivileged ? await readDevices(kernel, "/dev", options) : [],
    },
  });
  await kernel.files.writeFile(task.spec, JSON.stringify(withEdits(spec, edits)));
}

/**
 * Puts other limits into the OCI spec that is in a container's bundle, for a task that is still to be
 * created. The spec follows from the record: as long as there is no task nobody has to change it.
 *
 * @throws {KernelError} ENOENT when the bundle is gone; ENOSPC.
 */
export async function writeLimits(
  runtime: Runtime,
  id: string,
  resources: LinuxResources,
): Promise<void> {
  const { files } = runtime.kernel;
  const path = taskPaths(runtime.config, id).spec;
  const spec: OciSpec = JSON.parse(textOf(await files.readFile(path, SPEC_BYTES_MAX)));
  const limits = limitsOf(resources, runtime.host);
  await files.writeFile(path, JSON.stringify(withLimits(spec, limits)));
}

function namespacesOf(
  runtime: Runtime,
  { id, config: { security } }: ContainerRecord,
  sandbox: SpecParts["sandbox"],
): NamespaceSources {
  const shared = sandboxNamespaces(sandboxPaths(runtime.config, sandbox.id), sandbox.record.config);
  switch (security.namespaces.pid) {
    case "CONTAINER":
      return { ...shared, pid: { kind: "new" } };
    case "NODE":
      return { ...shared, pid: { kind: "host" } };
    case "TARGET":
      return {
        ...shared,
        pid: { kind: "path", path: containerPaths(runtime.config, id).targetPin },
      };
    case "POD":
      if (sandbox.record.config.namespaces.pid !== "CONTAINER") return shared;
      throw new RuntimeError(
        "INVALID_ARGUMENT",
        "Cannot create container: it wants its pod's PID namespace and the pod has none of its own",
      );
  }
}
