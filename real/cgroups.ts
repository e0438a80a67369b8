import type { Cgroups, CgroupUsage, Cpuset } from "../src/kernel/cgroups.ts";
import { hasErrno, KernelError, tolerate } from "../src/kernel/errno.ts";
import { SIGKILL } from "../src/kernel/processes.ts";
import { findHierarchies, type Hierarchy, parseFlatKeyed, parsePids } from "./cgroup_files.ts";
import { readUsage } from "./cgroup_usage.ts";
import { wakeMoveLock } from "./cgroup_lock.ts";
import { asKernelError, attemptAsync } from "./errno.ts";
import { closeFd } from "./libc.ts";
import { mountTable } from "./mountinfo.ts";
import { pidfdOpen, pidfdSignal } from "./pidfd.ts";
import { statOf } from "./proc.ts";
import { Turn } from "./turn.ts";

/**
 * Control groups in whatever hierarchies the host has mounted. What makes and removes them waits for the
 * kernel's cgroup_mutex, which a move of a process can hold for many milliseconds: never on the event
 * loop's thread, and in all hierarchies at the same time. What goes through processes, of which a group may
 * have thousands, takes several turns of the event loop.
 */
export class LinuxCgroups implements Cgroups {
  #found: readonly Hierarchy[] | undefined;
  #isWaking = false;
  readonly #turn = new Turn();

  expectMove(): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    void wakeMoveLock(this.#hierarchies()).finally(() => this.#isWaking = false);
  }

  async create(path: string): Promise<void> {
    await this.#inEach(async (hierarchy) => {
      const folder = folderOf(hierarchy, path);
      await attemptAsync("create", path, () => Deno.mkdir(folder, { recursive: true }));
      if (hierarchy.controllers.includes("cpuset")) await inheritCpuset(hierarchy, path);
    });
  }

  async processes(path: string): Promise<readonly number[]> {
    const running: number[] = [];
    for (const pid of new Set(this.#groups(path).flatMap(pidsIn))) {
      await this.#turn.left();
      if (isRunning(pid)) running.push(pid);
    }
    return running.sort((a, b) => a - b);
  }

  async kill(path: string): Promise<void> {
    for (const hierarchy of this.#hierarchies()) {
      if (hierarchy.version === 2) {
        await writeIfThere(`${folderOf(hierarchy, path)}/cgroup.kill`, "1");
      }
    }
    for (const group of this.#groups(path)) await killMembers(group, this.#turn);
  }

  async remove(path: string): Promise<void> {
    await this.#inEach(async (hierarchy) => {
      for (const group of treeOf(folderOf(hierarchy, path)).reverse()) {
        await tolerate(attemptAsync("remove", path, () => Deno.remove(group)), "ENOENT");
      }
    });
  }

  /** Version 1 counts in each group by itself, version 2 with all descendants (man 7 cgroups). */
  // deno-lint-ignore require-await
  async oomKills(path: string): Promise<number> {
    const memory = this.#hierarchies().find((it) => it.controllers.includes("memory"));
    if (memory === undefined) return 0;
    const top = folderOf(memory, path);
    const files = memory.version === 2
      ? [`${top}/memory.events`]
      : treeOf(top).map((group) => `${group}/memory.oom_control`);
    return files.reduce((sum, file) => {
      return sum + (parseFlatKeyed(readIfThere(file) ?? "").get("oom_kill") ?? 0);
    }, 0);
  }

  // deno-lint-ignore require-await
  async cpuset(path: string): Promise<Cpuset | undefined> {
    const hierarchy = this.#hierarchies().find((it) => it.controllers.includes("cpuset"));
    if (hierarchy === undefined) return undefined;
    const folder = folderOf(hierarchy, path);
    const [cpus, mems] = ["cpus", "mems"].map((name) => {
      const file = hierarchy.version === 2
        ? `cpuset.${name}.effective`
        : `cpuset.effective_${name}`;
      return readIfThere(`${folder}/${file}`)?.trim();
    });
    return cpus === undefined || mems === undefined ? undefined : { cpus, mems };
  }

  async usage(path: string): Promise<CgroupUsage | undefined> {
    await this.#turn.left();
    return await readUsage(this.#hierarchies(), (it) => folderOf(it, path), readLater);
  }

  /** They are the same in every hierarchy, but for who moves just now. */
  async processCount(path: string): Promise<number> {
    await this.#turn.left();
    const all = this.#hierarchies();
    const one = all.find((it) => it.controllers.includes("pids")) ?? all[0];
    if (one === undefined) return 0;
    const files = treeOf(folderOf(one, path)).map((group) => readLater(`${group}/cgroup.procs`));
    const pids = (await Promise.all(files)).map((it) => parsePids(it ?? "").length);
    return pids.reduce((sum, it) => sum + it, 0);
  }

  /** Does something in every hierarchy at once. A failure is thrown when the others are done too. */
  async #inEach(work: (hierarchy: Hierarchy) => Promise<void>): Promise<void> {
    const all = this.#hierarchies().map(work);
    await Promise.allSettled(all);
    await Promise.all(all);
  }

  /** The folders of the group and its descendants, parents first. */
  #groups(path: string): string[] {
    return this.#hierarchies().flatMap((hierarchy) => treeOf(folderOf(hierarchy, path)));
  }

  #hierarchies(): readonly Hierarchy[] {
    return this.#found ??= findHierarchies(mountTable(), readIfThere);
  }
}

