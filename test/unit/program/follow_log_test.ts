import { assertEquals } from "@std/assert";

import { parseLogLine } from "../../../src/program/follow_log.ts";

Deno.test("parseLogLine() takes an entry apart and leaves its text as it is", () => {
  const time = "2026-01-02T03:04:05.678901234Z";
  assertEquals(parseLogLine(`${time} stderr F  two  spaces `), {
    time,
    stream: "stderr",
    isWhole: true,
    text: " two  spaces ",
  });
  assertEquals(parseLogLine(`${time} stdout P part`).isWhole, false);
  assertEquals(parseLogLine(`${time} stdout F `).text, "");
});
