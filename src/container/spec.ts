import { join } from "@std/path";

import { DEFAULT_CONFIG } from "../config.ts";
import type { Image } from "../image/image.ts";
import { type Context, waitFor } from "../kernel/context.ts";
import { hasErrno } from "../kernel/errno.ts";
import type { Files } from "../kernel/files.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { containerCapabilities } from "../oci/capabilities.ts";
import { type OciSeccomp, type OciSpec, SPEC_BYTES_MAX } from "../oci/runtime_spec.ts";
import { SECCOMP_PROFILE_BYTES_MAX, seccompFilter } from "../oci/seccomp.ts";
import { withoutNamespaces } from "../oci/seccomp_namespaces.ts";
import {
  buildSpec,
  type ContainerDevice,
  type ContainerVolume,
  limitsOf,
  type NamespaceSources,
  withLimits,
} from "../oci/spec.ts";
import { DEVICES_MAX, readDevices } from "../oci/spec_host.ts";
import type { ResolvedUser } from "../oci/user.ts";
import { RuntimeError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import { sandboxNamespaces } from "../sandbox/namespaces.ts";
import { sandboxPaths } from "../sandbox/paths.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { taskPaths } from "../task/paths.ts";
import type { ContainerConfig, Device, LinuxResources, Mount } from "./config.ts";
import { containerPaths } from "./paths.ts";
import type { ContainerRecord } from "./record.ts";
import { textOf } from "../utf8.ts";

/** All that a container's OCI spec is made from. */
export interface SpecParts {
  readonly record: ContainerRecord;
  readonly sandbox: Pick<Sandbox, "id" | "record">;
  readonly image: Image;
  readonly user: ResolvedUser;
  readonly volumes: readonly ContainerVolume[];
}

/** Host directories that a client mounts and that are not there are made, as containerd does. */
const MOUNTED_DIRECTORY_MODE = 0o755;
/** What is wrong with the path itself: whatever else fails may be done the next time. */
const NO_PATH = [
  "ENOENT",
  "ENOTDIR",
  "EEXIST",
  "ELOOP",
  "ENAMETOOLONG",
  "EACCES",
  "EPERM",
  "EROFS",
];

/** Puts the OCI spec of a container into its bundle. */
export async function writeContainerSpec(
  runtime: Runtime,
  { record, sandbox, image, user, volumes }: SpecParts,
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
  await kernel.files.writeFile(task.spec, JSON.stringify(spec));
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

/** The devices that a client names, as the host has them: all of them or none. */
async function devicesOf(
  kernel: Kernel,
  wanted: readonly Device[],
  options: Parameters<typeof readDevices>[2],
): Promise<readonly ContainerDevice[]> {
  requireFew(wanted);
  const found = await Promise.all(wanted.map(async ({ hostPath, containerPath, permissions }) => {
    const nodes = await readDevices(kernel, hostPath, options);
    return nodes.map((it) => ({
      device: { ...it, path: join(containerPath, it.path.slice(hostPath.length)) },
      permissions,
    }));
  }));
  const devices = found.flat();
  requireFew(devices);
  return devices;
}

function requireFew({ length }: readonly unknown[]): void {
  if (length <= DEVICES_MAX) return;
  throw new RuntimeError(
    "INVALID_ARGUMENT",
    `Cannot create container: it is to have more than ${DEVICES_MAX} devices`,
  );
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

/**
 * Where the client's mounts come from, every symlink on the way followed. A look into a file system of the
 * network whose server is gone has no end: nobody waits for that.
 */
async function resolveMounts(
  runtime: Runtime,
  mounts: readonly Mount[],
  context: Context,
): Promise<Mount[]> {
  const { clock, files } = runtime.kernel;
  using bounded = context.within(clock, runtime.config.bounds.programMs, "look up mounts");
  const lookUp = (path: string) => waitFor(files.resolveInRoot("/", path), bounded);
  const resolved: Mount[] = [];
  for (const mount of mounts) {
    const hostPath = await lookUpOrMake(files, mount.hostPath, lookUp);
    await requireSharing(runtime, { ...mount, hostPath });
    resolved.push({ ...mount, hostPath });
  }
  return resolved;
}

/** @throws {RuntimeError} FAILED_PRECONDITION when the path can be neither found nor made. */
async function lookUpOrMake(
  files: Files,
  path: string,
  lookUp: (path: string) => Promise<string>,
): Promise<string> {
  try {
    return await lookUp(path).catch(async (error) => {
      if (!hasErrno(error, "ENOENT")) throw error;
      await files.mkdir(path, MOUNTED_DIRECTORY_MODE);
      return await lookUp(path);
    });
  } catch (error) {
    if (!hasErrno(error, ...NO_PATH)) throw error;
    throw new RuntimeError(
      "FAILED_PRECONDITION",
      `Cannot mount ${JSON.stringify(path)}: ` +
        `it can be neither found nor made on the host (${error.errno})`,
      { cause: error },
    );
  }
}

/**
 * A container that mounts something for others, or waits for what others mount, would do so in vain, and its
 * files would be written somewhere else.
 *
 * @throws {RuntimeError} FAILED_PRECONDITION when the host's mount does not share as the client wants it.
 */
async function requireSharing({ kernel }: Runtime, mount: Mount): Promise<void> {
  const { hostPath, propagation } = mount;
  if (propagation === "PRIVATE") return;
  const sharing = await kernel.mounts.sharing(hostPath);
  if (sharing === "shared" || (sharing === "slave" && propagation === "HOST_TO_CONTAINER")) return;
  throw new RuntimeError(
    "FAILED_PRECONDITION",
    `Cannot mount ${JSON.stringify(hostPath)} with propagation ${propagation}: ` +
      `on the host it is in a ${sharing} mount`,
  );
}

/** The seccomp filter that a container asks for; a privileged one has none. */
async function seccompOf(
  runtime: Runtime,
  { security }: ContainerConfig,
): Promise<OciSeccomp | undefined> {
  if (security.seccomp === undefined || security.isPrivileged) return undefined;
  const { kernel, config, host } = runtime;
  const { seccomp } = security;
  if (seccomp.type === "Unconfined") return undefined;
  const path = seccomp.type === "Localhost" ? seccomp.path : config.seccompProfile;
  if (path === "") return undefined;
  const { architecture, kernelRelease } = kernel.machine;
  if (architecture !== "x86_64" && architecture !== "aarch64") {
    throw new RuntimeError("FAILED_PRECONDITION", `no seccomp profile for ${architecture}`);
  }
  const { bounding } = containerCapabilities(security, host.capabilities);
  try {
    const profile = await kernel.files.readFile(path, SECCOMP_PROFILE_BYTES_MAX);
    const filter = seccompFilter(textOf(profile), {
      architecture,
      kernelRelease,
      capabilities: bounding,
      withSubArchitectures: true,
    });
    // containers/common's is for Podman, which lets containers run containers; who names a file has chosen it.
    const isPodmans = seccomp.type === "RuntimeDefault" && path === DEFAULT_CONFIG.seccompProfile;
    return isPodmans && !bounding.includes("CAP_SYS_ADMIN") ? withoutNamespaces(filter) : filter;
  } catch (error) {
    const fault = faultOf(error);
    if (fault === undefined) throw error;
    // Nobody but the operator can mend the default one.
    const code = seccomp.type === "Localhost" ? fault.code : "FAILED_PRECONDITION";
    const shown = JSON.stringify(path);
    throw new RuntimeError(code, `Cannot use seccomp profile ${shown}: ${fault.message}`, {
      cause: error,
    });
  }
}

/** What is wrong with a seccomp profile; undefined when that is not known. */
function faultOf(error: unknown): Pick<RuntimeError, "code" | "message"> | undefined {
  if (error instanceof RuntimeError) return error;
  if (hasErrno(error, "ENOENT", "ENOTDIR")) {
    return { code: "FAILED_PRECONDITION", message: "the host has no such file" };
  }
  if (hasErrno(error, "EISDIR", "ENXIO")) {
    return { code: "INVALID_ARGUMENT", message: "it is no file" };
  }
  if (hasErrno(error, "EFBIG")) {
    const message = `it is longer than ${SECCOMP_PROFILE_BYTES_MAX} bytes`;
    return { code: "INVALID_ARGUMENT", message };
  }
  return undefined;
}
