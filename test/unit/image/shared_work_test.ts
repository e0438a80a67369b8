import { assert, assertEquals, assertRejects } from "@std/assert";

import { SharedWork } from "../../../src/image/shared_work.ts";
import { Context } from "../../../src/kernel/context.ts";

Deno.test("SharedWork gives everybody one result", async () => {
  let forgotten = 0;
  const work = new SharedWork(() => Promise.resolve({}), () => void forgotten++);
  const [one, other] = await Promise.all([
    work.join(Context.background()),
    work.join(Context.background()),
  ]);
  assert(one === other);
  assertEquals(forgotten, 1);
});

Deno.test("SharedWork goes on until the last waiter is gone, and then waits for the undoing", async () => {
  const undone = Promise.withResolvers<void>();
  const steps: string[] = [];
  const work = new SharedWork(async (context) => {
    const cancelled = Promise.withResolvers<never>();
    using _listener = context.onCancel((cause) => cancelled.reject(cause));
    try {
      await cancelled.promise;
    } finally {
      steps.push("cancelled");
      await undone.promise;
      steps.push("undone");
    }
  }, () => void steps.push("forgotten"));
  const [one, other] = [new Context(), new Context()];
  const first = assertRejects(() => work.join(one));
  const second = assertRejects(() => work.join(other)).then(() => steps.push("answered"));
  one.cancel();
  await first;
  assertEquals(steps, []);
  other.cancel();
  // Turns enough for everything that needs no more than the undoing.
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  assertEquals(steps, ["forgotten", "cancelled"]);
  undone.resolve();
  await second;
  assertEquals(steps, ["forgotten", "cancelled", "undone", "answered"]);
});
