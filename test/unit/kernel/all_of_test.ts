import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { RuntimeError } from "../../../src/errors.ts";
import { allOf, forEachOf, resultsOf } from "../../../src/kernel/all_of.ts";
import { Context, waitFor } from "../../../src/kernel/context.ts";
import { isPending } from "../fakes.ts";

Deno.test("allOf() begins all at once and waits for the last", async () => {
  const context = new Context();
  const parts = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const begun: number[] = [];
  const all = allOf(
    context,
    ...parts.map(({ promise }, index) => () => {
      begun.push(index);
      return promise;
    }),
  );
  assertEquals(begun, [0, 1]);
  parts[1]!.resolve();
  assertEquals(await isPending(all), true);
  parts[0]!.resolve();
  await all;
});

Deno.test("allOf() tells the others of a failure, and throws it when they have ended", async () => {
  const never = Promise.withResolvers<void>().promise;
  const cleared = Promise.withResolvers<void>();
  let cause: RuntimeError | undefined;
  const all = allOf(
    new Context(),
    () => Promise.reject(new Error("first")),
    async (context) => {
      await waitFor(never, context).catch((error) => cause = error);
      await cleared.promise;
      throw new Error("second");
    },
  );
  const failed = assertRejects(() => all, Error, "first");
  assertEquals(await isPending(all), true);
  assertEquals(cause?.code, "CANCELLED");
  cleared.resolve();
  await failed;
});

Deno.test("allOf() ends with its context", async () => {
  const context = new Context();
  const never = Promise.withResolvers<void>().promise;
  const all = allOf(context, (it) => waitFor(never, it));
  const failed = assertRejects(() => all, RuntimeError, "the client left");
  context.cancel(new RuntimeError("CANCELLED", "the client left"));
  await failed;
});

Deno.test("forEachOf() goes on for the others when it fails for one, and throws when all is over", async () => {
  const slow = Promise.withResolvers<void>();
  const error = new Error("no");
  const done: number[] = [];
  const works = [() => Promise.reject(error), () => slow.promise, () => Promise.resolve()];
  const all = forEachOf([...works.entries()], async ([index, work]) => {
    await work();
    done.push(index);
  });
  assert(await isPending(all));
  assertEquals(done, [2]);
  slow.resolve();
  assertStrictEquals(await assertRejects(() => all), error);
  assertEquals(done, [2, 1]);
});

Deno.test("resultsOf() gives what came of each, in the order of the works", async () => {
  const slow = Promise.withResolvers<number>();
  const both = resultsOf(new Context(), () => slow.promise, () => Promise.resolve("b"));
  assertEquals(await isPending(both), true);
  slow.resolve(1);
  const [number, text] = await both;
  assertEquals([number + 1, text.length], [2, 1]);
});

Deno.test("resultsOf() fails as allOf() does", async () => {
  let cause: RuntimeError | undefined;
  const never = Promise.withResolvers<void>().promise;
  const both = resultsOf(
    new Context(),
    (context) => waitFor(never, context).catch((error) => cause = error),
    () => Promise.reject(new Error("one")),
  );
  await assertRejects(() => both, Error, "one");
  assertEquals(cause?.code, "CANCELLED");
});
