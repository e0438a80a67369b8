import { assertEquals } from "@std/assert";
import { FreedMemory } from "../../../real/memory.ts";
import { FakeClock } from "../fakes.ts";

Deno.test("FreedMemory gives back once, when nothing was used for a second", async () => {
  const clock = new FakeClock();
  let count = 0;
  let usedMs = 0;
  using memory = new FreedMemory(clock, () => clock.monotonicMs() - usedMs, () => count++);
  const use = () => {
    usedMs = clock.monotonicMs();
    void memory.used();
  };
  await clock.advance(5_000);
  assertEquals([count, clock.timerCount], [0, 0]);
  use();
  await clock.advance(600);
  use();
  await clock.advance(999);
  assertEquals(count, 0);
  await clock.advance(1);
  assertEquals([count, clock.timerCount], [1, 0]);
  use();
  await clock.advance(1_000);
  assertEquals(count, 2);
});

Deno.test("FreedMemory waits for nothing any more when it is disposed of", () => {
  const clock = new FakeClock();
  const memory = new FreedMemory(clock, () => 0, () => {});
  void memory.used();
  memory[Symbol.dispose]();
  assertEquals(clock.timerCount, 0);
});
