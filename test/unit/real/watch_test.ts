import { assertEquals } from "@std/assert";
import { parseEvents } from "../../../real/watch.ts";

/** One struct inotify_event; the name is padded to a multiple of 16 (man 7 inotify). */
function event(mask: number, name: string): number[] {
  const bytes = new TextEncoder().encode(name);
  const nameBytes = name === "" ? 0 : Math.ceil((bytes.length + 1) / 16) * 16;
  const view = new DataView(new ArrayBuffer(16 + nameBytes));
  view.setInt32(0, 1, true);
  view.setUint32(4, mask, true);
  view.setUint32(12, nameBytes, true);
  new Uint8Array(view.buffer).set(bytes, 16);
  return [...new Uint8Array(view.buffer)];
}

Deno.test("parseEvents() gives each name once, sorted", () => {
  const bytes = [...event(0x100, "b"), ...event(8, "a-name-of-sixteen"), ...event(8, "b")];
  assertEquals(parseEvents(Uint8Array.from(bytes)), ["a-name-of-sixteen", "b"]);
});

Deno.test("parseEvents() is empty after an overflow", () => {
  const bytes = [...event(0x100, "a"), ...event(0x4000, "")];
  assertEquals(parseEvents(Uint8Array.from(bytes)), []);
});
