import { assertEquals } from "@std/assert";
import { CpuRate } from "../../../src/container/cpu_rate.ts";

Deno.test("CpuRate says what was used between two samples", () => {
  const rate = new CpuRate();
  assertEquals(rate.sampled(5_000_000, 1_000), undefined);
  // Half a CPU for two seconds.
  assertEquals(rate.sampled(6_000_000, 3_000), 500_000_000);
  assertEquals(rate.sampled(6_000_000, 4_000), 0);
});

Deno.test("CpuRate makes no noise of samples that are close", () => {
  const rate = new CpuRate();
  rate.sampled(0, 0);
  assertEquals(rate.sampled(900, 999), undefined);
  assertEquals(rate.sampled(1_000_000, 1_000), 1_000_000_000);
  for (const ms of [1_001, 1_500, 1_999]) {
    assertEquals(rate.sampled(1_000_000 + ms, ms), 1_000_000_000);
  }
  assertEquals(rate.sampled(1_000_000, 2_000), 0);
});

Deno.test("CpuRate takes a sample that comes late for none, and less CPU time for a new group", () => {
  const rate = new CpuRate();
  rate.sampled(0, 0);
  rate.sampled(2_000_000, 2_000);
  assertEquals(rate.sampled(1_000_000, 1_500), 1_000_000_000);
  assertEquals(rate.sampled(10, 5_000), undefined);
  assertEquals(rate.sampled(1_000_010, 6_000), 1_000_000_000);
});
