import { RuntimeError } from "../errors.ts";
import { SharedOrderedMap } from "../kernel/shared_memory.ts";

/**
 * Which id a name stands for; never two ids for one name. Lives in memory: recovery fills it from the
 * records. Reserving is synchronous, hence atomic.
 */
export class NameRegistry {
  readonly #idOf = new SharedOrderedMap<string, string>();

  /**
   * Reserves `name` for `id`; again for the same id is fine.
   *
   * @throws {RuntimeError} ALREADY_EXISTS when it stands for another id.
   */
  reserve(name: string, id: string): void {
    const holder = this.#idOf.get(name);
    if (holder !== undefined && holder !== id) {
      throw new RuntimeError("ALREADY_EXISTS", `name "${name}" is reserved for "${holder}"`);
    }
    this.#idOf.set(name, id);
  }

  /** Gives a name back; one that `id` does not hold stays as it is. */
  release(name: string, id: string): void {
    if (this.#idOf.get(name) === id) this.#idOf.delete(name);
  }

  /** Every reservation, for oracles and debug output. */
  entries(): ReadonlyMap<string, string> {
    return this.#idOf;
  }
}
