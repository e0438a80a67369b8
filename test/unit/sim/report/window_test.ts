import { assert, assertEquals } from "@std/assert";
import {
  commonCount,
  interestingKeys,
  laneRows,
  laneTasks,
} from "../../../../sim/report/window.ts";
import { lifecycleReport } from "./lifecycle.ts";
import { lockReport } from "./lock_file.ts";

Deno.test("interestingKeys() has what is marked, and what its tasks did around it", async () => {
  const { failing } = await lockReport();
  const keys = interestingKeys(failing);
  for (const { key, mark } of failing.steps) assert(mark === undefined || keys.has(key));
  assert(!keys.has(failing.steps[0]?.key ?? ""), "the daemon's first step tells nothing");
});

Deno.test("laneTasks() prefers tasks with marks, and keeps the order of first steps", async () => {
  const { failing } = await lockReport();
  const keys = interestingKeys(failing);
  assertEquals(laneTasks(failing, keys, 2), ["bob", "alice"]);
  // Bob's marks are two: he is preferred.
  assertEquals(laneTasks(failing, keys, 1), ["bob"]);
});

Deno.test("laneRows() folds what has no lane, and counts it", async () => {
  const { failing } = await lockReport();
  const rows = laneRows(failing, new Set(failing.steps.map((it) => it.key)), ["bob"]);
  const texts = rows.map((it) => {
    if (it.kind === "step") return `${it.step.key} in lane ${it.lane}`;
    return it.kind === "fold"
      ? [...it.counts].map(([task, count]) => `${count} of ${task}`).join()
      : "";
  });
  assertEquals(texts, [
    "bob#1 in lane 0",
    "bob#2 in lane 0",
    "4 of alice",
    "bob#3 in lane 0",
    "bob#3+1 in lane 0",
  ]);
});

Deno.test("laneRows() shows once what two runs share", async () => {
  const { failing, passing } = await lifecycleReport(6, 40);
  assert(passing !== undefined);
  const shared = commonCount(failing, passing);
  assert(shared > 5);
  const keys = new Set(passing.steps.map((it) => it.key));
  const rows = laneRows(passing, keys, passing.tasks.map((it) => it.key), shared);
  const [first, second] = rows;
  assertEquals(first, { kind: "common", count: shared - 2 });
  assert(second?.kind === "step");
  assertEquals(second.step.number, shared - 1, "two shared steps are left for context");
  assertEquals(rows.length, 1 + passing.steps.length - (shared - 2));
});
