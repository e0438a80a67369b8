import { type ErrorCode, RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import { hasErrno } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { programFailed, run } from "../kernel/run.ts";
import { CAPABILITIES, capabilitiesOfStatus } from "./capabilities.ts";
import type { OciDevice } from "./runtime_spec.ts";
import type { HostFacts } from "./spec.ts";
import { textOf } from "../utf8.ts";

/**
 * Reads once what every container's spec depends on; devices are left to {@linkcode readDevices},
 * since they come and go. What a host does not tell is taken for absent.
 */
export async function readHostFacts(kernel: Kernel): Promise<Omit<HostFacts, "devices">> {
  const status = await readText(kernel, "/proc/self/status");
  const capabilities = status === undefined ? CAPABILITIES : capabilitiesOfStatus(status, "CapEff");
  const ownScore = Number(await readText(kernel, "/proc/self/oom_score_adj") ?? "0");
  const controllers = await readText(kernel, "/sys/fs/cgroup/cgroup.controllers");
  const isLimited = !capabilities.includes("CAP_SYS_RESOURCE");
  return {
    cgroupVersion: controllers === undefined ? 1 : 2,
    capabilities,
    oomScoreAdjMin: isLimited && Number.isInteger(ownScore) ? ownScore : OOM_SCORE_ADJ_MIN,
    hasSwapController: await hasSwapController(kernel, controllers !== undefined),
    hasHugetlbController: controllers === undefined
      ? await kernel.files.stat("/sys/fs/cgroup/hugetlb") !== undefined
      : controllers.trim().split(" ").includes("hugetlb"),
  };
}

/** What one container may have: more than a node with thousands of disks, and its spec can still be read. */
export const DEVICES_MAX = 16_384;

/**
 * The device nodes at and below `path`, sorted; without terminals, shared memory and queues, which
 * every container has its own of.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT when there is none at `path`, or more than `DEVICES_MAX`;
 * FAILED_PRECONDITION when `path` is not there.
 */
export async function readDevices(
  kernel: Kernel,
  path: string,
  options: { readonly timeoutMs: number; readonly context: Context },
): Promise<readonly OciDevice[]> {
  const skipped = ["pts", "shm", "fd", "mqueue", "console"]
    .flatMap((name) => ["-path", `/dev/${name}`, "-prune", "-o"]);
  const command = {
    program: "find",
    args: [
      ...["-H", path, ...skipped, "(", "-type", "b", "-o", "-type", "c", ")"],
      // Major and minor as man 1 stat prints them, in hexadecimal.
      ...["-exec", "stat", "--printf=%f %t %T %u %g %n\\0", "{}", "+"],
    ],
    env: { LC_ALL: "C" },
  };
  // So that one too many is always seen whole.
  const outputBytesMax = (DEVICES_MAX + 1) * DEVICE_LINE_BYTES_MAX;
  const result = await run(kernel, command, { ...options, outputBytesMax });
  const { status, stdout } = result;
  const devices = stdout.split("\0", DEVICES_MAX + 1).flatMap(deviceOf);
  // 1 says that one was gone before it could be looked at: devices come and go.
  const isDone = status.kind === "exited" &&
    (status.code === 0 || (status.code === 1 && devices.length > 0));
  const shown = JSON.stringify(path);
  if (!isDone) {
    if (await kernel.files.stat(path) !== undefined) throw programFailed(command, result);
    throw refusal("FAILED_PRECONDITION", `the host has no device ${shown}`);
  }
  if (devices.length === 0) throw refusal("INVALID_ARGUMENT", `there is no device at ${shown}`);
  if (devices.length > DEVICES_MAX) {
    throw refusal("INVALID_ARGUMENT", `there are more than ${DEVICES_MAX} devices at ${shown}`);
  }
  return devices.sort((a, b) => a.path < b.path ? -1 : 1);
}

const OOM_SCORE_ADJ_MIN = -1000;
/** More than stat prints of one device: its path is the most of it (man 3 pathconf, PATH_MAX). */
const DEVICE_LINE_BYTES_MAX = 4_096 + 128;

function refusal(code: ErrorCode, why: string): RuntimeError {
  return new RuntimeError(code, `Cannot create container: ${why}`);
}

function deviceOf(line: string): readonly OciDevice[] {
  const [, mode, major, minor, uid, gid, path] =
    /^([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) ([0-9]+) ([0-9]+) (\/.*)$/s.exec(line) ?? [];
  if (mode === undefined || path === undefined) return [];
  const bits = parseInt(mode, 16);
  return [{
    path,
    type: (bits & 0o170000) === 0o060000 ? "b" : "c",
    major: parseInt(major ?? "", 16),
    minor: parseInt(minor ?? "", 16),
    fileMode: bits & 0o7777,
    uid: Number(uid),
    gid: Number(gid),
  }];
}

/** The root group of version 2 has no limits, so the daemon's own group is asked. */
async function hasSwapController(kernel: Kernel, isUnified: boolean): Promise<boolean> {
  if (!isUnified) {
    const file = "/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes";
    return await kernel.files.stat(file) !== undefined;
  }
  const own = /^0::(\/.*)$/m.exec(await readText(kernel, "/proc/self/cgroup") ?? "")?.[1] ?? "/";
  return await kernel.files.stat(`/sys/fs/cgroup${own}/memory.swap.max`) !== undefined;
}

async function readText(kernel: Kernel, path: string): Promise<string | undefined> {
  try {
    return textOf(await kernel.files.readFile(path, 64 * 1024));
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
