import type { Hierarchy } from "./cgroup_files.ts";

/**
 * Gets ready the lock that every move of a process between cgroups takes. Each fork and exit of the
 * machine takes it for reading, which costs nothing as long as nobody wants to write: whoever does has to
 * wait until every processor has noticed, an RCU grace period of 8 to 20 ms (percpu_down_write in
 * kernel/locking/percpu-rwsem.c). In `runc create` that is the longest wait. The lock stays awake for one
 * more grace period, so it is woken while conmon and runc are starting, by writing this process into the
 * group that it is in, which moves nothing.
 *
 * Hosts that mount their cgroups with favordynmods never let it sleep: then this returns at once.
 */
export async function wakeMoveLock(hierarchies: readonly Hierarchy[]): Promise<void> {
  try {
    const file = ownProcsFile(hierarchies, await Deno.readTextFile("/proc/self/cgroup"));
    if (file === undefined) return;
    await Deno.writeTextFile(file, String(Deno.pid), { create: false });
  } catch {
    // It would only have been faster.
  }
}

/**
 * cgroup.procs of the group that a process is in, in any one hierarchy; `membership` is its line for each
 * (man 7 cgroups, /proc/PID/cgroup).
 */
export function ownProcsFile(
  hierarchies: readonly Hierarchy[],
  membership: string,
): string | undefined {
  for (const line of membership.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const found = hierarchies.find((it) =>
      controllers === ""
        ? it.version === 2
        : it.version === 1 && it.controllers.length > 0 && it.controllers.join() === controllers
    );
    if (found !== undefined) return `${found.mountPoint}${path === "/" ? "" : path}/cgroup.procs`;
  }
  return undefined;
}
