import { assertEquals } from "@std/assert";
import { archiveOfBusybox, systemTest } from "../system/scene.ts";
import { differential } from "./differential/differential.ts";

/** The same programs each time; `deno task conform` looks for more. */
const SEED = 1;
const RUNS = 200;
const LANES = 2;

systemTest(`the model shows and does what Linux does in ${RUNS} random programs`, async () => {
  const options = { seed: SEED, runs: RUNS, lanes: LANES, archive: await archiveOfBusybox() };
  const { tally, failures } = await differential(options);
  console.log(tally.text());
  assertEquals(failures, [], failures.join("\n\n"));
  assertEquals(tally.programs, RUNS);
  assertEquals(tally.missing, [], "what no program reached");
});
