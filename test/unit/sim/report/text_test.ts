import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { reportText } from "../../../../sim/report/mod.ts";
import { lifecycleReport } from "./lifecycle.ts";
import { lockReport } from "./lock_file.ts";

const PAGE = `\
Mutual exclusion: alice and bob both hold /run/app.lock

replay: deno task sim replay lock.json

What happened
  ▶ 1. step 4: lock for bob is preempted before it writes /run/app.lock; lock for alice takes 4 steps; lock for bob
               goes on
  ▶ 2. step 8: lock for alice is preempted before it makes folder /run/work of alice; lock for bob takes 2 steps
  Minimal: no schedule with one deviation fewer fails.
  ■ step 9: Mutual exclusion: alice and bob both hold /run/app.lock

The failing run                                              The nearest run that passes
         lock for bob            lock for alice                       lock for bob            lock for alice
       2 begin                   │                                  2 begin                   │
       3 readFile …lock ✗ ENOENT │                                  3 readFile …lock ✗ ENOENT │
▶      4 │                       begin                              4 writeFile /run/app.lock │
       5 │                       readFile …lock ✗ ENOENT            5 … writeFile …n/app.lock │
       6 │                       writeFile /run/app.lock            ⋮ 2 steps of lock for bob
       7 │                       … writeFile …n/app.lock            8 │                       begin
▶      8 writeFile /run/app.lock │                                  9 │                       readFile …lock ✗ ENOENT
■      9 … writeFile …n/app.lock │                                 10 │                       writeFile /run/app.lock
                                                                   11 │                       … writeFile …n/app.lock

State, before (-) and after (+)
  + file /run/app.lock
    8 more as before

Program
  lock for alice
  lock for bob`;

/** The text without colours. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\x1b\[\d+m/g, "");
}

Deno.test("reportText() is one page: command, deviations, both runs side by side, state", async () => {
  assertEquals(reportText(await lockReport()), PAGE);
});

Deno.test("reportText() puts the runs one below the other where they do not fit beside", async () => {
  const text = reportText(await lockReport(), { width: 70 });
  const lines = text.split("\n");
  const failing = lines.indexOf("The failing run");
  const passing = lines.indexOf("The nearest run that passes");
  assert(0 < failing && failing < passing, text);
  for (const line of lines) assert(line.length <= 70, line);
});

Deno.test("reportText() fits 120 columns whatever the run", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const report = await lifecycleReport(seed);
    const lanes = reportText(report).split("Who waits for what")[0] ?? "";
    for (const line of lanes.split("\n")) assert(line.length <= 120, line);
    assertStringIncludes(lanes, "I13 deadlock: nothing moves");
  }
});

Deno.test("reportText() has colours only when asked", async () => {
  const report = await lockReport();
  const coloured = reportText(report, { hasColor: true });
  assertStringIncludes(coloured, "\x1b[31m");
  assertEquals(plain(coloured), reportText(report));
});
