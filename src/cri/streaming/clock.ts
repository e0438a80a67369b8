import type { Clock } from "../../kernel/clock.ts";

/** The clock of clients: they live in real time, whatever machine the pods run on. */
export const REAL_TIME: Clock = {
  nowMicros: () => Date.now() * 1000,
  monotonicMs: () => performance.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
