import { assertEquals, assertMatch } from "@std/assert";
import { removeFile, removeMount } from "../../../../sim/lifecycle/incident.ts";
import { difference } from "../../../../sim/mod.ts";
import { tell } from "../oracle/scene.ts";

/** What of the machine is gone when each of `choices` was made, a line each. */
function gone(choose: typeof removeFile, choices: readonly number[]): Promise<readonly string[]> {
  const lines: string[] = [];
  return tell(async (scene) => {
    await scene.running("sleep", "1000");
    const { machine } = scene.simulation;
    for (const choice of choices) {
      const before = scene.simulation.snapshot();
      choose(machine, choice);
      lines.push(...difference(before, scene.simulation.snapshot()));
    }
  }).then(() => lines);
}

Deno.test("removeFile() removes one file of a pod, and none of the database or of an image", async () => {
  const choices = Array.from({ length: 40 }, (_, index) => index);
  const lines = await gone(removeFile, choices);
  for (const line of lines) {
    assertMatch(line, /^- (file|fifo|socket) (\/run\/slipway|\/var\/lib\/slipway\/sandboxes)\//);
  }
  assertEquals(lines.some((it) => it.includes("/config.json")), true);
  assertEquals(lines.some((it) => it.includes("/state.json")), true);
  // A namespace is mounted on those.
  assertEquals(lines.filter((it) => /\/(ipc|uts|net)$/.test(it)), []);
});

Deno.test("removeMount() takes one mount of a pod away, until there is none", async () => {
  const lines = await gone(removeMount, [0, 0, 0, 0, 0]);
  assertEquals(lines.map((it) => it.replace(/[0-9a-f]{64}/, "POD")), [
    "- mount tmpfs /run/slipway/sandboxes/POD/shm",
    "- mount nsfs /run/slipway/sandboxes/POD/net",
    "- mount nsfs /run/slipway/sandboxes/POD/uts",
    "- mount nsfs /run/slipway/sandboxes/POD/ipc",
  ]);
});
