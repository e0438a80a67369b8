import { KernelError } from "../src/kernel/errno.ts";
import type { ProcessIdentity } from "../src/kernel/processes.ts";
import { throwUnlessGone } from "./proc.ts";

/** What of /proc/PID/ the kernel reads from the memory of the process, as that is now (man 5 proc). */
export type MemoryFile = "cmdline" | "environ";

/** Reads a whole file on another thread. */
export type ReadText = (path: string) => Promise<string>;

/** The kernel answers in microseconds, unless it has to wait for who holds the lock. */
const ANSWER_MS = 1_000;
/** Each keeps a thread, of some 30 that Deno has for files and for calls that block. */
const UNANSWERED_MAX = 8;

/**
 * Reads what is in the memory of other processes. One that waits for a file server may hold its memory's
 * lock (mmap_lock) meanwhile, and whoever reads there waits with it (proc_pid_cmdline_read in
 * fs/proc/base.c): so that is done on another thread, and given up after a second. Nothing of ours ever
 * waits so, since no program that the runtime starts maps other people's files.
 */
export class ProcessMemory {
  readonly #readText: ReadText;
  readonly #answerMs: number;
  /** What is asked for and not answered yet, by path and start time: once, whoever wants to know. */
  readonly #answers = new Map<string, Promise<string>>();
  /** Those of them that were given up; nobody waits for them again. */
  readonly #unanswered = new Set<string>();

  constructor(readText: ReadText = Deno.readTextFile, answerMs: number = ANSWER_MS) {
    this.#readText = readText;
    this.#answerMs = answerMs;
  }

  /**
   * What a file of a process says; "" when nobody can say in a second, or the process is gone.
   *
   * @throws {KernelError} EAGAIN when too many have not answered; EMFILE and the like.
   */
  async text({ pid, startTime }: ProcessIdentity, file: MemoryFile): Promise<string> {
    const path = `/proc/${pid}/${file}`;
    const name = `${path} ${startTime}`;
    if (this.#unanswered.has(name)) return "";
    if (this.#unanswered.size >= UNANSWERED_MAX) {
      const detail = `${UNANSWERED_MAX} processes hold the lock of their memory`;
      throw new KernelError("read", "EAGAIN", path, { detail });
    }
    const answer = this.#answers.get(name) ?? this.#ask(path, name);
    const { promise: tooLate, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), this.#answerMs);
    try {
      const text = await Promise.race([answer, tooLate]);
      if (text !== undefined) return text;
    } finally {
      clearTimeout(timer);
    }
    this.#unanswered.add(name);
    return "";
  }

  #ask(path: string, name: string): Promise<string> {
    const answer = this.#readText(path).catch((error) => {
      throwUnlessGone(path, error);
      return "";
    });
    this.#answers.set(name, answer);
    answer.catch(() => {}).finally(() => {
      this.#answers.delete(name);
      this.#unanswered.delete(name);
    });
    return answer;
  }
}
