import fc, { type RunDetails } from "fast-check";
import { programs } from "./arbitrary.ts";
import { compare } from "./compare.ts";
import { type LinuxLane, openLane } from "./linux_bench.ts";
import { type Program, stepText } from "./program.ts";
import { Tally } from "./tally.ts";

/** Which programs are compared. */
export interface DifferentialOptions {
  readonly seed: number;
  readonly runs: number;
  /** So many programs at the same time, each in a place of its own; lane n has the seed plus n. */
  readonly lanes: number;
  /** Of fast-check: goes straight to a program that failed, and shrinks it no more. */
  readonly path?: string;
  /** The image of busybox. */
  readonly archive: string;
}

/** What came of it. */
export interface DifferentialResult {
  readonly tally: Tally;
  /** For each lane that found a difference: the smallest program, how to run it again, and the difference. */
  readonly failures: readonly string[];
}

/** Runs random programs on Linux and on the model until they are through, or a lane finds a difference. */
export async function differential(options: DifferentialOptions): Promise<DifferentialResult> {
  const tally = new Tally();
  const lanes = Array.from({ length: options.lanes }, (_, index) => runLane(options, index, tally));
  const failures = await Promise.all(lanes);
  return { tally, failures: failures.filter((it) => it !== undefined) };
}

async function runLane(
  options: DifferentialOptions,
  index: number,
  tally: Tally,
): Promise<string | undefined> {
  await using lane = await openLane(options.archive);
  const seed = options.seed + index;
  const numRuns = Math.ceil(options.runs / options.lanes);
  const property = propertyOf(lane, tally);
  const path = options.path === undefined ? {} : { path: options.path, endOnFailure: true };
  const details = await fc.check(property, { seed, numRuns, ...path });
  return details.failed ? describe(details, seed) : undefined;
}

function propertyOf(lane: LinuxLane, tally: Tally) {
  return fc.asyncProperty(programs, async (program) => {
    tally.add(program, await compare(program, lane));
  });
}

function describe(details: RunDetails<[Program]>, seed: number): string {
  const [program] = details.counterexample ?? [];
  const steps = program?.steps.map((step) => `  ${stepText(step)}`) ?? [];
  const error = details.errorInstance;
  return [
    error instanceof Error ? error.stack ?? error.message : String(error),
    `program, shrunk ${details.numShrinks} times (prepare: ${program?.prepare}):`,
    ...steps,
    `replay: deno task conform -- --lanes=1 --seed=${seed} --path=${details.counterexamplePath}`,
  ].join("\n");
}
