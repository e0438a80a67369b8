import type { ProcessStat } from "./proc.ts";

const LOOK_AGAIN_MS = 1;
/** In one reading of the process table, at all whom it waits for. */
const LOOKS_MAX = 1_000;
/** Some of them may be gone. */
const GIVEN_UP_MAX = 1_000;

/** What is seen of a process: its arguments, and its state before and after they were read. */
export interface Look {
  readonly before: ProcessStat;
  readonly args: readonly string[];
  readonly after: ProcessStat;
}

/**
 * Waits for processes that are about to execute a program, whose arguments are not yet its own. A child of
 * ours borrows the daemon's memory, and so its arguments, until it executes; who has called posix_spawn goes
 * on when it does, and from there until its new memory is filled it has none (exec_mmap in fs/exec.c,
 * create_elf_tables in fs/binfmt_elf.c). On a busy machine that takes milliseconds. Who is at it for a second
 * has a program on a file server that does not answer, and is not waited for again.
 */
export class Executions {
  readonly #pause: () => Promise<void>;
  readonly #givenUp = new Set<string>();

  constructor(pause: () => Promise<void> = lookAgainSoon) {
    this.#pause = pause;
  }

  /**
   * For one reading of the process table: looks at a process until its arguments are its own, and returns
   * what it has seen last; undefined when the process is gone.
   */
  reading(): (look: () => Promise<Look | undefined>) => Promise<Look | undefined> {
    let left = LOOKS_MAX;
    return async (look) => {
      for (let looks = 1;; looks++) {
        const seen = await look();
        if (seen === undefined || hasItsOwnArguments(seen, looks)) return seen;
        const name = `${seen.before.pid} ${seen.before.startTime}`;
        if (this.#givenUp.has(name)) return seen;
        if (left-- <= 0) {
          this.#giveUp(name);
          return seen;
        }
        await this.#pause();
      }
    };
  }

  #giveUp(name: string): void {
    if (this.#givenUp.size >= GIVEN_UP_MAX) this.#givenUp.clear();
    this.#givenUp.add(name);
  }
}

function lookAgainSoon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
}

function hasItsOwnArguments({ before, args, after }: Look, looks: number): boolean {
  if (before.isForked && before.parentPid === Deno.pid) return false;
  if (args.length > 0 || before.isKernelThread) return true;
  // One that has none for good looks like one that has executed between both looks at its state.
  return looks > 1 && !before.isExecuting && !after.isExecuting;
}
