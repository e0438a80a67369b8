import { messageOf } from "../src/errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Does the work of a program: a signal aborts it, so that it can clean up, and what went wrong goes to
 * standard error and into the exit code.
 */
export async function untilInterrupted(
  program: string,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new Error("interrupted"));
  for (const signal of SIGNALS) Deno.addSignalListener(signal, interrupt);
  try {
    await work(interrupted.signal);
  } catch (error) {
    for (const message of messagesOf(error)) console.error(`${program}: ${message}`);
    Deno.exitCode = 1;
  } finally {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, interrupt);
  }
}

/** What went wrong first, then what went wrong while that was cleaned up. */
function messagesOf(error: unknown): readonly string[] {
  if (!(error instanceof SuppressedError)) return [messageOf(error)];
  return [...messagesOf(error.suppressed), ...messagesOf(error.error)];
}
