import { isBug } from "../src/bug.ts";
import { Context } from "../src/kernel/context.ts";
import { KernelError } from "../src/kernel/errno.ts";
import {
  type ChildProcess,
  type Processes,
  type ProcessIdentity,
  SIGKILL,
} from "../src/kernel/processes.ts";
import { hasSucceeded } from "../src/kernel/run.ts";
import { linuxClock } from "./clock.ts";
import { InheritedSettings, type Settings } from "./inherited_settings.ts";
import { O, openFd, owned } from "./libc.ts";
import { statOf } from "./proc.ts";
import { Quiet } from "./quiet.ts";

/** Pods that come and go need the processors themselves, and most of all between two calls of a client's. */
const QUIET_MS = 150;
/** A shell that does not take a name in this time was stopped, or hangs. */
const NAMING_MS_MAX = 1_000;
const NAME = 3;
const READY = 4;
const OUTPUT_BYTES_MAX = 4096;
/** Says that it is there, and takes the name that it gets: it ends without one when the daemon does. */
const HOLD = 'echo >&4; exec 4>&-; IFS= read -r name <&3 || exit 0; printf %s "$name" > ' +
  "/proc/sys/kernel/hostname";
/** What a shell reads from a line as it is. */
const PLAIN_NAME = /^[\w.-]+$/;

/** What spares ask of their host. Whatever is not given is Linux's, or as for a daemon. */
export interface SpareOptions {
  /** For how long no program has been started, in milliseconds. */
  idleMs(): number;
  /** For how long there must have been none, and no pod, before spares are made, in milliseconds. */
  readonly quietMs?: number;
  /** How long a name may take, in milliseconds. */
  readonly namingMsMax?: number;
  /** What new namespaces start with. They are these spares', and disposed of with them. */
  readonly settings?: Settings;
}

/** Namespaces that nobody but us holds. Disposing it lets go of them. */
export interface Spare extends Disposable {
  /** Open descriptors, in the order of the kinds that were asked for. */
  readonly namespaces: readonly OpenNamespace[];
}

type OpenNamespace = ReturnType<typeof owned>;

interface Held extends Spare {
  readonly kinds: string;
  readonly settings: string;
  /** Waits in the uts namespace for its name; undefined where there is none of that kind. */
  readonly shell: ChildProcess | undefined;
}

/**
 * Namespaces of the kinds that the last pod had, made ahead for the next one: to make them takes two programs,
 * one after the other, which is most of RunPodSandbox on the host's network.
 *
 * Descriptors of this process hold them, and a shell that reads a pipe of ours where they are to be named. So
 * whatever ends the daemon ends both, and there is nothing to record or to recover. Whenever a spare is not
 * exactly what would be made now, or cannot be had, there is none: namespaces are made when they are needed.
 */
export class SpareNamespaces implements Disposable {
  readonly #spawn: Processes["spawn"];
  readonly #quiet: Quiet;
  readonly #namingMsMax: number;
  readonly #settings: Settings;
  #held: Held | undefined;
  #making: Promise<void> | undefined;
  #isDisposed = false;

  /** @param spawn takes no place among programs that start, as a shell may wait for long */
  constructor(spawn: Processes["spawn"], options: SpareOptions) {
    this.#spawn = spawn;
    const quietMs = options.quietMs ?? QUIET_MS;
    this.#quiet = new Quiet(linuxClock, { idleMs: () => options.idleMs(), quietMs });
    this.#namingMsMax = options.namingMsMax ?? NAMING_MS_MAX;
    this.#settings = options.settings ?? new InheritedSettings();
  }

