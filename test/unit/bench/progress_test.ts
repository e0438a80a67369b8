import { assertEquals } from "@std/assert";

import { countedBarOf, Progress } from "../../../bench/progress.ts";

function told(style: "bar" | "lines" | "none"): string {
  let text = "";
  {
    using progress = new Progress(style, 4, (more) => text += more);
    progress.show("pods");
    progress.add(1);
    progress.show("pods");
  }
  return text;
}

Deno.test("Progress tells each phase once in lines, and nothing when it shall not", () => {
  assertEquals(told("lines"), "pods\n");
  assertEquals(told("none"), "");
});

Deno.test("Progress says what is done last, and nothing after that", () => {
  let text = "";
  using progress = new Progress("lines", 4, (more) => text += more);
  progress.show("pods");
  progress.end("removing");
  progress.show("pods");
  assertEquals(text, "pods\nremoving\n");
});

Deno.test("Progress writes its bar over and wipes it away at the end", () => {
  const states = told("bar").split("\r").slice(1);
  assertEquals(states, [
    `${countedBarOf(0, 4)} pods\x1b[K`,
    `${countedBarOf(1, 4)} pods\x1b[K`,
    `${countedBarOf(1, 4)} pods\x1b[K`,
    "\x1b[K",
  ]);
});

Deno.test("countedBarOf() is full at the end, and not fuller", () => {
  assertEquals(countedBarOf(1, 2), `${"█".repeat(15)}${"░".repeat(15)} 1 of 2`);
  assertEquals(countedBarOf(3, 2), `${"█".repeat(30)} 3 of 2`);
  assertEquals(countedBarOf(0, 0), `${"█".repeat(30)} 0 of 0`);
});
