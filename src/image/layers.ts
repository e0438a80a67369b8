import { assert } from "@std/assert";
import { messageOf, RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import { waitFor } from "../kernel/context.ts";
import type { DiskUsage } from "../kernel/files.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Telemetry } from "../telemetry.ts";
import { SharedMap, SharedSet } from "../kernel/shared_memory.ts";

/**
 * Unpacked layers, one directory each, shared by all images and containers that have them. A layer
 * stays as long as somebody holds it; `collect` removes the others.
 *
 * A layer on disk counts only once it is known to be whole: unpacked in this life of the daemon, or held
 * by a record that was committed after it was synced.
 */
export class Layers {
  readonly #kernel: Kernel;
  readonly #telemetry: Telemetry;
  readonly #root: string;
  /** Whole layers, by directory name. */
  readonly #present = new SharedSet<string>();
  readonly #unsynced = new SharedSet<string>();
  /** What an earlier life left: whole if a record holds it. */
  readonly #recovered = new SharedSet<string>();
  /** Half removed, or moved here for all we know. */
  readonly #strays = new SharedSet<string>();
  /** Being unpacked or removed; settles when that is over, whatever came of it. */
  readonly #busy = new SharedMap<string, Promise<void>>();
  readonly #holds = new SharedMap<string, readonly string[]>();
  /** How many hold a directory, and for which layer. */
  readonly #held = new SharedMap<string, { readonly diffId: string; readonly count: number }>();
  readonly #usage = new SharedMap<string, DiskUsage>();

  constructor(kernel: Kernel, telemetry: Telemetry, root: string) {
    this.#kernel = kernel;
    this.#telemetry = telemetry;
    this.#root = root;
  }

  /** Looks at what an earlier life left; what is not adopted goes with the first `collect`. */
  async recover(): Promise<void> {
    await this.#kernel.files.mkdir(this.#root, 0o700);
    for (const name of await this.#kernel.files.list(this.#root)) this.#recovered.add(name);
  }

  /** The directory of a layer, whether it is there or not. */
  path(diffId: string): string {
    return `${this.#root}/${nameOf(diffId)}`;
  }

  /** Whether a whole layer is there. */
  has(diffId: string): boolean {
    return this.#present.has(nameOf(diffId));
  }

  /**
   * Holds layers for `holder`, there or not, until it lets go; what it held before it holds no more.
   * Synchronous, so that no removal can come between.
   *
   * @throws {RuntimeError} INTERNAL when two layers would share a directory.
   */
  hold(holder: string, diffIds: readonly string[]): void {
    const names = diffIds.map(nameOf);
    for (const [index, name] of names.entries()) {
      const other = this.#held.get(name)?.diffId;
      if (other !== undefined && other !== diffIds[index]) {
        throw new RuntimeError(
          "INTERNAL",
          `Cannot keep layer ${diffIds[index]}: ${other} is there`,
        );
      }
    }
    for (const [index, name] of names.entries()) {
      const held = this.#held.get(name);
      this.#held.set(name, { diffId: diffIds[index] ?? "", count: (held?.count ?? 0) + 1 });
    }
    this.letGo(holder);
    this.#holds.set(holder, names);
  }

  /** Ends a hold; none is fine. What nobody holds any more goes with the next `collect`. */
  letGo(holder: string): void {
    for (const name of this.#holds.get(holder) ?? []) {
      const held = this.#held.get(name);
      assert(held !== undefined, `Layer ${name} was held`);
      if (held.count === 1) this.#held.delete(name);
      else this.#held.set(name, { ...held, count: held.count - 1 });
    }
    this.#holds.delete(holder);
  }

  /** Takes a held layer that an earlier life left for whole; returns whether it is there. */
  adopt(diffId: string): boolean {
    const name = nameOf(diffId);
    assert(this.#held.has(name), "A layer is held before it is adopted");
    if (this.#recovered.delete(name)) this.#present.add(name);
    return this.#present.has(name);
  }

  /**
   * Makes a held layer be there, unpacked once however many want it: `unpack` makes it in a new
   * directory and returns that, which is then moved into place.
   *
   * @throws {RuntimeError} the context's cause, or what `unpack` throws; then nothing has changed.
   */
  async ensure(diffId: string, unpack: () => Promise<string>, context: Context): Promise<void> {
    const name = nameOf(diffId);
    assert(this.#held.has(name), "A layer is held before it is unpacked");
    for (let busy; (busy = this.#busy.get(name)) !== undefined;) await waitFor(busy, context);
    if (this.#present.has(name)) return;
    await this.#exclusively(name, async () => {
      if (this.#recovered.delete(name) || this.#strays.has(name)) await this.#remove(name);
      const directory = await unpack();
      // Should the move fail, nobody knows whether it has been made.
      this.#strays.add(name);
      await this.#kernel.files.rename(directory, `${this.#root}/${name}`);
      this.#strays.delete(name);
      this.#present.add(name);
      this.#unsynced.add(name);
    });
  }

  /** Makes every layer durable that is there. @throws {KernelError} EIO, ENOSPC. */
  async sync(): Promise<void> {
    const names = [...this.#unsynced];
    if (names.length === 0) return;
    await this.#kernel.files.syncFileSystem(this.#root);
    for (const name of names) this.#unsynced.delete(name);
  }

  /** Removes what nobody holds. What cannot be removed is logged and tried again the next time. */
  async collect(): Promise<void> {
    for (const name of [...this.#strays, ...this.#recovered, ...this.#present]) {
      // Looked at anew each time: meanwhile somebody may have taken hold of it.
      if (this.#held.has(name) || this.#busy.has(name)) continue;
      const isThere = this.#present.delete(name) || this.#recovered.delete(name);
      if (!isThere && !this.#strays.has(name)) continue;
      this.#strays.add(name);
      await this.#exclusively(name, () => this.#remove(name)).catch((error) => {
        const attributes = { layer: name, error: messageOf(error) };
        this.#telemetry.log("warn", "cannot remove unused layer", attributes);
      });
    }
  }

  /** Disk usage of all layers; each is measured once. */
  async usage(): Promise<DiskUsage> {
    let total: DiskUsage = { bytes: 0, inodes: 0 };
    for (const name of [...this.#present]) {
      let usage = this.#usage.get(name);
      if (usage === undefined && this.#present.has(name)) {
        usage = await this.#kernel.files.usage(`${this.#root}/${name}`);
        if (this.#present.has(name)) this.#usage.set(name, usage);
      }
      if (usage === undefined) continue;
      total = { bytes: total.bytes + usage.bytes, inodes: total.inodes + usage.inodes };
    }
    return total;
  }

  /** Claims the directory at once and gives it back when `work` is over. */
  async #exclusively(name: string, work: () => Promise<void>): Promise<void> {
    assert(!this.#busy.has(name), `Layer ${name} is not busy`);
    const result = work();
    const over = result.catch(() => {}).then(() => {
      this.#busy.delete(name);
    });
    this.#busy.set(name, over);
    await over;
    await result;
  }

  async #remove(name: string): Promise<void> {
    await this.#kernel.files.remove(`${this.#root}/${name}`);
    this.#strays.delete(name);
    this.#unsynced.delete(name);
    this.#usage.delete(name);
  }
}

/**
 * Short, since the names of all layers of an image have to fit into one page of mount options; two
 * layers with one name are told apart while they are held.
 */
const NAME_LENGTH = 20;

function nameOf(diffId: string): string {
  return diffId.slice("sha256:".length).slice(0, NAME_LENGTH);
}
