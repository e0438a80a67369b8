import { basename } from "@std/path";
import type { Config } from "../config.ts";
import { messageOf } from "../errors.ts";
import { Context, sleep } from "../kernel/context.ts";
import { hasErrno } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type ProcessIdentity, SIGKILL } from "../kernel/processes.ts";
import type { Telemetry } from "../telemetry.ts";
import { authFileContent, type RegistryAuth, type Workspace } from "./transport.ts";
import { SharedSet } from "../kernel/shared_memory.ts";

/** The room that one transport works in. Disposing it removes everything that was left in it. */
export interface Ingest extends Workspace, AsyncDisposable {
  readonly id: string;
}

/** Hands out rooms for transports, and clears those that an earlier life left. */
export class Ingests {
  readonly #kernel: Kernel;
  readonly #telemetry: Telemetry;
  readonly #root: string;
  readonly #authRoot: string;
  readonly #helpers: readonly string[];
  readonly #killMs: number;
  readonly #open = new SharedSet<string>();
  /** What could not be removed. */
  readonly #left = new SharedSet<string>();
  /** Helpers of an earlier life that could not be ended: they fill rooms that are gone. */
  readonly #stray = new SharedSet<ProcessIdentity>();

  constructor(kernel: Kernel, telemetry: Telemetry, config: Config) {
    this.#kernel = kernel;
    this.#telemetry = telemetry;
    this.#root = `${config.root}/ingest`;
    this.#authRoot = `${config.state}/auth`;
    this.#helpers = [basename(config.images.skopeo), "tar"];
    this.#killMs = config.bounds.killMs;
  }

  /**
   * Ends the helpers that an earlier life left: they would go on to write after `collect`. They are known
   * by what they are and by the room that their arguments name. Comes first in every life.
   */
  async recover(): Promise<void> {
    await this.#kernel.files.mkdir(this.#root, 0o700);
    await this.#kernel.files.mkdir(this.#authRoot, 0o700);
    for (const entry of await this.#kernel.processes.list()) {
      const [program = "", ...args] = entry.args;
      const isOurs = this.#helpers.includes(basename(program)) &&
        args.some((it) => it.includes(`${this.#root}/`));
      if (isOurs) this.#stray.add(entry);
    }
    await this.#endStray();
  }

  async #endStray(): Promise<void> {
    using bounded = Context.background().within(this.#kernel.clock, this.#killMs, "helpers' end");
    for (const identity of [...this.#stray]) await this.#end(identity, bounded);
  }

  /** One that does not die is ended later: it can do no worse meanwhile than fill a folder. */
  async #end(identity: ProcessIdentity, context: Context): Promise<void> {
    try {
      using handle = await this.#kernel.processes.open(identity);
      await handle.signal(SIGKILL);
      await handle.exited(context);
      this.#stray.delete(identity);
    } catch (error) {
      if (hasErrno(error, "ESRCH")) return void this.#stray.delete(identity);
      const attributes = { pid: identity.pid, error: messageOf(error) };
      this.#telemetry.log("warn", "cannot end a helper of an earlier life", attributes);
    }
  }

  /** @throws {KernelError} ENOSPC and the like; then nothing is left. */
  async open(registry: string, auth: RegistryAuth | undefined): Promise<Ingest> {
    const content = authFileContent(registry, auth);
    const bytes = [...this.#kernel.random.bytes(8)];
    const id = bytes.map((it) => it.toString(16).padStart(2, "0")).join("");
    const directory = `${this.#root}/${id}`;
    // In a folder of its own, which goes with all that a failed write leaves.
    const authDirectory = `${this.#authRoot}/${id}`;
    const authFile = `${authDirectory}/auth.json`;
    this.#open.add(id);
    const close = () => this.#close(id);
    await using undo = new AsyncDisposableStack();
    undo.defer(close);
    await this.#kernel.files.mkdir(directory, 0o700);
    await this.#kernel.files.mkdir(authDirectory, 0o700);
    await this.#kernel.files.writeFile(authFile, content, 0o600);
    undo.move();
    return { id, directory, authFile, [Symbol.asyncDispose]: close };
  }

  /** Removes what no running transport works in. What cannot be removed is logged. */
  async collect(): Promise<void> {
    for (const root of [this.#root, this.#authRoot]) {
      for (const name of await this.#kernel.files.list(root)) {
        if (!this.#open.has(name)) await this.#remove(`${root}/${name}`);
      }
    }
  }

  /** Tries once more to end helpers of an earlier life, and to remove what transports left. */
  async clear(): Promise<void> {
    if (this.#stray.size > 0) {
      await this.#endStray();
      await this.collect();
    }
    for (const path of [...this.#left]) await this.#remove(path, 1);
  }

  async #close(id: string): Promise<void> {
    await this.#remove(`${this.#authRoot}/${id}`);
    await this.#remove(`${this.#root}/${id}`);
    this.#open.delete(id);
  }

  /** A program that was killed may still write while it dies, so that a folder fills up again. */
  async #remove(path: string, triesMax: number = REMOVE_TRIES): Promise<void> {
    for (let tries = 1;; tries++) {
      try {
        await this.#kernel.files.remove(path);
        return void this.#left.delete(path);
      } catch (error) {
        if (tries === triesMax) {
          this.#left.add(path);
          const attributes = { path, error: messageOf(error) };
          this.#telemetry.log("warn", "cannot remove what a transport left", attributes);
          return;
        }
        await sleep(this.#kernel.clock, REMOVE_PAUSE_MS, Context.background());
      }
    }
  }
}

const REMOVE_TRIES = 5;
const REMOVE_PAUSE_MS = 100;