/** @throws {KernelError} EINVAL for what could leave the hierarchy, or name its root. */
function folderOf(hierarchy: Hierarchy, path: string): string {
  const parts = path.split("/").filter((part) => part !== "");
  if (!path.startsWith("/") || parts.length === 0 || parts.includes("..")) {
    throw new KernelError("find", "EINVAL", path, { detail: "no path of a cgroup" });
  }
  return `${hierarchy.mountPoint}/${parts.join("/")}`;
}

/** A group and its descendants, parents first; none when it is absent. */
function treeOf(folder: string): string[] {
  try {
    const { nlink } = Deno.lstatSync(folder);
    // Two links and one for each folder within, so most need not be listed (kernfs_refresh_inode).
    if (nlink === 2) return [folder];
    const children = [...Deno.readDirSync(folder)].filter((entry) => entry.isDirectory);
    return [folder, ...children.flatMap(({ name }) => treeOf(`${folder}/${name}`))];
  } catch (error) {
    const kernelError = asKernelError("list", folder, error);
    if (hasErrno(kernelError, "ENOENT", "ENODEV")) return [];
    throw kernelError;
  }
}

function pidsIn(group: string): number[] {
  return parsePids(readIfThere(`${group}/cgroup.procs`) ?? "");
}

function isRunning(pid: number): boolean {
  return statOf(pid)?.hasEnded === false;
}

/** How many processes are held at a time: there may be thousands. */
const HELD_MAX = 256;

/**
 * Kills the processes of a group. It is read again once they are held, since a pid may be a stranger's by
 * then; for many of them at a time, since that takes as long as there are processes in it.
 */
export async function killMembers(group: string, turn: Turn): Promise<void> {
  const pids = pidsIn(group);
  for (let start = 0; start < pids.length; start += HELD_MAX) {
    await turn.left();
    using held = new DisposableStack();
    const handles = pids.slice(start, start + HELD_MAX).flatMap((pid) => {
      const pidfd = ifPresent(() => pidfdOpen(pid));
      if (pidfd === undefined) return [];
      held.defer(() => closeFd(pidfd));
      return [{ pid, pidfd }];
    });
    const members = new Set(pidsIn(group));
    for (const { pid, pidfd } of handles) {
      if (members.has(pid)) ifPresent(() => pidfdSignal(pidfd, pid, SIGKILL));
    }
  }
}

function ifPresent<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (hasErrno(error, "ESRCH")) return undefined;
    throw error;
  }
}

/**
 * Gives a new group of cpuset the processors and memory of its parent, from the top: without any it
 * takes no process (ENOSPC, Documentation/admin-guide/cgroup-v1/cpusets.rst).
 */
async function inheritCpuset(hierarchy: Hierarchy, path: string): Promise<void> {
  if (hierarchy.version === 2) return;
  let parent = hierarchy.mountPoint;
  for (const name of path.split("/").filter((part) => part !== "")) {
    const group = `${parent}/${name}`;
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      if (readIfThere(`${group}/${file}`)?.trim() !== "") continue;
      await writeIfThere(`${group}/${file}`, readIfThere(`${parent}/${file}`)?.trim() ?? "");
    }
    parent = group;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    throwUnlessAbsent(file, error);
    return undefined;
  }
}

/** As {@linkcode readIfThere}, on another thread. */
async function readLater(file: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    throwUnlessAbsent(file, error);
    return undefined;
  }
}

/** ENODEV: the group was removed after the file had been opened. EOPNOTSUPP: its kind has no such file. */
function throwUnlessAbsent(file: string, error: unknown): void {
  const kernelError = asKernelError("read", file, error);
  if (!hasErrno(kernelError, "ENOENT", "ENOTDIR", "ENODEV", "EOPNOTSUPP")) throw kernelError;
}

async function writeIfThere(file: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(file, text, { create: false });
  } catch (error) {
    const kernelError = asKernelError("write", file, error);
    if (!hasErrno(kernelError, "ENOENT", "ENODEV", "EOPNOTSUPP")) throw kernelError;
  }
}
