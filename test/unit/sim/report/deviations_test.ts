import { assertEquals } from "@std/assert";
import { describeDeviations, traceOfRun } from "../../../../sim/report/mod.ts";
import type { Schedule } from "../../../../sim/mod.ts";
import { RACE, runLocks } from "./lock_file.ts";

async function sentences(schedule: Schedule): Promise<string[]> {
  const trace = traceOfRun(await runLocks(schedule));
  return describeDeviations(trace, schedule).map((it) => `${it.step} ${it.mark}: ${it.text}`);
}

Deno.test("describeDeviations() says who is preempted before what, and who runs meanwhile", async () => {
  assertEquals(await sentences(RACE), [
    "4 preemption: lock for bob is preempted before it writes /run/app.lock; " +
    "lock for alice takes 4 steps; lock for bob goes on",
    "8 preemption: lock for alice is preempted before it makes folder /run/work of alice; " +
    "lock for bob takes 2 steps",
  ]);
});

Deno.test("describeDeviations() says that a task ran to its end", async () => {
  assertEquals(await sentences([{ kind: "switch", at: "bob#3", to: "alice#1" }]), [
    "4 preemption: lock for bob is preempted before it writes /run/app.lock; " +
    "lock for alice runs to its end; lock for bob goes on",
  ]);
});

Deno.test("describeDeviations() says who goes first when nobody was running", async () => {
  assertEquals(await sentences([{ kind: "switch", at: "bob#1", to: "alice#1" }]), [
    "2 switch: lock for alice runs to its end before lock for bob begins",
  ]);
});

Deno.test("describeDeviations() leaves out what the run did not come to", async () => {
  assertEquals(await sentences([{ kind: "switch", at: "bob#99", to: "carol#1" }]), []);
});
