import { assertEquals, assertThrows } from "@std/assert";

import { requestedDevices } from "../../../src/cdi/requested.ts";
import { RuntimeError } from "../../../src/errors.ts";

function requested(cdiDevices: readonly string[], annotations: Record<string, string> = {}) {
  return requestedDevices({ cdiDevices, annotations });
}

Deno.test("requestedDevices() is those of the field, then those of annotations, each once", () => {
  assertEquals(requested([]), []);
  const annotations = {
    "cdi.k8s.io/second": "v.com/c=3",
    "cdi.k8s.io/first": "v.com/c=2,v.com/c=1",
    "example.com/other": "not a device",
  };
  assertEquals(requested(["v.com/c=1", "v.com/c=1"], annotations), [
    "v.com/c=1",
    "v.com/c=2",
    "v.com/c=3",
  ]);
});

Deno.test("requestedDevices() refuses what is the name of no device, wherever it stands", () => {
  const key = "cdi.k8s.io/a";
  for (const names of [[""], ["gpu"], ["v.com/c=1 "]]) {
    assertThrows(() => requested(names), RuntimeError, "is the name of no CDI device");
  }
  for (const value of ["", "v.com/c=1,", "v.com/c=1, v.com/c=2"]) {
    assertThrows(() => requested([], { [key]: value }), RuntimeError, "of no CDI device");
  }
});

Deno.test("requestedDevices() refuses more than a node has", () => {
  const names = Array.from({ length: 1_025 }, (_, index) => `v.com/c=${index}`);
  assertEquals(requested(names.slice(1)).length, 1_024);
  assertThrows(() => requested(names), RuntimeError, "more than 1024");
});
