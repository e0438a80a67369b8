import { assert } from "@std/assert";
import type { Explorer } from "../../../../sim/experiment/explorer.ts";
import type { Experiment } from "../../../../sim/mod.ts";
import { RandomWalk, Simulation } from "../../../../sim/mod.ts";

/** Tasks that add one to a file each, some time after they have read it. */
export interface Counting {
  /** How many steps of its own each takes before it begins, or that it is gone. */
  readonly tasks: readonly number[];
}

/** A task that was taken away; the others keep their numbers. */
export const GONE = -1;

/** Fails when an increment is lost, and with a fault of another class when a write fails. */
export const counting: Experiment<Counting> = {
  name: "counting",
  run({ tasks }, options) {
    const simulation = new Simulation({
      seed: options.seed,
      history: options.history ?? false,
      record: options.record ?? false,
      faults: {
        calls: [{ call: /^files\.writeFile \/tmp\/broken/, errno: "EIO", probability: 0.5 }],
      },
      ...(options.schedule === undefined
        ? { chooser: options.explorer ?? options.chooser ?? new RandomWalk(options.seed) }
        : { schedule: options.schedule }),
    });
    explored(simulation, options.explorer);
    const { kernel: { files } } = simulation.bootDaemon(() => {});
    const counted = tasks.flatMap((pauses, index) =>
      pauses === GONE ? [] : [simulation.spawn(`task ${index + 1}`, async () => {
        await simulation.pause(pauses);
        const text = await files.readFile("/tmp/counter", 64).catch(() => new Uint8Array());
        const count = Number(new TextDecoder().decode(text));
        await files.writeFile("/tmp/counter", String(count + 1));
        if (pauses === 3) await files.writeFile("/tmp/broken", "");
      }, `task ${index + 1}`)]
    );
    let failure: unknown;
    try {
      const outcome = simulation.run();
      assert(outcome.kind === "done", outcome.text);
      for (const task of counted) void task.value;
      const total = Number(simulation.machine.tree.find("/tmp/counter")?.inode.content);
      assert(total === counted.length, "an increment is lost");
    } catch (error) {
      failure = error;
    }
    return { failure, steps: simulation.scheduler.stepCount, simulation };
  },
  *simpler({ tasks }) {
    for (const [i, pauses] of tasks.entries()) {
      if (pauses !== GONE) yield { tasks: tasks.with(i, GONE) };
    }
    for (const [i, pauses] of tasks.entries()) if (pauses > 0) yield { tasks: tasks.with(i, 0) };
  },
  describe: ({ tasks }) =>
    tasks.flatMap((pauses, index) =>
      pauses === GONE ? [] : [`task ${index + 1} after ${pauses} steps`]
    ),
  parse(data) {
    const { tasks } = (data ?? {}) as Partial<Counting>;
    if (!Array.isArray(tasks)) throw new TypeError("Cannot read program: it counts nothing");
    return { tasks };
  },
};

/** Lets an explorer choose from the beginning. */
export function explored(simulation: Simulation, explorer: Explorer | undefined): void {
  if (explorer === undefined) return;
  explorer.begin();
  explorer.isOn = true;
  simulation.onFootprint((footprint) => explorer.touched(footprint));
}

/** The first seed from `seed` on at which it fails. */
export function failingSeed(program: Counting, seed = 1): number {
  while (counting.run(program, { seed }).failure === undefined) seed++;
  return seed;
}
