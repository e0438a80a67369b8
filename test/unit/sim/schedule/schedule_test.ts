import { assert, assertEquals, assertThrows } from "@std/assert";
import { programOf } from "../../../../sim/lifecycle/explore.ts";
import { runLifecycle } from "../../../../sim/lifecycle/run.ts";
import { inMacrotask, Simulation } from "../../../../sim/mod.ts";
import { parseSchedule, type Schedule } from "../../../../sim/schedule/schedule.ts";

Deno.test("a recorded schedule makes the run again, with its faults, crashes and cancels", async () => {
  const kinds = new Set<string>();
  await inMacrotask(() => {
    for (let seed = 1; seed <= 120; seed++) {
      const program = programOf(seed);
      const first = runLifecycle(program, { seed, record: true, history: true }).simulation;
      const schedule = first.schedule();
      const again =
        runLifecycle(program, { seed, schedule, record: true, history: true }).simulation;
      assertEquals(again.history.text(), first.history.text(), `seed ${seed}`);
      assertEquals(again.schedule(), schedule);
      assertEquals(again.missedCount, 0);
      for (const { kind } of schedule) kinds.add(kind);
    }
  });
  assertEquals([...kinds].toSorted(), ["fault", "inject", "switch", "time"]);
});

/** Two tasks of three steps each; what came of it, in the order in which it came. */
async function interleaving(schedule: Schedule): Promise<{ text: string; simulation: Simulation }> {
  const simulation = new Simulation({ seed: 1, schedule, record: true });
  let text = "";
  for (const name of ["a", "b"]) {
    simulation.spawn(name, async () => {
      for (let i = 1; i <= 2; i++) {
        text += `${name}${i} `;
        await simulation.pause();
      }
    }, name);
  }
  simulation.inject("knock", 1, () => text += "knock ");
  await inMacrotask(() => simulation.run());
  return { text: text.trim(), simulation };
}

Deno.test("the baseline runs the youngest task to its end, then the next", async () => {
  const { text, simulation } = await interleaving([]);
  assertEquals(text, "b1 b2 a1 a2");
  assertEquals(simulation.preemptionCount, 0);
});

Deno.test("a switch preempts at its step, and what it switches to goes on", async () => {
  const { text, simulation } = await interleaving([{ kind: "switch", at: "b#2", to: "a#1" }]);
  assertEquals(text, "b1 a1 a2 b2");
  assertEquals(simulation.preemptionCount, 1);
});

Deno.test("several switches at one step are made one after the other", async () => {
  const { text } = await interleaving([
    { kind: "switch", at: "b#2", to: "a#1" },
    { kind: "switch", at: "a#2", to: "b#2" },
    { kind: "switch", at: "b#3", to: "a#2" },
  ]);
  assertEquals(text, "b1 a1 b2 a2");
});

Deno.test("an injection strikes right after its step, and not at all without one", async () => {
  const { text } = await interleaving([{ kind: "inject", at: "b#2", what: "knock" }]);
  assertEquals(text, "b1 b2 knock a1 a2");
  assertEquals((await interleaving([])).text.includes("knock"), false);
});

Deno.test("a deviation that cannot be made is left out and counted", async () => {
  const { text, simulation } = await interleaving([
    { kind: "switch", at: "b#2", to: "nobody#1" },
    { kind: "fault", at: "b#1", what: "ENOSPC" },
  ]);
  assertEquals(text, "b1 b2 a1 a2");
  assertEquals(simulation.missedCount, 2);
});

Deno.test("parseSchedule() reads what was written, and refuses anything else", () => {
  const schedule: Schedule = [
    { kind: "switch", at: "1#1", to: "2#1" },
    { kind: "time", at: "1#2" },
    { kind: "fault", at: "1#2", what: "EIO" },
    { kind: "inject", at: "", what: "crash 1" },
  ];
  assertEquals(parseSchedule(JSON.parse(JSON.stringify(schedule))), schedule);
  for (const bad of [{}, [null], [{ kind: "switch", at: "1#1" }], [{ kind: "pause", at: "1" }]]) {
    assertThrows(() => parseSchedule(bad), TypeError, "Cannot read schedule");
  }
});

Deno.test("Simulation.schedule() is told only of what was recorded", () => {
  const simulation = new Simulation({ seed: 1 });
  assertThrows(() => simulation.schedule(), Error, "it was not recorded");
  assert(simulation.preemptionCount === 0);
});
