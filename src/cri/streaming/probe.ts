import type { Clock } from "../../kernel/clock.ts";

const everyMs = 10_000;

/**
 * Calls `ask` now and then until disposed of. A client that has gone away is noticed by reading; while
 * nothing is read from it, since nobody wants what it sends, only writing to it tells.
 */
export function probing(clock: Clock, ask: () => void): Disposable {
  let timer = clock.after(everyMs, fire);
  function fire(): void {
    timer = clock.after(everyMs, fire);
    ask();
  }
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
