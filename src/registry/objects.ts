import { RuntimeError } from "../errors.ts";
import { SharedOrderedMap } from "../kernel/shared_memory.ts";

/** Objects by id. Clients may shorten an id to any prefix that is unique. */
export class ObjectRegistry<T extends { readonly id: string }> {
  readonly #byId = new SharedOrderedMap<string, T>();

  /** @internal A runtime has its own. */
  constructor(
    /** What the objects are called in errors: "container", "sandbox". */
    readonly kind: string,
  ) {}

  /**
   * @internal Makes an object visible.
   *
   * @throws {RuntimeError} ALREADY_EXISTS.
   */
  add(object: T): void {
    if (this.#byId.has(object.id)) {
      throw new RuntimeError("ALREADY_EXISTS", `${this.kind} "${object.id}" already exists`);
    }
    this.#byId.set(object.id, object);
  }

  /** @internal Makes an object invisible; absent is fine. */
  delete(id: string): void {
    this.#byId.delete(id);
  }

  /** The object with exactly this id. */
  get(id: string): T | undefined {
    return this.#byId.get(id);
  }

  /**
   * The object that `prefix` stands for.
   *
   * @throws {RuntimeError} NOT_FOUND; INVALID_ARGUMENT when it stands for several, or is empty.
   */
  find(prefix: string): T {
    const found = this.findIfPresent(prefix);
    if (found === undefined) {
      throw new RuntimeError("NOT_FOUND", `${this.kind} "${prefix}" not found`);
    }
    return found;
  }

  /**
   * As `find`, but undefined when there is none: for operations that take absence for success.
   *
   * @throws {RuntimeError} INVALID_ARGUMENT when `prefix` stands for several, or is empty.
   */
  findIfPresent(prefix: string): T | undefined {
    const exact = this.#byId.get(prefix);
    if (exact !== undefined) return exact;
    if (prefix === "") {
      throw new RuntimeError("INVALID_ARGUMENT", `${this.kind} id must not be empty`);
    }
    let found: T | undefined;
    for (const [id, object] of this.#byId) {
      if (!id.startsWith(prefix)) continue;
      if (found !== undefined) {
        throw new RuntimeError("INVALID_ARGUMENT", `${this.kind} id "${prefix}" is ambiguous`);
      }
      found = object;
    }
    return found;
  }

  /** Every object, oldest first. */
  values(): IterableIterator<T> {
    return this.#byId.values();
  }

  /** How many there are, in whatever state. */
  get size(): number {
    return this.#byId.size;
  }
}
