import { assertEquals } from "@std/assert";
import { parseStat } from "../../../real/proc.ts";

/** A line of the kernel, but for the name, the state and the threads; 1971 is the start time. */
function line(
  name: string,
  state = "S",
  { threads = 1, flags = 0x400100, codeStart = 4096 } = {},
): string {
  return `42 (${name}) ${state} 7 42 42 0 -1 ${flags} 38 0 1 0 0 0 0 0 20 0 ${threads} 0 1971 2621440 230 1844 ${codeStart} 5 6 0\n`;
}

Deno.test("parseStat() finds the start time behind any name", () => {
  const names = ["sh", "a) b (c", "((", "))", ") Z 1 (", "", "a\nb", "kworker/0:1-events"];
  for (const name of names) {
    const expected = {
      pid: 42,
      parentPid: 7,
      startTime: 1971,
      hasEnded: false,
      isKernelThread: false,
      isForked: false,
      isExecuting: false,
    };
    assertEquals(parseStat(line(name)), expected, name);
  }
});

Deno.test("parseStat() tells the dead", () => {
  assertEquals(parseStat(line("sh", "Z"))?.hasEnded, true);
  assertEquals(parseStat(line("sh", "X"))?.hasEnded, true);
  assertEquals(parseStat(line("sh", "D"))?.hasEnded, false);
});

Deno.test("parseStat() takes no process for dead whose other threads run", () => {
  assertEquals(parseStat(line("java", "Z", { threads: 2 }))?.hasEnded, false);
});

Deno.test("parseStat() tells who executes a program, and who has not begun to", () => {
  const tell = (...args: Parameters<typeof line>) => {
    const stat = parseStat(line(...args));
    return [stat?.isKernelThread, stat?.isForked, stat?.isExecuting];
  };
  assertEquals(tell("sh", "R", { codeStart: 0 }), [false, false, true]);
  assertEquals(tell("sh", "R", { flags: 0x400140 }), [false, true, false]);
  assertEquals(tell("kthreadd", "S", { flags: 0x208040, codeStart: 0 }), [true, true, false]);
  // Of the first thread of a process, which has ended, nothing is left that could say.
  assertEquals(tell("java", "Z", { threads: 2, codeStart: 0 }), [false, false, false]);
  // What Linux says to whom it does not tell (do_task_stat in fs/proc/array.c).
  assertEquals(tell("init", "S", { codeStart: 1 }), [false, false, false]);
});

Deno.test("parseStat() refuses what is no line of it", () => {
  for (const text of ["", "42", "42 (sh) S 7", "x (sh) S"]) {
    assertEquals(parseStat(text), undefined);
  }
});
