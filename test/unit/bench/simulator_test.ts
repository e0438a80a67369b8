import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { simulatorLines, simulatorReport } from "../../../bench/simulator_report.ts";
import { liveness, startRemove } from "../../../bench/simulator_work.ts";
import { inMacrotask } from "../../../sim/mod.ts";

const RATES = [
  "schedulesPerSecond",
  "schedulesPerSecondWithFaults",
  "kernelCallsPerSecond",
  "simulatedSecondsPerSecond",
] as const;

Deno.test("startRemove() does the same of the same seeds", async () => {
  const first = await inMacrotask(() => startRemove(1, 6));
  const second = await inMacrotask(() => startRemove(1, 6));
  assertEquals(second, first);
  assertEquals(first.schedules, 6);
  // conmon and runc are there, step by step: a thinner machine would take far fewer.
  assert(first.steps / first.schedules > 150, `${first.steps} steps in 6 schedules`);
});

Deno.test("liveness() lets a day pass", async () => {
  const { simulatedSeconds } = await inMacrotask(() => liveness(1, 1));
  assert(simulatedSeconds >= 24 * 60 * 60);
});

Deno.test("simulatorReport() gives the middle of the repetitions, and the spread", () => {
  const sample = (cpuSeconds: number) => ({
    schedules: 10,
    steps: 2_000,
    simulatedSeconds: 60,
    cpuSeconds,
  });
  const samples = [sample(1), sample(4), sample(2)];
  const report = simulatorReport({
    startRemove: samples,
    withFaults: samples,
    liveness: samples,
  });
  assertEquals(report.schedulesPerSecond, 5);
  assertEquals(report.kernelCallsPerSecond, 1_000);
  assertEquals(report.simulatedSecondsPerSecond, 30);
  assertEquals(report.spread.schedulesPerSecondWithFaults, { median: 5, min: 3, max: 10 });
  assertEquals(report.kernelCallsPerSchedule, 200);
  assertEquals(report.repetitions, 3);
  const text = simulatorLines(report).join("\n");
  for (const rate of RATES) assert(text.includes(rate));
});

Deno.test("bench:sim --json prints one object with every rate", async () => {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "bench/simulator.ts", "--", "--json", "--schedules=2", "--repetitions=1"],
    cwd: fromFileUrl(new URL("../../..", import.meta.url)),
  }).output();
  assert(success);
  const report = JSON.parse(new TextDecoder().decode(stdout));
  for (const rate of RATES) {
    assert(report[rate] > 0, rate);
    assertEquals(report.spread[rate].median, report[rate]);
  }
});
