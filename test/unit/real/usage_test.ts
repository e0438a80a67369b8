import { assertEquals } from "@std/assert";
import { parseSums } from "../../../real/usage.ts";

Deno.test("parseSums() reads each sum, whatever is in the path, and none that was cut off", () => {
  const text = "4096\t/a\0" + "8192\t/b\nc\td\0" + "du: broken\0" + "12\t/e";
  assertEquals([...parseSums(text)], [["/a", 4_096], ["/b\nc\td", 8_192]]);
  assertEquals([...parseSums("")], []);
});
