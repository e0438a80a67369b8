import { assert, assertEquals } from "@std/assert";
import { assertRejects } from "@std/assert";
import { Context, sleep } from "../../src/kernel/context.ts";
import type { Promises } from "./fixture.ts";

const YEAR_2020_MICROS = 1_577_836_800_000_000;
const YEAR_2255_MICROS = 9_007_199_254_740_991;

/** Promises of the clock and of chance. */
export const clockPromises: Promises = {
  "nowMicros() is a whole number of microseconds since 1970": async ({ kernel }) => {
    const now = kernel.clock.nowMicros();
    assert(Number.isSafeInteger(now));
    assert(now > YEAR_2020_MICROS && now < YEAR_2255_MICROS);
    await Promise.resolve();
  },

  "monotonicMs() never goes back": async ({ kernel }) => {
    let last = kernel.clock.monotonicMs();
    for (let index = 0; index < 100; index++) {
      const now = kernel.clock.monotonicMs();
      assert(now >= last);
      last = now;
    }
    await Promise.resolve();
  },

  "after() never fires early": async ({ kernel: { clock } }) => {
    const delays = [0, 1, 2.5, 7, 10, 15];
    await Promise.all(delays.map(async (ms) => {
      const start = clock.monotonicMs();
      await new Promise<void>((resolve) => clock.after(ms, resolve));
      assert(clock.monotonicMs() - start >= ms, `${ms} ms are over`);
    }));
  },

  "after() fires in the order of the times": async ({ kernel: { clock } }) => {
    const fired: number[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.after(30, () => {
      fired.push(30);
      resolve();
    });
    clock.after(2, () => fired.push(2));
    clock.after(15, () => fired.push(15));
    await promise;
    assertEquals(fired, [2, 15, 30]);
  },

  "after() does not fire once it is disposed": async ({ kernel: { clock } }) => {
    const fired: string[] = [];
    const timer = clock.after(1, () => fired.push("disposed"));
    timer[Symbol.dispose]();
    await new Promise<void>((resolve) => clock.after(5, resolve));
    assertEquals(fired, []);
  },

  "after() takes months without firing at once": async ({ kernel: { clock } }) => {
    const fired: string[] = [];
    using _timer = clock.after(2 ** 31 + 1_000, () => fired.push("early"));
    await new Promise<void>((resolve) => clock.after(5, resolve));
    assertEquals(fired, []);
  },

  "within() ends a wait at its deadline": async ({ kernel: { clock } }) => {
    using context = Context.background().within(clock, 2, "a test");
    await assertRejects(() => sleep(clock, 60_000, context), Error, "not done within 2 ms");
  },

  "bytes() gives as many as were asked for, and others each time": async (
    { kernel: { random } },
  ) => {
    assertEquals(random.bytes(0).length, 0);
    assertEquals(random.bytes(70_000).length, 70_000);
    const [one, other] = [random.bytes(32), random.bytes(32)];
    assert(one.some((byte, index) => byte !== other[index]));
    await Promise.resolve();
  },
};
