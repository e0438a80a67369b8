import { hasErrno, KernelError } from "../../../src/kernel/errno.ts";
import type { Sys } from "../program.ts";
import { RuncError } from "./state.ts";

/** The parts of `linux.resources` that are written to a group (OCI runtime-spec, config-linux.md). */
export interface Limits {
  readonly cpu?: {
    readonly shares?: number;
    readonly quota?: number;
    readonly period?: number;
    readonly cpus?: string;
    readonly mems?: string;
  };
  readonly memory?: { readonly limit?: number; readonly swap?: number };
  readonly unified?: Readonly<Record<string, string>>;
}

const PERIOD = 100_000;
/** What Linux says of what it refuses, as Go's os.PathError ends. */
const REASONS: Readonly<Partial<Record<KernelError["errno"], string>>> = {
  EINVAL: "invalid argument",
  ENOENT: "no such file or directory",
};

/**
 * What is written to a group for limits, in runc's order (runc, libcontainer/cgroups/fs2/fs2.go, Set).
 * What is 0 or empty is not written, and stays as it is.
 */
export function filesOf({ cpu = {}, memory = {}, unified = {} }: Limits): [string, string][] {
  const { shares = 0, quota = 0, period = 0, cpus = "", mems = "" } = cpu;
  const { limit = 0, swap = 0 } = memory;
  const files: [string, string][] = [];
  if (swap !== 0) files.push(["memory.swap.max", swap < 0 ? "max" : String(swap - limit)]);
  if (limit !== 0) files.push(["memory.max", limit < 0 ? "max" : String(limit)]);
  if (shares !== 0) files.push(["cpu.weight", String(weightOf(shares))]);
  if (quota !== 0 || period !== 0) {
    files.push(["cpu.max", `${quota > 0 ? quota : "max"} ${period === 0 ? PERIOD : period}`]);
  }
  if (cpus !== "") files.push(["cpuset.cpus", cpus]);
  if (mems !== "") files.push(["cpuset.mems", mems]);
  return [...files, ...Object.entries(unified)];
}

/** Writes limits to a group, file by file. @throws {RuncError} at the first that Linux refuses. */
export async function setLimits(sys: Sys, cgroup: string, limits: Limits): Promise<void> {
  for (const [file, value] of filesOf(limits)) {
    try {
      await sys.cgroupWrite(cgroup, file, value);
    } catch (error) {
      if (!hasErrno(error, "EINVAL", "ENOENT")) throw error;
      const path = `/sys/fs/cgroup${cgroup}/${file}`;
      throw new RuncError(`failed to write "${value}": write ${path}: ${REASONS[error.errno]}`);
    }
  }
}

/** From 2 to 262144 to 1 to 10000 (runc, libcontainer/cgroups/utils.go). */
function weightOf(shares: number): number {
  return 1 + Math.floor(((shares - 2) * 9_999) / 262_142);
}
