import { assert } from "@std/assert";

/**
 * How a step uses a thing. Two steps commute when whatever both use both only read, or both only add
 * to: members of a set come in either order.
 */
export type Access = "read" | "add" | "write";

/**
 * What one step has touched. Things go by names, so that footprints of different runs can be compared:
 * names follow from what had happened before, which is the same in both up to where they part.
 */
export class Footprint {
  readonly #accesses = new Map<string, Access>();

  /** Notes that the step uses a thing. */
  touch(name: string, access: Access): void {
    const before = this.#accesses.get(name);
    if (before === undefined) this.#accesses.set(name, access);
    else if (before !== access) this.#accesses.set(name, "write");
  }

  /** Everything that was touched, and how. */
  accesses(): Iterable<readonly [string, Access]> {
    return this.#accesses;
  }

  /** Whether it may matter which of two steps comes first. */
  conflictsWith(other: Footprint): boolean {
    const [few, many] = this.#accesses.size <= other.#accesses.size ? [this, other] : [other, this];
    for (const [name, access] of few.#accesses) {
      const theirs = many.#accesses.get(name);
      if (theirs !== undefined && (access === "write" || access !== theirs)) return true;
    }
    return false;
  }
}

/** Where footprints go. */
class Footprints {
  /** Of the present step; undefined: nobody wants it, and no name need be made. */
  present: Footprint | undefined;
  #count = 0;

  /** Numbers what has no number of its own, in the order in which it comes to be. */
  nextNumber(): number {
    return ++this.#count;
  }

  /** The footprint of the step that has just come to rest. */
  take(): Footprint {
    const { present } = this;
    assert(present !== undefined, "No step has run whose footprint was wanted");
    this.present = undefined;
    return present;
  }

  /** A simulation begins: the same run gives the same numbers. */
  restart(): void {
    this.present = undefined;
    this.#count = 0;
  }
}

/** Steps run one at a time, also those of several simulations. */
export const footprints: Footprints = new Footprints();
