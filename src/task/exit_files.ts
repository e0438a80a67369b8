import { join } from "@std/path";
import type { Config } from "../config.ts";
import { type Context, firstOf, sleep, waitFor } from "../kernel/context.ts";
import { hasErrno, KernelError } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { DirectoryWatch } from "../kernel/files.ts";
import type { Lifetime } from "../kernel/lifetime.ts";
import type { ProcessHandle } from "../kernel/processes.ts";
import { exitDirectory, taskPaths } from "./paths.ts";
import { textOf } from "../utf8.ts";
import { shared, SharedOrderedMap } from "../kernel/shared_memory.ts";

/** A watch can lose events (man 7 inotify): look again this often, in milliseconds. */
const LOOK_AGAIN_MS = 500;
const EXIT_FILE_BYTES_MAX = 32;
const ENDED = Symbol("ended");

/**
 * The exit codes that conmons leave behind. One watch on their folder serves all waiters; it only
 * wakes them, the file is what counts.
 */
export class ExitFiles {
  readonly #waiters = new SharedOrderedMap<string, () => void>();
  @shared
  accessor #watch: DirectoryWatch | undefined;

  constructor(readonly kernel: Kernel, readonly config: Config) {}

  /** Starts watching, as long as the daemon lives. */
  async watch(life: Lifetime): Promise<void> {
    this.#watch = await this.kernel.files.watch(exitDirectory(this.config), "arrivals");
    life.own(this.#wakeWaiters(this.#watch, life)).catch(() => {});
  }

  /**
   * The exit code that conmon recorded. Init is dead already; conmon still drains its output, so the
   * file may come a little later. When conmon is gone without a file, nobody knows: undefined, as
   * when the time is up.
   */
  async codeOf(
    id: string,
    supervisor: ProcessHandle | undefined,
    context: Context,
  ): Promise<number | undefined> {
    using bounded = context.within(
      this.kernel.clock,
      this.config.bounds.exitFileMs,
      `exit file of "${id}"`,
    );
    // Who may write it still.
    let writer = supervisor;
    while (true) {
      const { promise: woken, resolve: wake } = Promise.withResolvers<void>();
      this.#waiters.set(id, wake);
      try {
        const found = await this.#look(id);
        if (found.code !== undefined) return found.code;
        if (found.isReadable && writer === undefined) return undefined;
        const first = await firstOf<unknown>(
          bounded,
          (race) => waitFor(woken, race),
          (race) => sleep(this.kernel.clock, LOOK_AGAIN_MS, race),
          (race) => endOf(writer, race),
        );
        if (first === ENDED) writer = undefined;
      } catch (error) {
        if (bounded.cause !== undefined && context.cause === undefined) return undefined;
        throw error;
      } finally {
        this.#waiters.delete(id);
      }
    }
  }

  /** A file that cannot be read now may be read later. */
  async #look(id: string): Promise<{ readonly code: number | undefined; isReadable: boolean }> {
    try {
      return { code: await this.read(id), isReadable: true };
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      return { code: undefined, isReadable: false };
    }
  }

  /** The recorded code, or undefined when there is none (yet). */
  async read(id: string): Promise<number | undefined> {
    const { exitFile } = taskPaths(this.config, id);
    let content: Uint8Array;
    try {
      content = await this.kernel.files.readFile(exitFile, EXIT_FILE_BYTES_MAX);
    } catch (error) {
      if (hasErrno(error, "ENOENT", "EFBIG")) return undefined;
      throw error;
    }
    const text = textOf(content).trim();
    const code = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
    return code <= 255 ? code : undefined;
  }

  /** Removes what conmon recorded, with the half of it that one that was killed left. Idempotent. */
  async remove(id: string): Promise<void> {
    const directory = exitDirectory(this.config);
    const names = await this.kernel.files.list(directory);
    const ours = names.filter((name) => name === id || name.startsWith(`${id}.`));
    if (ours.length === 0) return;
    await this.kernel.files.remove(...ours.map((name) => join(directory, name)));
  }

  async #wakeWaiters(watch: DirectoryWatch, context: Context): Promise<void> {
    using _watch = watch;
    while (context.cause === undefined) {
      const names = await watch.next(context);
      if (names.length === 0) { for (const wake of this.#waiters.values()) wake(); }
      for (const name of names) this.#waiters.get(name)?.();
    }
  }
}

/** Resolves when a process has ended; where that cannot be seen now, or there is none, it never does. */
function endOf(process: ProcessHandle | undefined, context: Context): Promise<typeof ENDED> {
  const never = () => new Promise<never>(() => {});
  return process === undefined ? never() : process.exited(context).then(() => ENDED, never);
}
