import { join } from "@std/path";

import { COMMANDS, type PodOptions, removePod, startPod, type Target } from "./cycle.ts";
import { cpuOf, helpersOf } from "./proc.ts";
import { timed } from "./reads.ts";
import type { Runner, Sample } from "./rounds.ts";

/** What the floor is called among the endpoints. */
export const FLOOR = "runc run";

/**
 * What no runtime can be faster than while it uses runc: `runc run` of the same bundle, and nothing
 * else. Disposing it removes the pod whose bundle it is.
 */
export interface Floor extends Runner, AsyncDisposable {
  /** Runs one container; its end is no floor for anybody, since `runc delete --force` sleeps (runc delete.go). */
  measure(name: string): Promise<Sample>;
}

/** What of a bundle's configuration (OCI runtime specification, config.md) is changed. */
interface Spec {
  readonly process: { readonly args: readonly string[] };
  readonly root: { readonly path: string };
  readonly linux: { readonly cgroupsPath: string };
}

/**
 * Takes the bundle of a container that `target` runs. Its pod lives as long as the floor, since the
 * bundle names its namespaces and volumes.
 *
 * @param name of that pod
 * @param folder existing; everything is written below it
 * @param rootfs what is in the image
 * @returns undefined where the server leaves no bundle to be found: a conmon with `--bundle` tells.
 */
export async function prepareFloor(
  target: Target,
  name: string,
  options: PodOptions,
  { folder, rootfs }: { readonly folder: string; readonly rootfs: string },
): Promise<Floor | undefined> {
  const pod = await startPod(target, name, { ...options, workload: "sleep", pauseMs: 0 });
  const source = bundleOf(pod.containerId);
  if (source === undefined) {
    await removePod(target.client, pod.podSandboxId);
    return undefined;
  }
  const spec: Spec = JSON.parse(await Deno.readTextFile(join(source, "config.json")));
  const state = join(folder, "runc");
  return {
    name: FLOOR,
    async measure(name) {
      const id = `${options.run}-${name}`;
      const bundle = join(folder, id);
      await Deno.mkdir(bundle);
      const own = changed(spec, { rootfs, cgroup: `/${id}`, args: COMMANDS[options.workload] });
      await Deno.writeTextFile(join(bundle, "config.json"), JSON.stringify(own));
      const cpuBefore = cpuOfChildren();
      try {
        const ms = await timed(() => runc(state, "run", "--detach", "--bundle", bundle, id));
        const cpuSeconds = cpuOfChildren() - cpuBefore;
        await runc(state, "delete", "--force", id);
        return { timings: { "run → started": ms }, cpuSeconds };
      } catch (error) {
        await runc(state, "delete", "--force", id).catch(() => {});
        throw error;
      } finally {
        await Deno.remove(bundle, { recursive: true });
      }
    },
    [Symbol.asyncDispose]: () => removePod(target.client, pod.podSandboxId),
  };
}

/** The same container with a root file system, a cgroup and a command of our own. */
export function changed<T extends Spec>(
  spec: T,
  own: { readonly rootfs: string; readonly cgroup: string; readonly args: readonly string[] },
): T {
  return {
    ...spec,
    process: { ...spec.process, args: own.args },
    root: { ...spec.root, path: own.rootfs },
    linux: { ...spec.linux, cgroupsPath: own.cgroup },
  };
}

function bundleOf(containerId: string): string | undefined {
  const [helper] = helpersOf([containerId]);
  if (helper === undefined) return undefined;
  const args = Deno.readTextFileSync(`/proc/${helper}/cmdline`).split("\0");
  const at = args.findIndex((it) => it === "--bundle" || it === "-b");
  return at < 0 ? undefined : args[at + 1];
}

/** Of those that this process has waited for: while one pod runs at a time, the last one's. */
function cpuOfChildren(): number {
  return cpuOf(Deno.pid)?.childSeconds ?? 0;
}

/** Nothing of a detached container may hold a pipe of ours, or its end would be waited for. */
async function runc(state: string, ...args: readonly string[]): Promise<void> {
  const all = ["--root", state, ...args];
  const child = new Deno.Command("runc", { args: all, stdin: "null", stdout: "null" });
  const { success } = await child.spawn().status;
  if (!success) throw new Error(`runc ${all.join(" ")} failed`);
}
