import { assert } from "@std/assert";
import { hashOfPair } from "./hash.ts";

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
  #changed: Set<string> | undefined;
  /** The call that it is a part of: whoever used that before has made the step possible. */
  call: string | undefined;

  /** Notes that the step uses a thing. */
  touch(name: string, access: Access): void {
    const before = this.#accesses.get(name);
    if (before === undefined) this.#accesses.set(name, access);
    else if (before !== access) this.#accesses.set(name, "write");
  }

  /**
   * Notes that from now on others touch a thing in another way than they would have: who is the last of
   * several does what none of the others did.
   */
  change(name: string): void {
    (this.#changed ??= new Set()).add(name);
  }

  /** Everything that was touched, and how. */
  accesses(): Iterable<readonly [string, Access]> {
    return this.#accesses;
  }

  /** Whether it may matter which of two steps comes first, or what one of them does is other then. */
  conflictsWith(other: Footprint): boolean {
    if (this.#changes(other) || other.#changes(this)) return true;
    const [few, many] = this.#accesses.size <= other.#accesses.size ? [this, other] : [other, this];
    for (const [name, access] of few.#accesses) {
      const theirs = many.#accesses.get(name);
      if (theirs !== undefined && (access === "write" || access !== theirs)) return true;
    }
    return false;
  }

  #changes(other: Footprint): boolean {
    if (this.#changed === undefined) return false;
    for (const name of this.#changed) if (other.#accesses.has(name)) return true;
    return false;
  }
}

/** A piece of code that runs without a pause, and what it has brought into being so far. */
export interface Frame {
  /** What it is in all runs that differ only in the order of steps that commute. */
  readonly name: number;
  /** How much it has brought into being. */
  count: number;
}

/** Where footprints go, and where names come from that mean the same in different runs. */
class Footprints {
  /** Of the present step; undefined: nobody wants it, and no name need be made. */
  present: Footprint | undefined;
  /** Counts the steps that were told of. */
  step = 0;
  #frame: Frame | undefined;
  /** Of what is done between steps. */
  #outside: Frame | undefined;
  #count = 0;

  /**
   * A number that stands for what comes to be now. As long as frames are told of it is the same in all runs
   * that differ only in the order of steps that commute.
   */
  newName(): number {
    const frame = this.#frame;
    return frame === undefined ? ++this.#count : hashOfPair(frame.name, ++frame.count);
  }

  /** Whether frames are told of. */
  get areNamesLasting(): boolean {
    return this.#frame !== undefined;
  }

  /** Tells of frames from now on, until the next simulation begins. */
  makeNamesLast(): void {
    this.#frame = this.#outside = { name: 0, count: 0 };
  }

  /** From now on this code runs: a call that is answered, or what waited for a promise. */
  frameBegins(frame: Frame): void {
    this.#frame = frame;
  }

  /** A step begins whose code is named so. */
  stepBegins(name: number): void {
    this.step++;
    this.#frame = { name, count: 0 };
  }

  /** All code has come to rest. */
  stepEnds(): void {
    this.#frame = this.#outside;
  }

  /** Does `work`, of which no footprint is to tell. */
  unseen<T>(work: () => T): T {
    const { present } = this;
    if (present === undefined) return work();
    this.present = undefined;
    try {
      return work();
    } finally {
      this.present = present;
    }
  }

  /** The footprint of the step that has just come to rest. */
  take(): Footprint {
    const { present } = this;
    assert(present !== undefined, "No step has run whose footprint was wanted");
    this.present = undefined;
    return present;
  }

  /** A simulation begins: the same run gives the same names. */
  restart(): void {
    this.present = undefined;
    this.#frame = this.#outside = undefined;
    this.#count = 0;
  }
}

/** Steps run one at a time, also those of several simulations. */
export const footprints: Footprints = new Footprints();
