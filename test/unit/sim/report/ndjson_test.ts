import { assert, assertEquals } from "@std/assert";
import { type FailureReport, reportNdjson } from "../../../../sim/report/mod.ts";
import { lifecycleReport } from "./lifecycle.ts";
import { lockReport } from "./lock_file.ts";

type Line = Readonly<Record<string, unknown>>;

function linesOf(report: FailureReport): Line[] {
  const text = reportNdjson(report);
  assert(text.endsWith("\n"));
  return text.trimEnd().split("\n").map((it): Line => JSON.parse(it));
}

Deno.test("reportNdjson() begins with a header and counts its lines by type", async () => {
  const report = await lockReport();
  const lines = linesOf(report);
  assertEquals(lines[0], {
    type: "header",
    version: 1,
    title: "Mutual exclusion: alice and bob both hold /run/app.lock",
    message: "Mutual exclusion: alice and bob both hold /run/app.lock",
    replay: "deno task sim replay lock.json",
    program: ["lock for alice", "lock for bob"],
    isMinimal: true,
  });
  const counts = Object.groupBy(lines, (it) => String(it.type));
  assertEquals(counts.header?.length, 1);
  assertEquals(counts.deviation?.length, 2);
  assertEquals(
    counts.step?.filter((it) => it.run === "failing").length,
    report.failing.steps.length,
  );
  assertEquals(
    counts.step?.filter((it) => it.run === "passing").length,
    report.passing?.steps.length,
  );
  assertEquals(counts.pending?.map((it) => it.key), ["alice#4", "bob#4"]);
  assertEquals(
    counts.state?.filter((it) => it.when === "after").map((it) => it.line),
    [...report.after],
  );
});

Deno.test("reportNdjson() keeps every member that its documentation names", async () => {
  const source = await Deno.readTextFile(
    new URL("../../../../sim/report/ndjson.ts", import.meta.url),
  );
  const documented = new Set(
    [...source.matchAll(/^ \* \|.*$/gm)].flatMap(([line]) =>
      [...line.matchAll(/`(\w+)`/g)].map(([, name]) => name)
    ),
  );
  const lines = [...linesOf(await lockReport()), ...linesOf(await lifecycleReport(3))];
  for (const line of lines) {
    for (const name of Object.keys(line)) {
      assert(name === "type" || documented.has(name), `${name} of ${line.type} is not documented`);
    }
  }
});

Deno.test("reportNdjson() has every task before its steps, and one line an object", async () => {
  const known = new Set<string>();
  for (const { type, run, key, task } of linesOf(await lifecycleReport(6))) {
    if (type === "task") known.add(`${run} ${key}`);
    if (type === "step") assert(known.has(`${run} ${task}`));
  }
});
