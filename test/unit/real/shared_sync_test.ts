import { assertEquals, assertRejects } from "@std/assert";
import { SharedSync } from "../../../real/shared_sync.ts";

/** Syncs that end when they are told to. */
function manualSyncs() {
  const begun: PromiseWithResolvers<void>[] = [];
  const sync = new SharedSync(() => {
    const one = Promise.withResolvers<void>();
    begun.push(one);
    return one.promise;
  });
  return { begun, sync };
}

/** Which of the promises have resolved, once everything that can happen has. */
async function settled(promises: readonly Promise<void>[]): Promise<readonly boolean[]> {
  const done = promises.map(() => false);
  promises.forEach((it, index) => void it.then(() => done[index] = true, () => {}));
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  return done;
}

Deno.test("SharedSync begins a sync after each call that came during one", async () => {
  const { begun, sync } = manualSyncs();
  const calls = [sync.done(), sync.done(), sync.done()];
  assertEquals(begun.length, 1);
  begun[0]!.resolve();
  assertEquals(await settled(calls), [true, false, false]);
  assertEquals(begun.length, 2, "one for both who came meanwhile");
  const late = sync.done();
  begun[1]!.resolve();
  assertEquals(await settled([...calls, late]), [true, true, true, false]);
  begun[2]!.resolve();
  await late;
  assertEquals(begun.length, 3);
});

Deno.test("SharedSync fails for those who came during a sync that failed, too", async () => {
  const { begun, sync } = manualSyncs();
  const calls = [sync.done(), sync.done(), sync.done()].map((it) =>
    assertRejects(() => it, Error, "no")
  );
  begun[0]!.reject(new Error("no"));
  await Promise.all(calls);
  assertEquals(begun.length, 1, "another one would find nothing to write, and prove nothing");
  const next = sync.done();
  begun[1]!.resolve();
  await next;
});
