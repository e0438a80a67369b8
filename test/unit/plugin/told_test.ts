import { assertEquals } from "@std/assert";
import { Told } from "../../../src/plugin/told.ts";

Deno.test("Told.begin() lets the end of a container be told once", () => {
  const told = new Told();
  assertEquals(["startContainer", "stopContainer", "stopContainer"].map(begun), [
    true,
    true,
    false,
  ]);
  function begun(hook: string): boolean {
    return told.begin(hook as Parameters<Told["begin"]>[0]);
  }
});

Deno.test("Told.begin() lets a removal be told again, and nothing else after it", () => {
  const told = new Told();
  assertEquals(told.begin("stopPodSandbox"), true);
  assertEquals(told.begin("stopPodSandbox"), true);
  assertEquals(told.begin("removePodSandbox"), true);
  assertEquals(told.begin("stopPodSandbox"), false);
  assertEquals(told.begin("removePodSandbox"), true);
});
