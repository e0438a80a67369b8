import { clearImmediate, setImmediate } from "node:timers";

import type { Clock } from "../src/kernel/clock.ts";
import { check, libc } from "./libc.ts";

const REALTIME = 0;
const MONOTONIC = 1;
/** A longer delay wraps around in setTimeout and fires at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

export const linuxClock: Clock = {
  nowMicros() {
    const { seconds, nanos } = read(REALTIME);
    return seconds * 1_000_000 + Math.floor(nanos / 1_000);
  },

  monotonicMs,

  after(ms, fire) {
    if (ms <= 0) {
      // A timer takes a millisecond at least; what is ready goes before this too.
      const turn = setImmediate(fire);
      return { [Symbol.dispose]: () => clearImmediate(turn) };
    }
    const dueMs = monotonicMs() + ms;
    let timer: ReturnType<typeof setTimeout>;
    // setTimeout keeps a time of its own and rounds it, so what it says is checked.
    const tick = () => {
      const leftMs = dueMs - monotonicMs();
      if (leftMs > 0) timer = setTimeout(tick, Math.min(Math.ceil(leftMs), DELAY_MS_MAX));
      else fire();
    };
    timer = setTimeout(tick, Math.min(Math.ceil(ms), DELAY_MS_MAX));
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

function monotonicMs(): number {
  const { seconds, nanos } = read(MONOTONIC);
  return seconds * 1_000 + nanos / 1_000_000;
}

const timespec = new BigInt64Array(2);

function read(clock: number): { readonly seconds: number; readonly nanos: number } {
  check("clock_gettime", `clock ${clock}`, libc().clock_gettime(clock, timespec));
  return { seconds: Number(timespec[0]), nanos: Number(timespec[1]) };
}
