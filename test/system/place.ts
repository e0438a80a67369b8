import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { read } from "./read.ts";

/** Folders, a cgroup and a socket of a test's own, so that it meets neither a daemon of this host nor another test. */
export interface Place extends AsyncDisposable {
  readonly folder: string;
  readonly root: string;
  readonly state: string;
  readonly logs: string;
  readonly cniConfig: string;
  readonly socket: string;
  readonly cgroup: string;
  /**
   * What there is of pods on this host, a line each: processes, mounts, cgroups, files. Empty before the
   * first pod and after the last.
   */
  leftovers(): Promise<readonly string[]>;
}

/** Makes a place; disposing it asserts that no pod left anything, and removes it. */
export async function makePlace(): Promise<Place> {
  const folder = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "slipway-test-" });
  const cgroup = `/${folder.slice(folder.lastIndexOf("/") + 1)}`;
  const place = {
    folder,
    root: join(folder, "root"),
    state: join(folder, "state"),
    logs: join(folder, "logs"),
    cniConfig: join(folder, "cni"),
    socket: join(folder, "run", "slipway.sock"),
    cgroup,
  };
  await Deno.mkdir(place.cniConfig);
  const leftovers = () => leftoversOf(place);
  return {
    ...place,
    leftovers,
    async [Symbol.asyncDispose]() {
      try {
        assertEquals(await leftovers(), [], "what pods left on the host");
      } finally {
        for (const group of cgroupsBelow(cgroup).toReversed()) Deno.removeSync(group);
        for (const target of mountsBelow(folder).toReversed()) await unmount(target);
        await Deno.remove(folder, { recursive: true });
      }
    },
  };
}

/** Where the runtime keeps what each pod or container has of its own. */
const FOLDERS_OF_PODS = [
  "state/tasks",
  "state/exits",
  "state/sandboxes",
  "root/sandboxes",
  "state/runtime",
  "root/containers",
];

async function leftoversOf(
  { folder, cgroup }: Pick<Place, "folder" | "cgroup">,
): Promise<readonly string[]> {
  const files = await Promise.all(FOLDERS_OF_PODS.map((it) => namesIn(join(folder, it))));
  return [
    ...processesOf(folder, cgroup),
    ...mountsBelow(folder).map((it) => `mount ${it}`),
    // The daemon's own group stays, empty, for the next pod.
    ...cgroupsBelow(cgroup).filter((it) => !it.endsWith(cgroup)).map((it) => `cgroup ${it}`),
    ...files.flat().map((it) => `file ${it}`),
  ];
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map((it) => join(folder, it.name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Every process that works on a pod of this place: its arguments or its cgroup say so. */
function processesOf(folder: string, cgroup: string): readonly string[] {
  const found: string[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // A zombie has ended; when its parent looks is the parent's business.
    if (/\) Z /.test(read(`/proc/${name}/stat`))) continue;
    const args = read(`/proc/${name}/cmdline`).replaceAll("\0", " ").trim();
    const isDaemon = args.includes(" daemon ");
    const isInGroup = read(`/proc/${name}/cgroup`).includes(`:${cgroup}/`);
    if ((args.includes(folder) && !isDaemon) || isInGroup) found.push(`process ${name}: ${args}`);
  }
  return found;
}

/** In the order in which they were mounted (man 5 proc, mountinfo). */
function mountsBelow(folder: string): readonly string[] {
  return read("/proc/self/mountinfo").split("\n")
    .flatMap((line) => line.split(" ")[4] ?? [])
    .filter((target) => target.startsWith(`${folder}/`));
}

/** Parents first, in every hierarchy. */
function cgroupsBelow(cgroup: string): readonly string[] {
  const root = "/sys/fs/cgroup";
  const hierarchies = [root, ...[...Deno.readDirSync(root)].map((it) => join(root, it.name))];
  return hierarchies.flatMap((hierarchy) => foldersAt(join(hierarchy, cgroup)));
}

function foldersAt(path: string): readonly string[] {
  try {
    const below = [...Deno.readDirSync(path)].filter((it) => it.isDirectory);
    return [path, ...below.flatMap((it) => foldersAt(join(path, it.name)))];
  } catch {
    return [];
  }
}

async function unmount(target: string): Promise<void> {
  await new Deno.Command("umount", { args: ["--lazy", target] }).output();
}