  /**
   * Namespaces of exactly these kinds, the caller's from now on; undefined when there are none.
   *
   * @param hostname set in the uts namespace, if there is one among the kinds
   */
  async take(kinds: readonly string[], hostname: string): Promise<Spare | undefined> {
    const held = this.#held;
    if (held?.kinds !== kinds.join()) return undefined;
    if (held.shell !== undefined && !PLAIN_NAME.test(hostname)) return undefined;
    this.#held = undefined;
    try {
      const naming = held.shell === undefined ? undefined : this.#name(held.shell, hostname);
      // Nobody awaits it when what the daemon does meanwhile throws.
      naming?.catch(() => {});
      const isCurrent = this.#settings.of(kinds) === held.settings;
      await naming;
      if (isCurrent) return held;
    } catch (error) {
      // Somebody has killed or stopped the shell; or nothing more can be opened.
      if (isBug(error)) throw error;
    }
    held[Symbol.dispose]();
    return undefined;
  }

  /**
   * Makes some of these kinds once it has been quiet for a while, in place of those that are there. Resolves when
   * they are there or never will be.
   */
  async prepare(kinds: readonly string[]): Promise<void> {
    // Another pod, or the end of this daemon, may come first.
    if (this.#isDisposed || !await this.#quiet.come()) return;
    // One that hangs is not followed by more of them.
    this.#making ??= this.#make(kinds).finally(() => this.#making = undefined);
    await this.#making;
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#quiet[Symbol.dispose]();
    this.#release();
    this.#settings[Symbol.dispose]();
  }

  /** @throws {KernelError} EPIPE when it is gone. @throws {RuntimeError} DEADLINE_EXCEEDED. */
  async #name(shell: ChildProcess, hostname: string): Promise<void> {
    using bounded = Context.background().within(linuxClock, this.#namingMsMax, "hostname");
    await shell.writePipe(NAME, `${hostname}\n`);
    const status = await shell.exited(bounded);
    if (!hasSucceeded({ status })) throw new KernelError("pin", "ESRCH", "hostname");
  }

  async #make(kinds: readonly string[]): Promise<void> {
    try {
      const held = this.#held;
      if (held?.kinds === kinds.join() && held.settings === this.#settings.of(kinds)) return;
      this.#release();
      const made = await this.#hold(kinds);
      if (this.#isDisposed) made?.[Symbol.dispose]();
      else this.#held = made;
    } catch (error) {
      // No more processes, descriptors or namespaces are to be had.
      if (isBug(error)) throw error;
    }
  }

  /** Undefined where they cannot be made. @throws {KernelError} EAGAIN, EMFILE and the like. */
  async #hold(kinds: readonly string[]): Promise<Held | undefined> {
    // Before they are made: those that change meanwhile are not theirs.
    const settings = this.#settings.of(kinds);
    if (settings === undefined) return undefined;
    const args = [...kinds.map((kind) => `--${kind}`), "--", "sh", "-c", HOLD];
    const command = { program: "unshare", args, env: { LC_ALL: "C" } };
    const pipes = { childReads: [NAME], childWrites: [READY] };
    using undo = new DisposableStack();
    const shell = await this.#spawn(command, { outputBytesMax: OUTPUT_BYTES_MAX, ...pipes });
    undo.defer(() => end(shell));
    if (this.#isDisposed) return undefined;
    if (await shell.readPipeLine(READY, Context.background()) === "") return undefined;
    const namespaces = kinds.map((kind) => undo.use(openNamespace(shell.identity, kind)));
    // After the open: what is open is the namespace of whoever had the pid then, and still has it.
    if (statOf(shell.identity.pid)?.startTime !== shell.identity.startTime) return undefined;
    const hasName = kinds.includes("uts");
    // What is open needs no process.
    if (!hasName) end(shell);
    const owners = undo.move();
    return {
      kinds: kinds.join(),
      settings,
      namespaces,
      shell: hasName ? shell : undefined,
      [Symbol.dispose]: () => owners.dispose(),
    };
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    held?.[Symbol.dispose]();
  }
}

/** Ends a shell, which may have ended already. */
function end(shell: ChildProcess): void {
  shell.signal(SIGKILL).catch(() => {});
  shell[Symbol.dispose]();
}

/** @throws {KernelError} ENOENT when the process has ended: a zombie has none. */
function openNamespace({ pid }: ProcessIdentity, kind: string): OpenNamespace {
  return owned(openFd("pin", `/proc/${pid}/ns/${kind}`, O.RDONLY));
}
