import fc from "fast-check";
import type { Place, Program, Slot, Step } from "./program.ts";
import { COMMANDS, UPDATES, WORKLOADS } from "./workloads.ts";

/** Of what comes after the opening: a program on Linux costs some 50 ms a step. */
const TAIL_STEPS_MAX = 6;

// Most steps meet in one place: what happens to one object is what matters.
const slot: fc.Arbitrary<Slot> = fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1);
const place: fc.Arbitrary<Place> = fc.record({ sandbox: slot, container: slot });
const names = Object.keys(WORKLOADS);
// Many ways to end, and few to wait for somebody, with which most steps have something to do.
const workload = fc.oneof(
  fc.constantFrom(...names.filter((it) => WORKLOADS[it]?.rest === "ended")),
  fc.constantFrom(...names.filter((it) => WORKLOADS[it]?.rest !== "ended")),
);
const command = fc.constantFrom(...Object.keys(COMMANDS));
const update = fc.constantFrom(...Object.keys(UPDATES));
const isRare = fc.constantFrom(false, false, false, true);

const run: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("RunPodSandbox"),
  sandbox: slot,
  hasNetwork: isRare,
  sharesPids: isRare,
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: run },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("StopPodSandbox"), sandbox: slot }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("RemovePodSandbox"), sandbox: slot }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("CreateContainer"), place, workload }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("StartContainer"), place }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("StopContainer"), place, hasGrace: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("RemoveContainer"), place }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("ExecSync"), place, command }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("UpdateContainerResources"), place, update }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("ReopenContainerLog"), place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("ContainerStatus"), place }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("Kill"),
      place,
      victim: fc.constantFrom("init", "conmon"),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "Restart" }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("Exec"), place, command, tty: fc.boolean() }),
  },
);

/** What a client does that wants a container, so that most programs get to the interesting part. */
const opening: fc.Arbitrary<readonly Step[]> = fc.record({ run, place, workload }).map((it) => [
  { ...it.run, sandbox: it.place.sandbox } as Step,
  { kind: "CreateContainer", place: it.place, workload: it.workload },
  { kind: "StartContainer", place: it.place },
]);

/** Short programs on up to two sandboxes of up to two containers each. */
export const programs: fc.Arbitrary<Program> = fc.record({
  prepare: fc.constantFrom("eager", "lazy"),
  opening,
  tail: fc.array(step, { maxLength: TAIL_STEPS_MAX }),
}).map(({ prepare, opening, tail }) => ({ prepare, steps: [...opening, ...tail] }));
