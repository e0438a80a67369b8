import { assert } from "@std/assert";
import { join } from "@std/path";
import { linuxKernel } from "../../../real/kernel.ts";
import type { Image } from "../../../src/image/image.ts";
import { Context } from "../../../src/kernel/context.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { removePodSandbox } from "../../../src/sandbox/remove.ts";
import { makePlace, type Place } from "../../system/place.ts";
import {
  type Bench,
  bootLife,
  configOf,
  type Folders,
  IMAGE,
  networkList,
  NOBODY,
  type RunOnBench,
  type Watcher,
} from "./bench.ts";

const PLUGINS = ["ptp", "loopback", "host-local"];
const PLUGIN_FOLDER = "/usr/lib/cni";

/** A place on this host for one program after another, with an image and a network of its own. */
export interface LinuxLane extends AsyncDisposable {
  readonly folders: Folders;
  /** As the daemon has recorded it. */
  readonly image: Image;
  readonly run: RunOnBench;
}

/** Opens a lane with the image in `archive`; disposing it asserts that nothing of a pod is left. */
export async function openLane(archive: string): Promise<LinuxLane> {
  await using undo = new AsyncDisposableStack();
  const place = undo.use(await makePlace());
  const network = undo.adopt(await makeNetwork(), (name) => ip("netns", "delete", name));
  const folders = await furnish(place, network);
  const image = await importImage(folders, archive);
  let count = 0;
  const kept = undo.move();
  return {
    folders,
    image,
    run: (body, watcher = NOBODY) => runOnce(place, folders, `${++count}`, watcher, body),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function runOnce<T>(
  place: Place,
  folders: Folders,
  name: string,
  watcher: Watcher,
  body: (bench: Bench) => Promise<T>,
): Promise<T> {
  const config = configOf(folders);
  const leases = join(place.folder, "leases", name);
  await Deno.writeTextFile(join(folders.cniConfig, "10-conform.conflist"), networkList(leases));
  const bugs: unknown[] = [];
  let life: { readonly kernel: Kernel & Disposable; readonly runtime: Runtime } | undefined;
  const endLife = () => {
    life?.runtime.close();
    life?.kernel[Symbol.dispose]();
    life = undefined;
    return Promise.resolve();
  };
  try {
    const result = await body({
      config,
      get kernel() {
        assert(life !== undefined, "a daemon lives");
        return life.kernel;
      },
      atRest: () => watcher.atRest(),
      async boot(prepare, onEvent) {
        const kernel = openKernel(folders);
        const onBug = (error: unknown) => void bugs.push(error);
        const runtime = await bootLife(
          watcher.watch(kernel),
          { ...config, prepare },
          onEvent,
          onBug,
        );
        life = { kernel, runtime };
        return runtime;
      },
      endLife,
      leftovers: async () => [...await place.leftovers(), ...await leasesIn(leases)],
    });
    assert(bugs.length === 0, `mistakes of ours: ${bugs.join("; ")}`);
    return result;
  } catch (error) {
    await endLife();
    await removePods(folders);
    throw error;
  } finally {
    await endLife();
    await Deno.remove(join(place.folder, "logs"), { recursive: true }).catch(() => {});
  }
}

/** What a program that was cut short has left. */
async function removePods(folders: Folders): Promise<void> {
  using kernel = openKernel(folders);
  const runtime = await bootLife(kernel, configOf(folders), () => {}, () => {});
  for (const id of [...runtime.sandboxes.values()].map((it) => it.id)) {
    await removePodSandbox(runtime, id, Context.background());
  }
  runtime.close();
}

async function furnish(place: Place, network: string): Promise<Folders> {
  const cniPrograms = join(place.folder, "cni-bin");
  for (const folder of [place.root, place.state, cniPrograms]) await Deno.mkdir(folder);
  for (const name of PLUGINS) {
    // Interfaces, routes and addresses stay in a network that goes as a whole.
    const script = `#!/bin/sh\nexec nsenter --net=/run/netns/${network} ${PLUGIN_FOLDER}/${name}\n`;
    await Deno.writeTextFile(join(cniPrograms, name), script, { mode: 0o755 });
  }
  const { root, state, cgroup, cniConfig } = place;
  return { root, state, cgroup, cniConfig, cniPrograms };
}

async function importImage(folders: Folders, archive: string): Promise<Image> {
  using kernel = openKernel(folders);
  const runtime = await bootLife(kernel, configOf(folders), () => {}, () => {});
  const source = `docker-archive:${archive}`;
  const image = await runtime.images.import(source, Context.background(), { name: IMAGE });
  runtime.close();
  return image;
}

function openKernel({ root }: Folders): Kernel & Disposable {
  return linuxKernel({ stateFile: join(root, "state.sqlite") });
}

async function leasesIn(folder: string): Promise<readonly string[]> {
  try {
    const names = await Array.fromAsync(Deno.readDir(join(folder, "conform")), (it) => it.name);
    return names.filter((name) => name.startsWith("10.")).map((name) => `lease ${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function makeNetwork(): Promise<string> {
  const name = `slipway-test-${crypto.randomUUID().slice(0, 8)}`;
  await ip("netns", "add", name);
  return name;
}

async function ip(...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args: [...args] }).output();
  assert(success, `ip ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
