import { assert } from "@std/assert";
import type { Image } from "../../../src/image/image.ts";
import { putImage } from "../../../src/image/record.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import type { Runtime } from "../../../src/runtime.ts";
import {
  type Chooser,
  type Daemon,
  inMacrotask,
  RandomWalk,
  Simulation,
} from "../../../sim/mod.ts";
import { bootLife, configOf, type Folders, networkList, NOBODY, type RunOnBench } from "./bench.ts";

const ACCOUNTS = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n";
const GROUPS = "root:x:0:\nnobody:x:65534:\n";
const PLUGINS = ["ptp", "loopback", "host-local"];
/** So many that no pid comes twice in a program, as on Linux. */
const PID_MAX = 32_768;

/** What a simulated machine is to have in common with the real one. */
export interface SimBenchOptions {
  readonly folders: Folders;
  /** As the real daemon has recorded it. */
  readonly image: Image;
  readonly seed: number;
}

/** Runs programs on a simulated machine, each on one that was just switched on. */
export function simBench(options: SimBenchOptions): RunOnBench {
  return async (body, watcher = NOBODY) => {
    const { folders } = options;
    const simulation = furnishedSimulation(options);
    const config = configOf(folders);
    const bugs: unknown[] = [];
    let daemon: Daemon<Runtime> | undefined;
    let baseline: readonly string[] | undefined;
    const task = simulation.spawn("program", () =>
      body({
        config,
        get kernel() {
          assert(daemon !== undefined, "a daemon lives");
          return daemon.kernel;
        },
        atRest: () => watcher.atRest(),
        async boot(prepare, onEvent) {
          const boot = (kernel: Kernel) =>
            bootLife(watcher.watch(kernel), { ...config, prepare }, onEvent, (it) => bugs.push(it));
          daemon = simulation.bootDaemon(boot);
          const runtime = await daemon.boot.promise;
          baseline ??= snapshot();
          return runtime;
        },
        endLife() {
          daemon?.crash();
          return Promise.resolve();
        },
        leftovers: () => Promise.resolve(simulation.leaks(baseline ?? [], inFolders())),
      }));
    const outcome = await inMacrotask(() => simulation.run());
    assert(outcome.kind === "done", outcome.text);
    assert(bugs.length === 0, `mistakes of ours: ${bugs.join("; ")}`);
    return task.value;

    function snapshot(): readonly string[] {
      return simulation.snapshot(inFolders());
    }

    /** Logs stay, they are the client's to remove. */
    function inFolders() {
      return { roots: [folders.root, folders.state] };
    }
  };
}

/** A machine with the folders, the image and the network that the real one has. */
export function furnishedSimulation(
  { folders, image, seed }: SimBenchOptions,
  chooser: Chooser = new RandomWalk(seed),
): Simulation {
  const simulation = new Simulation({ seed, chooser, pidMax: PID_MAX });
  const { tree, store } = simulation.machine;
  const put = (path: string, content: string, mode: number) => {
    tree.mkdirs("furnish", path.slice(0, path.lastIndexOf("/")), 0o755);
    tree.write("furnish", path, content, mode);
  };
  for (const folder of [folders.root, folders.state]) tree.mkdirs("furnish", folder, 0o755);
  for (const layer of image.layers) {
    const folder = `${folders.root}/layers/${layer.slice(7, 27)}`;
    put(`${folder}/etc/passwd`, ACCOUNTS, 0o644);
    put(`${folder}/etc/group`, GROUPS, 0o644);
  }
  for (const name of PLUGINS) put(`${folders.cniPrograms}/${name}`, "\x7fELF", 0o755);
  put(`${folders.cniConfig}/10-conform.conflist`, networkList("/var/lib/cni/networks"), 0o644);
  store.commit([putImage(image)]);
  return simulation;
}
