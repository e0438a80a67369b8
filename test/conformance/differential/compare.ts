import { assertEquals } from "@std/assert";
import type { LinuxLane } from "./linux_bench.ts";
import { type Observations, observe } from "./observe.ts";
import type { Program } from "./program.ts";
import { simBench } from "./sim_bench.ts";

/**
 * Interleavings of the simulated machine. What one client sees, step by step, may not depend on which
 * one it is.
 */
const SEEDS = [1, 2, 3];

/**
 * Runs a program on Linux and on simulated machines.
 *
 * @returns what Linux showed
 * @throws {AssertionError} where a simulated machine showed something else.
 */
export async function compare(program: Program, lane: LinuxLane): Promise<Observations> {
  const real = await lane.run((bench) => observe(program, bench));
  for (const seed of SEEDS) {
    const run = simBench({ folders: lane.folders, image: lane.image, seed });
    const model = await run((bench) => observe(program, bench));
    assertEquals(model, real, "the model (actual) against Linux (expected)");
  }
  return real;
}
