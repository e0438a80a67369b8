import type { PodOptions, Target } from "./cycle.ts";
import type { BenchFlags } from "./flags.ts";
import type { Progress } from "./progress.ts";
import type { Scratch } from "./scratch.ts";

/** What every phase of a benchmark works with. */
export interface Means {
  readonly flags: BenchFlags;
  readonly options: PodOptions;
  readonly scratch: Scratch;
  readonly progress: Progress;
  /** Ours first, then the peers; their names are unique. */
  readonly targets: readonly Target[];
}
