import {
  bootRuntime,
  Context,
  createContainer,
  DEFAULT_CONFIG,
  DEFAULT_CONTAINER,
  DEFAULT_SANDBOX,
  removePodSandbox,
  runPodSandbox,
  SILENT,
  startContainer,
} from "../mod.ts";
import { inMacrotask, seedImage, SIM_IMAGE, Simulation } from "../sim/mod.ts";
import type { Timings } from "./cycle.ts";

/** Before those that count: until then the code is still being compiled. */
const WARM_UP = 50;

/**
 * Starts containers one after another on the simulated kernel and returns what each took in real time:
 * the algorithm alone, with the simulator's own work for its calls and for conmon and runc.
 */
export async function measureSimulated(count: number): Promise<readonly Timings[]> {
  const simulation = new Simulation({ seed: 1, isTrapped: false });
  seedImage(simulation);
  const daemon = simulation.bootDaemon(async (kernel) => {
    const runtime = await bootRuntime({ kernel, config: DEFAULT_CONFIG, telemetry: SILENT });
    const context = Context.background();
    const samples: Timings[] = [];
    for (let index = -WARM_UP; index < count; index++) {
      const metadata = { name: `pod${index}`, namespace: "default", uid: `${index}`, attempt: 0 };
      const pod = await runPodSandbox(runtime, { ...DEFAULT_SANDBOX, metadata }, "", context);
      const id = await createContainer(runtime, pod, {
        ...DEFAULT_CONTAINER,
        metadata: { name: "main", attempt: 0 },
        image: { image: SIM_IMAGE, annotations: {}, userSpecifiedImage: "", runtimeHandler: "" },
        command: ["sleep", "1000"],
      }, context);
      const began = performance.now();
      await startContainer(runtime, id, context);
      if (index >= 0) samples.push({ "StartContainer": performance.now() - began });
      await removePodSandbox(runtime, pod, context);
    }
    return samples;
  });
  const outcome = await inMacrotask(() => simulation.run());
  if (daemon.boot.state !== "fulfilled") throw new Error(`the simulation ended: ${outcome.text}`);
  return daemon.boot.value;
}
