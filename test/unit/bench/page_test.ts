import { assert, assertEquals, assertStringIncludes } from "@std/assert";

import { pageOf } from "../../../bench/page/page.ts";
import { reportOf } from "../../../bench/summary.ts";
import { FLOOR, REPORT } from "./fixture.ts";

function sections(page: string): readonly string[] {
  return [...page.matchAll(/<section id="(\w+)"/g)].map(([, id = ""]) => id);
}

Deno.test("pageOf() has a section for everything, each with its link", () => {
  const page = pageOf(REPORT);
  const all = ["bars", "calls", "ratios", "waterfall", "spans", "costs", "facts"];
  assertEquals(sections(page), all);
  for (const id of all) assertStringIncludes(page, `<a href="#${id}">`);
  assert(!/NaN|undefined|Infinity/.test(page));
});

Deno.test("pageOf() leaves out what was not measured", () => {
  const bare = reportOf({
    ...REPORT,
    series: [{ ...FLOOR, timings: [], cpuSeconds: [] }],
    simulated: [],
    trace: null,
  });
  const page = pageOf(bare);
  assertEquals(sections(page), ["facts"]);
  assert(!/NaN|undefined|Infinity/.test(page));
});

Deno.test("pageOf() loads nothing and runs nothing", () => {
  const page = pageOf(REPORT);
  assertStringIncludes(page, "default-src &#39;none&#39;");
  assert(!/<script|<link rel="stylesheet|@import|url\(|https?:/.test(page));
});
