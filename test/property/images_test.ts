import fc from "fast-check";

import { inMacrotask } from "../../sim/mod.ts";
import { CALM, imagePlans, runImages } from "./images.ts";

Deno.test("Images shows nothing that is not whole and leaks nothing, for every schedule", async () => {
  await inMacrotask(() =>
    fc.assert(fc.property(imagePlans, (it) => runImages(it)), { numRuns: 1_000 })
  );
});

Deno.test("Images takes along later what could not be removed at once", async () => {
  const pulls = ["a", "missing"].map((name) => (
    { kind: "pull", name, afterMs: 0, patience: undefined } as const
  ));
  const plan = { ...CALM, seed: 1, known: [], requests: pulls, sweepAfterMs: 0, badDisk: 1 };
  await inMacrotask(() => runImages(plan));
});
