import { assertEquals, assertMatch } from "@std/assert";

import { type LogOptions, LogTelemetry } from "../../../src/program/telemetry.ts";

function logOf(
  options: Omit<LogOptions, "write">,
  tell: (telemetry: LogTelemetry) => void,
): readonly string[] {
  const lines: string[] = [];
  tell(new LogTelemetry({ ...options, write: (line) => lines.push(line) }));
  return lines;
}

Deno.test("LogTelemetry tells as much as its level asks for", () => {
  const lines = logOf({ level: "warn", format: "text" }, (it) => {
    for (const level of ["debug", "info", "warn", "error"] as const) it.log(level, "word");
  });
  assertEquals(lines.map((it) => it.split(" ")[1]), ["WARN", "ERROR"]);
});

Deno.test("LogTelemetry writes one line, whatever is in it", () => {
  const [text] = logOf(
    { level: "info", format: "text" },
    (it) => it.log("info", "word", { id: "a1", error: 'no\n"such"' }),
  );
  assertMatch(text ?? "", /^\S+Z INFO {2}word id=a1 error="no\\n\\"such\\""\n$/);
  const [json] = logOf(
    { level: "info", format: "json" },
    (it) => it.log("info", "word", { error: "no\nsuch" }),
  );
  const { time: _time, ...rest } = JSON.parse(json ?? "");
  assertEquals(rest, { level: "info", message: "word", error: "no\nsuch" });
});

Deno.test("LogTelemetry tells of a span once, when it is over, and of its failure", () => {
  const lines = logOf({ level: "debug", format: "json" }, (it) => {
    using span = it.span("work", { a: 1 });
    span.set({ b: 2 });
    span.fail(new Error("broken"));
    span[Symbol.dispose]();
  });
  assertEquals(lines.length, 1);
  const { message, a, b, error, ms } = JSON.parse(lines[0] ?? "");
  assertEquals([message, a, b, error, typeof ms], ["work", 1, 2, "broken", "number"]);
});
