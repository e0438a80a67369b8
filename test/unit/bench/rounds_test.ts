import { assertEquals, assertRejects } from "@std/assert";

import { type Runner, runRounds } from "../../../bench/rounds.ts";

/** Runners that write down whose turn it is. */
function runners(...names: readonly string[]) {
  const turns: string[] = [];
  const all = names.map((name): Runner => ({
    name,
    measure(pod) {
      turns.push(`${name} ${pod}`);
      return Promise.resolve({ timings: { "whole cycle": 1 }, cpuSeconds: 2 });
    },
  }));
  return { all, turns };
}

const { signal } = new AbortController();

Deno.test("runRounds() lets the runners take turns, each beginning in its round", async () => {
  const { all, turns } = runners("a", "b");
  const outcomes = await runRounds(all, { count: 2, parallel: 1, prefix: "pod", signal });
  assertEquals(turns, ["a pod0", "b pod0", "b pod1", "a pod1"]);
  assertEquals([...outcomes].map(([name, it]) => [name, it.timings.length, it.cpuSeconds]), [
    ["a", 2, [2, 2]],
    ["b", 2, [2, 2]],
  ]);
});

Deno.test("runRounds() runs batches of pods, the last one smaller", async () => {
  const { all, turns } = runners("a");
  const batches: number[] = [];
  const onPods = (count: number) => batches.push(count);
  await runRounds(all, { count: 5, parallel: 2, prefix: "pod", signal, onPods });
  assertEquals(turns.length, 5);
  assertEquals(batches, [2, 2, 1]);
});

Deno.test("runRounds() ends between two batches when it is told to", async () => {
  const { all, turns } = runners("a", "b");
  const controller = new AbortController();
  const onPods = () => controller.abort(new Error("enough"));
  const options = { count: 5, parallel: 2, prefix: "pod", signal: controller.signal, onPods };
  await assertRejects(() => runRounds(all, options), Error, "enough");
  assertEquals(turns, ["a pod0", "a pod1"]);
});

Deno.test("runRounds() lets a batch end before it tells of a failure in it", async () => {
  let hasEnded = false;
  const slow = Promise.withResolvers<void>();
  const runner: Runner = {
    name: "a",
    async measure(name) {
      if (name === "pod0") {
        slow.resolve();
        throw new Error("refused");
      }
      await slow.promise;
      await Promise.resolve();
      hasEnded = true;
      return { timings: {} };
    },
  };
  const options = { count: 2, parallel: 2, prefix: "pod", signal };
  await assertRejects(() => runRounds([runner], options), Error, "refused");
  assertEquals(hasEnded, true);
});
