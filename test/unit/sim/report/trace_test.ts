import { assert, assertEquals } from "@std/assert";
import { programOf } from "../../../../sim/lifecycle/explore.ts";
import { runLifecycle } from "../../../../sim/lifecycle/run.ts";
import { inMacrotask } from "../../../../sim/mod.ts";
import { traceOfRun } from "../../../../sim/report/mod.ts";
import { lockReport, runLocks } from "./lock_file.ts";

Deno.test("traceOfRun() marks deviations, what they had put off, and the end of a failing run", async () => {
  const { failing } = await lockReport();
  const marked = failing.steps.filter((it) => it.mark !== undefined);
  assertEquals(marked.map((it) => `${it.key} ${it.mark}`), [
    "alice#1 preemption",
    "bob#3 preemption",
    "bob#3+1 violation",
  ]);
  const passing = traceOfRun(await runLocks([]));
  assertEquals(passing.steps.filter((it) => it.mark !== undefined), []);
});

Deno.test("traceOfRun() marks a step that was put off and runs later", async () => {
  const trace = traceOfRun(await runLocks([{ kind: "switch", at: "bob#3", to: "alice#1" }]));
  const marks = trace.steps.filter((it) => it.mark !== undefined);
  assertEquals(marks.map((it) => `${it.key} ${it.mark}`), [
    "alice#1 preemption",
    "bob#3 resumption",
  ]);
});

Deno.test("traceOfRun() tells what had not run when it ended", async () => {
  const { failing, passing } = await lockReport();
  assertEquals(failing.pending.map((it) => `${it.key} ${it.verb} ${it.arguments}`), [
    "alice#4 files.mkdir /run/work of alice",
    "bob#4 files.mkdir /run/work of bob",
  ]);
  assertEquals(passing?.pending, []);
});

Deno.test("traceOfRun() names every id, and knows who began and who woke whom", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { simulation } = await inMacrotask(() =>
      runLifecycle(programOf(seed), { seed, history: true, record: true })
    );
    const { steps, tasks } = traceOfRun({
      history: simulation.history,
      schedule: simulation.schedule(),
    });
    const text = JSON.stringify({ steps, tasks });
    assertEquals(/[0-9a-f]{24}/.exec(text)?.[0], undefined);
    assertEquals(new Set(tasks.map((it) => it.name)).size, tasks.length, "names are distinct");

    const taskOf = new Map(steps.map((it) => [it.number, it.task]));
    const keys = new Set(tasks.map((it) => it.key));
    for (const { parent } of tasks) assert(parent === undefined || keys.has(parent));
    for (const { number, task, wokenBy } of steps) {
      if (wokenBy === undefined) continue;
      assert(wokenBy < number);
      assert(taskOf.get(wokenBy) !== task);
    }
    // Whoever spawned or forked a program made its first step possible, unless it dies or sleeps first.
    for (const { key, actor, parent } of tasks) {
      const first = steps.find((it) => it.task === key);
      if (actor !== "program" || first?.verb === "die" || first?.verb === "timer") continue;
      assertEquals(taskOf.get(first?.wokenBy ?? 0), parent, key);
    }
  }
});
