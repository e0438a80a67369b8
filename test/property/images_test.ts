import fc from "fast-check";

import { inMacrotask } from "../../sim/mod.ts";
import { imagePlans, runImages } from "./images.ts";

Deno.test("Images shows nothing that is not whole and leaks nothing, for every schedule", async () => {
  await inMacrotask(() =>
    fc.assert(fc.property(imagePlans, (it) => runImages(it)), { numRuns: 1_000 })
  );
});
