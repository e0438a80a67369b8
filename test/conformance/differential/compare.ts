import { assert, assertEquals } from "@std/assert";
import { Recorder } from "../trace/recorder.ts";
import { replay } from "../trace/replay.ts";
import type { LinuxLane } from "./linux_bench.ts";
import { type Observations, observe } from "./observe.ts";
import { UNTRACED } from "./exclusions.ts";
import { type Program, stepText } from "./program.ts";
import { simBench } from "./sim_bench.ts";

/**
 * Interleavings of the simulated machine. What one client sees, step by step, may not depend on which
 * one it is.
 */
const SEEDS = [1, 2, 3];

/** What Linux showed and did. */
export interface Compared {
  readonly observations: Observations;
  /** Calls of the kernel that the model has answered as well. */
  readonly callCount: number;
}

/**
 * Runs a program on Linux and on simulated machines, and makes the calls of the core that Linux answered
 * on another one.
 *
 * @throws {AssertionError} where a simulated machine showed something else, or cannot answer so.
 */
export async function compare(program: Program, lane: LinuxLane): Promise<Compared> {
  const recorder = new Recorder();
  const real = await lane.run((bench) => observe(program, bench), recorder);
  for (const seed of SEEDS) {
    const run = simBench({ folders: lane.folders, image: lane.image, seed });
    const model = await run((bench) => observe(program, bench));
    assertEquals(model, real, "the model (actual) against Linux (expected)");
  }
  const texts = program.steps.map(stepText);
  if (UNTRACED.some(({ pattern }) => texts.some((it) => pattern.test(it)))) {
    return { observations: real, callCount: 0 };
  }
  const verdict = await replay(recorder.entries, lane);
  assert(verdict.isAccepted, verdict.isAccepted ? "" : `no trace of the model:\n${verdict.text}`);
  return { observations: real, callCount: verdict.callCount };
}
