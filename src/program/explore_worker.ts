/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

/**
 * A thread of `slipway explore`: explores the pair of each message, and answers with how far it came.
 *
 * @module
 */

import manifest from "../../deno.json" with { type: "json" };
import { inMacrotask } from "../../sim/driver.ts";
import { exhaustPair, type PairTask } from "../../sim/lifecycle/exhaust_pair.ts";

self.onmessage = async ({ data }: MessageEvent<PairTask>) => {
  self.postMessage(await inMacrotask(() => exhaustPair(data, manifest.version)));
};
