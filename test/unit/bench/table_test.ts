import { assert, assertEquals } from "@std/assert";

import { reportOf } from "../../../bench/summary.ts";
import { linesOf } from "../../../bench/table.ts";
import { FLOOR, REPORT } from "./fixture.ts";

const lines = linesOf(REPORT);

function row(name: string): readonly string[] | undefined {
  return lines.find((it) => it.startsWith(name))?.split(/ {2,}/);
}

Deno.test("linesOf() shows a row a measure and leaves blank what was not measured", () => {
  assertEquals(row("RunPodSandbox"), [
    "RunPodSandbox",
    ...["10.0", "10.0–10.0", "10.0", "10.0"],
    ...["40.0", "40.0–40.0", "40.0", "40.0"],
    "×0.25",
  ]);
  assertEquals(row("run → started")?.slice(-2), ["×0.50", "×2.00"]);
  assertEquals(row("MB PSS at 0 pods"), ["MB PSS at 0 pods", "50.0", "40.0", "×1.25"]);
  assertEquals(row("ListContainers p50 ms at 20")?.slice(1), ["3.00", "1.00", "×3.00"]);
  assert(lines.every((line) => !/NaN|undefined|null/.test(line)), lines.join("\n"));
});

Deno.test("linesOf() says of each bar whether it is met", () => {
  assertEquals(row("memory at 20 pods, peer")?.slice(1), ["×0.50", "≤ ×0.60", "met"]);
  assertEquals(row("run → started p50, peer")?.slice(1), [
    ...["×0.50", "0.50–0.83", "≤ ×0.35", "NOT MET"],
  ]);
});

Deno.test("linesOf() shows where the time goes, and marks what only waits", () => {
  const at = lines.findIndex((it) => it.startsWith("where the time goes, 1 pods"));
  const shown = lines.slice(at + 1, at + 6).map((it) => it.split(/ {2,}(?=\S)/));
  assertEquals(shown.map((it) => it.filter((cell) => cell !== "")), [
    ["StartContainer", "8.00", "8.00", "1×", "80 %"],
    ["commit", "2.00", "2.00", "1×", "25 %"],
    ["task.release", "3.00", "3.00", "1×", "38 %"],
    ["open fifo", "1.00", "1.00", "1×", "33 %"],
    ["data in fifo …", "2.00", "2.00", "1×", "67 %"],
  ]);
});

Deno.test("linesOf() has no section for what was not asked for", () => {
  const bare = reportOf({
    ...REPORT,
    series: [{ ...FLOOR, timings: [], cpuSeconds: [] }],
    simulated: [],
    trace: null,
  });
  assertEquals(linesOf(bare).filter((it) => it !== "").length, 2);
});
