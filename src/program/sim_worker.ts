/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

/**
 * A thread of `slipway sim`: runs the range of seeds of each message, and answers with what came of it.
 *
 * @module
 */

import { inMacrotask } from "../../sim/driver.ts";
import { explore, type ExploreOptions } from "../../sim/lifecycle/explore.ts";
import type { RangeResult } from "./sim_ranges.ts";

self.onmessage = async ({ data }: MessageEvent<ExploreOptions>) => {
  const { finding, ...sums } = await inMacrotask(() => explore(data));
  // Failures lose their class on the way, so the other side makes the run again.
  const result: RangeResult = { ...sums, failedSeed: finding?.seed };
  self.postMessage(result);
};
