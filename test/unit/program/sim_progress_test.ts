import { assertEquals } from "@std/assert";
import { SimProgress } from "../../../src/program/sim_progress.ts";

const END = { runs: 4_000, begun: 1_000, untilMs: Infinity };

/** What is written when the runs tell of themselves each time that a clock shows one of `times`. */
function writtenAt(times: readonly number[], isTerminal: boolean): readonly string[] {
  const written: string[] = [];
  let time = 0;
  const output = { isTerminal, write: (text: string) => written.push(text), now: () => time };
  {
    using progress = new SimProgress(END, output);
    for (time of times) {
      const counts = { runs: time - END.begun, steps: 0, executions: 0, failedSeed: undefined };
      progress.show({ ...counts, probes: {}, states: new Set([1, 2]) });
    }
  }
  return written;
}

Deno.test("SimProgress writes over its bar in a terminal, a few times a second", () => {
  const [first, second, ...rest] = writtenAt([2_000, 2_100, 3_000], true);
  assertEquals(
    first?.startsWith("\r█████░░░░░░░░░░░░░░░ 1000 schedules, 1000/s, 2 states, "),
    true,
  );
  assertEquals(second?.startsWith("\r██████████░░░░░░░░░░ 2000 schedules"), true);
  assertEquals(second?.endsWith(" 2 s left\x1b[K"), true);
  assertEquals(rest, ["\r\x1b[K"]);
});

Deno.test("SimProgress writes a line a minute into a log", () => {
  const lines = writtenAt([2_000, 61_000, 62_000, 120_999, 121_000], false);
  assertEquals(lines.map((it) => /(\d+) schedules.*\n$/.exec(it)?.[1]), ["60000", "120000"]);
});
