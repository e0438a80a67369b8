import { assert, assertInstanceOf } from "@std/assert";
import { RuntimeError } from "../../src/errors.ts";
import { Context } from "../../src/kernel/context.ts";
import { type Errno, KernelError } from "../../src/kernel/errno.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import type { ChildProcess, Command } from "../../src/kernel/processes.ts";

/**
 * Programs that every kernel has under some name. "Ready" means: writes a line to descriptor 3 when it
 * has set itself up.
 */
export interface ContractPrograms {
  /** Ends with `code`. */
  exit(code: number): Command;
  /** Writes `stdout` and `stderr`, then ends with 0. */
  print(stdout: string, stderr: string): Command;
  /** Copies standard input to standard output, then ends with 0. */
  echo(): Command;
  /** Reads a line from descriptor 3, writes it to descriptor 4, then ends with 0. */
  relay(): Command;
  /**
   * Ready once it listens at `path`, its line empty. To who connects it sends a packet "hello", each of his
   * again with a mark in front, and "bye" when he has ended; then ends with 0.
   */
  converse(path: string): Command;
  /** Ready, its line empty; then lives until a signal ends it. */
  wait(): Command;
  /** The same, but SIGTERM does nothing. */
  ignoreTerm(): Command;
  /** Starts a `wait` that holds its standard output, writes its pid to descriptor 3, ends with 0. */
  fork(): Command;
  /** Starts a `wait` that it will never reap, writes its pid to descriptor 3, then lives as `wait`. */
  neglect(): Command;
  /** Enters a cgroup; then as `wait`. */
  enter(cgroup: string): Command;
}

/** What a promise is checked with. */
export interface ContractFixture {
  readonly kernel: Kernel;
  /** An empty directory, gone afterwards with all that is mounted or pinned in it. */
  readonly scratch: string;
  /** A cgroup that does not exist yet, gone afterwards with all processes in it. */
  readonly cgroup: string;
  readonly programs: ContractPrograms;
  /** Makes a fifo, which the port leaves to programs. */
  makeFifo(path: string): Promise<void>;
  /** Makes the node of a character device, which the port leaves to programs as well. */
  makeDevice(path: string, major: number, minor: number): Promise<void>;
  /** The kernel as the next daemon finds it, once this one has died. */
  restart(): Promise<Kernel>;
}

export type PromiseBody = (fixture: ContractFixture) => Promise<void>;

/** Sets up a fixture, runs the body as code of a daemon, and cleans up, whatever happens. */
export type RunPromise = (body: PromiseBody) => Promise<void>;

export type Promises = Readonly<Record<string, PromiseBody>>;

/** Waits of the contract that nobody cancels; the kernel ends them. */
export const background: Context = Context.background();

/** Awaits `call`, which Linux refuses with `errno`. */
export async function assertRefused(call: Promise<unknown>, errno: Errno): Promise<KernelError> {
  const error = await call.then(
    () => assert(false, `expected ${errno}, but it was done`),
    (reason: unknown) => reason,
  );
  assertInstanceOf(error, KernelError);
  assert(error.errno === errno, `expected ${errno}: ${error.message}`);
  return error;
}

/** Starts a wait and cancels it, twice: before it has begun, and after. */
export async function assertCancellable(
  wait: (context: Context) => Promise<unknown>,
): Promise<void> {
  for (const when of ["after", "before"] as const) {
    const context = new Context();
    const cause = new RuntimeError("CANCELLED", `cancelled ${when} the wait`);
    if (when === "before") context.cancel(cause);
    const waiting = wait(context).then(
      () => assert(false, `expected a cancel ${when} the wait to end it`),
      (reason: unknown) => reason,
    );
    if (when === "after") context.cancel(cause);
    assert(await waiting === cause, `the wait ends with the cause that came ${when} it`);
  }
}

/** Starts a program that says when it is ready, and the line that it said. */
export async function start(
  fixture: ContractFixture,
  command: Command,
  outputBytesMax = 0,
): Promise<{ readonly child: ChildProcess; readonly line: string } & Disposable> {
  const child = await fixture.kernel.processes.spawn(command, { outputBytesMax, childWrites: [3] });
  try {
    const line = await child.readPipeLine(3, background);
    assert(line.endsWith("\n"), `${command.program} says when it is ready`);
    return { child, line: line.trim(), [Symbol.dispose]: () => child[Symbol.dispose]() };
  } catch (error) {
    child[Symbol.dispose]();
    throw error;
  }
}
