import { setImmediate } from "node:timers";

/** A program whose end Node has yet to tell. */
export interface Unsettled {
  isReaped(): boolean;
  settle(signal: number): void;
}

const unsettled = new Set<Unsettled>();
let isListening = false;

/**
 * Node's child_process in Deno knows signals up to 31. When a real-time signal kills a program there is
 * no "exit": a promise that nobody has is rejected with "Invalid signal: 34", which would end the
 * daemon. This catches it and settles the program that was meant. Dispose the result at its exit.
 */
export function expectLostExit(program: Unsettled): Disposable {
  listen();
  unsettled.add(program);
  return { [Symbol.dispose]: () => void unsettled.delete(program) };
}

function listen(): void {
  if (isListening) return;
  isListening = true;
  globalThis.addEventListener("unhandledrejection", (event) => {
    const signal = signalIn(event.reason);
    if (signal === undefined) return;
    event.preventDefault();
    // It names no program: who was reaped and not announced must wait for announcements on their way.
    setImmediate(() => setImmediate(() => settleReaped(signal)));
  });
}

function signalIn(reason: unknown): number | undefined {
  if (!(reason instanceof TypeError)) return undefined;
  const number = /^Invalid signal: (\d+)$/.exec(reason.message)?.[1];
  return number === undefined ? undefined : Number(number);
}

function settleReaped(signal: number): void {
  for (const program of [...unsettled]) {
    if (program.isReaped()) program.settle(signal);
  }
}
