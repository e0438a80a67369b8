import { assert, assertEquals } from "@std/assert";
import { decode, objectsOf } from "../../../../../sim/report/page/data.js";
import { matchesOf } from "../../../../../sim/report/page/filter.js";
import { acrossTasks, alongMarks, alongTask } from "../../../../../sim/report/page/navigate.js";
import { storyRange, storyTasks } from "../../../../../sim/report/page/story.js";
import { pageData } from "../../../../../sim/report/page_data.ts";
import { lifecycleReport } from "../lifecycle.ts";
import { lockReport } from "../lock_file.ts";

async function lockRun() {
  const { runs } = decode(pageData(await lockReport()));
  const [failing] = runs;
  assert(failing !== undefined);
  return failing;
}

Deno.test("decode() gives back what pageData() has written", async () => {
  const report = await lifecycleReport(9, 40);
  const { runs, commonCount } = decode(pageData(report));
  assertEquals(runs.map((it) => it.name), ["failing", "passing"]);
  for (const [index, trace] of [report.failing, report.passing].entries()) {
    const run = runs[index];
    const nameOf = new Map(trace?.tasks.map((it) => [it.key, it.name]));
    assertEquals(
      run?.steps.map((it) => ({ ...it, task: run.tasks[it.task]?.name, index: undefined })),
      trace?.steps.map((it) => ({
        index: undefined,
        number: it.number,
        micros: it.elapsedMicros,
        task: nameOf.get(it.task),
        part: it.part,
        verb: it.verb,
        about: it.arguments,
        detail: it.detail ?? "",
        outcome: it.outcome,
        hasFailed: it.hasFailed,
        objects: [...it.objects],
        wokenBy: it.wokenBy ?? 0,
        mark: it.mark ?? "",
      })),
    );
    assertEquals(run?.tasks.flatMap((it) => it.steps).length, trace?.steps.length);
  }
  const keys = (steps: typeof report.failing.steps) =>
    steps.slice(0, commonCount).map((it) => it.key);
  assertEquals(keys(report.failing.steps), keys(report.passing?.steps ?? []));
});

Deno.test("pageData() puts every task right below the one that began it, or that one's others", async () => {
  const { runs } = decode(pageData(await lifecycleReport(9, 40)));
  for (const { tasks } of runs) {
    assertEquals(tasks[0]?.depth, 0);
    tasks.forEach(({ depth }, index) => assert(depth <= (tasks[index - 1]?.depth ?? 0) + 1));
  }
});

Deno.test("matchesOf() wants every word, in a call or its task, and a whole object or its folder", async () => {
  const run = await lockRun();
  const texts = (filter: { text?: string; object?: string }) =>
    [...matchesOf(run, { text: "", object: "", ...filter }) ?? []].map((it) =>
      run.steps[it]?.number
    );
  assertEquals(matchesOf(run, { text: " ", object: "" }), undefined);
  assertEquals(texts({ text: "ENOENT alice" }), [5]);
  assertEquals(texts({ text: "nothing like it" }), []);
  assertEquals(texts({ object: "/run/app.lock" }), [3, 5, 6, 7, 8, 9]);
  assertEquals(texts({ object: "/run", text: "bob" }), [3, 8, 9]);
  assertEquals(texts({ object: "/ru" }), []);
});

Deno.test("objectsOf() has names of containers and sandboxes first", async () => {
  const names = objectsOf(decode(pageData(await lifecycleReport(9, 40)))).map((it) => it.name);
  assert(names.indexOf("s0c0") < names.findIndex((it) => it.startsWith("/")));
});

Deno.test("keys go along a task, across tasks and along deviations, and stop at the ends", async () => {
  const run = await lockRun();
  const at = (number: number) => run.steps.find((it) => it.number === number);
  const lanes = [0, 1, 2];
  assertEquals(alongTask(run, at(5), 1, undefined)?.number, 6);
  assertEquals(alongTask(run, at(5), -1, undefined)?.number, 4);
  assertEquals(alongTask(run, at(7), 1, undefined), undefined);
  assertEquals(alongTask(run, at(3), 1, new Set([8]))?.number, 9);
  assertEquals(acrossTasks(run, lanes, at(3), 1)?.number, 4);
  assertEquals(acrossTasks(run, lanes, at(4), 1), undefined);
  assertEquals(alongMarks(run, undefined, 1)?.number, 4);
  assertEquals(alongMarks(run, at(4), 1)?.number, 8);
  assertEquals(alongMarks(run, at(4), -1), undefined);
});

Deno.test("the story is what is marked, of many tasks", async () => {
  const { runs } = decode(pageData(await lifecycleReport(9, 40)));
  const [failing] = runs;
  assert(failing !== undefined);
  const marked = failing.steps.filter((it) => it.mark !== "");
  const [from, to] = storyRange(failing.steps);
  for (const { index } of marked) assert(from <= index && index < to);
  const shown = storyTasks(failing, failing, undefined);
  assert(shown.length < failing.tasks.length);
  assertEquals(new Set(marked.map((it) => it.task)).difference(new Set(shown)), new Set());
});
