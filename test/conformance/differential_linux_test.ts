import { assertEquals } from "@std/assert";
import { archiveOfBusybox, systemTest } from "../system/scene.ts";
import { compare } from "./differential/compare.ts";
import { differential } from "./differential/differential.ts";
import { openLane } from "./differential/linux_bench.ts";
import type { Step } from "./differential/program.ts";

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

systemTest("a container is waited for whose log another one has begun", async () => {
  await using lane = await openLane(await archiveOfBusybox());
  const place = { sandbox: 0, container: 0 } as const;
  const started: readonly Step[] = [
    { kind: "CreateContainer", place, workload: "says goodbye" },
    { kind: "StartContainer", place },
  ];
  const steps: readonly Step[] = [
    { kind: "RunPodSandbox", sandbox: 0, hasNetwork: false, sharesPids: false },
    ...started,
    { kind: "RemoveContainer", place },
    ...started,
  ];
  await compare({ prepare: "eager", steps }, lane);
});
