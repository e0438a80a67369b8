import type { Mount } from "../container/config.ts";
import { RuntimeError } from "../errors.ts";
import { normalize } from "@std/path";
import type { OciMount } from "./runtime_spec.ts";
import type { SpecInput } from "./spec.ts";

/**
 * A container's mounts in the order in which the runtime makes them: the system's own, then the
 * sandbox's files, the image's volumes and the client's mounts, parents before children. The client
 * wins where two have one destination.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for a mount that contradicts itself.
 */
export function containerMounts(input: SpecInput): readonly OciMount[] {
  const { config } = input;
  const wanted = new Map(config.mounts.map((it) => [cleanPath(it.containerPath), it]));
  const extras = [...sandboxMounts(input), ...volumeMounts(input)]
    .filter((it) => !wanted.has(cleanPath(it.containerPath)));
  const binds = parentsFirst([...config.mounts, ...extras], (it) => it.containerPath);
  const taken = new Set(binds.map((it) => cleanPath(it.containerPath)));
  const system = systemMounts(config.security.isPrivileged).filter(({ destination }) =>
    !taken.has(destination) && !(taken.has("/dev") && destination.startsWith("/dev/"))
  );
  return [...system, ...binds.map(bindMount)];
}

/**
 * The propagation that the rootfs must have for these mounts to have theirs; undefined for runc's
 * default, private.
 */
export function propagationOf(mounts: readonly Mount[]): "rshared" | "rslave" | undefined {
  if (mounts.some((it) => it.propagation === "BIDIRECTIONAL")) return "rshared";
  if (mounts.some((it) => it.propagation === "HOST_TO_CONTAINER")) return "rslave";
  return undefined;
}

/** What every container has; a privileged one may write to the kernel's file systems. */
function systemMounts(isPrivileged: boolean): readonly OciMount[] {
  const access = isPrivileged ? "rw" : "ro";
  const guarded = ["nosuid", "noexec", "nodev"];
  return [
    { destination: "/proc", type: "proc", source: "proc", options: guarded },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: [...guarded, "mode=1777", "size=65536k"],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: guarded },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: [...guarded, access] },
    {
      destination: "/sys/fs/cgroup",
      type: "cgroup",
      source: "cgroup",
      options: [...guarded, "relatime", access],
    },
  ];
}

function sandboxMounts(input: SpecInput): readonly Mount[] {
  const { files, config } = input;
  const isReadonly = config.security.hasReadonlyRootfs;
  return [
    ...plainMount("/etc/hostname", files.hostname, isReadonly),
    ...plainMount("/etc/hosts", files.hosts, isReadonly),
    ...plainMount("/etc/resolv.conf", files.resolvConf, isReadonly),
    ...plainMount("/dev/shm", files.shm, false),
  ];
}

function volumeMounts(input: SpecInput): readonly Mount[] {
  return input.volumes.flatMap((it) => plainMount(it.containerPath, it.hostPath, false));
}

function plainMount(
  containerPath: string,
  hostPath: string | undefined,
  isReadonly: boolean,
): readonly Mount[] {
  if (hostPath === undefined) return [];
  const propagation = "PRIVATE";
  return [{ containerPath, hostPath, isReadonly, isRecursiveReadonly: false, propagation }];
}

function bindMount(mount: Mount): OciMount {
  const { containerPath, hostPath } = mount;
  if (!hostPath.startsWith("/")) throw invalid(mount, "host path is not absolute");
  if (containerPath === "") throw invalid(mount, "container path is empty");
  if (mount.isRecursiveReadonly && !mount.isReadonly) {
    throw invalid(mount, "recursively read-only, but not read-only");
  }
  if (mount.isRecursiveReadonly && mount.propagation !== "PRIVATE") {
    throw invalid(mount, "recursively read-only needs private propagation");
  }
  const access = mount.isRecursiveReadonly ? "rro" : mount.isReadonly ? "ro" : "rw";
  return {
    destination: cleanPath(containerPath),
    type: "bind",
    source: hostPath,
    options: ["rbind", PROPAGATION[mount.propagation], access],
  };
}

const PROPAGATION = {
  PRIVATE: "rprivate",
  HOST_TO_CONTAINER: "rslave",
  BIDIRECTIONAL: "rshared",
} as const;

/** Mounts in an order in which none hides another; those at one depth stay in theirs. */
export function parentsFirst<M>(mounts: readonly M[], pathOf: (mount: M) => string): readonly M[] {
  return mounts
    .map((mount) => ({ mount, depth: depthOf(pathOf(mount)) }))
    .sort((a, b) => a.depth - b.depth)
    .map(({ mount }) => mount);
}

function depthOf(path: string): number {
  const clean = cleanPath(path);
  return clean === "/" ? 0 : clean.split("/").length - 1;
}

/** An absolute path without ".", ".." or a slash at its end; a relative one is taken from the root. */
export function cleanPath(path: string): string {
  const clean = normalize(`/${path}`);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}

function invalid(mount: Mount, why: string): RuntimeError {
  return new RuntimeError(
    "INVALID_ARGUMENT",
    `Cannot mount ${JSON.stringify(mount.hostPath)} on ${
      JSON.stringify(mount.containerPath)
    }: ${why}`,
  );
}
