import type { Access, Footprint } from "../footprint.ts";

/** How a thing was used so far: the last step that wrote it, and those since that did not. */
interface Uses {
  written: number;
  shared: { readonly step: number; readonly access: Access }[];
}

/**
 * Two steps that conflict, with nothing in between that the one is before and the other behind, and that
 * could come in the other order: the earlier one did not make the call that the later one is a part of.
 */
export interface Race {
  readonly earlier: number;
  readonly later: number;
}

/**
 * Which steps of a run must come before which, however those are ordered that commute: the transitive
 * closure of "conflicts with an earlier one". Steps are known by their place in the run.
 */
export class HappensBefore {
  readonly #uses = new Map<string, Uses>();
  /** For each step the set of those before it. */
  readonly #before: Bits[] = [];

  /** Adds the next step; returns its races with earlier ones, the latest first. */
  add(footprint: Footprint): readonly Race[] {
    const maker = this.#uses.get(footprint.call ?? "")?.written;
    const conflicting = this.#conflicting(footprint);
    this.#use(this.#before.length, footprint);
    return this.#addBehind(conflicting).filter(({ earlier }) => earlier !== maker);
  }

  /** A step that conflicts with every other one; returns its races. */
  addBarrier(): readonly Race[] {
    return this.#addBehind([...this.#before.keys()].reverse());
  }

  /** Whether one must come before the other. */
  precedes(earlier: number, later: number): boolean {
    return this.#before[later]?.has(earlier) ?? false;
  }

  /** Adds a step behind some, the latest first; returns those of them with nothing in between. */
  #addBehind(conflicting: readonly number[]): readonly Race[] {
    const later = this.#before.length;
    const races: Race[] = [];
    const before = new Bits(later + 1);
    for (const earlier of conflicting) {
      if (before.has(earlier)) continue;
      races.push({ earlier, later });
      before.add(earlier);
      before.addAll(this.#before[earlier] as Bits);
    }
    this.#before.push(before);
    return races;
  }

  /** Earlier steps that a footprint conflicts with directly, the latest first. */
  #conflicting(footprint: Footprint): number[] {
    const found = new Set<number>();
    for (const [what, access] of footprint.accesses()) {
      const uses = this.#uses.get(what);
      if (uses === undefined) continue;
      if (uses.written >= 0) found.add(uses.written);
      for (const it of uses.shared) {
        if (access === "write" || access !== it.access) found.add(it.step);
      }
    }
    return [...found].sort((a, b) => b - a);
  }

  #use(step: number, footprint: Footprint): void {
    for (const [what, access] of footprint.accesses()) {
      const uses = this.#uses.get(what);
      if (access === "write") this.#uses.set(what, { written: step, shared: [] });
      else if (uses === undefined) {
        this.#uses.set(what, { written: -1, shared: [{ step, access }] });
      } else uses.shared.push({ step, access });
    }
  }
}

/** A set of small numbers. */
class Bits {
  readonly #words: Uint32Array;

  constructor(size: number) {
    this.#words = new Uint32Array((size + 31) >>> 5);
  }

  has(number: number): boolean {
    return ((this.#words[number >>> 5] ?? 0) >>> (number & 31) & 1) === 1;
  }

  add(number: number): void {
    const word = number >>> 5;
    this.#words[word] = (this.#words[word] ?? 0) | 1 << (number & 31);
  }

  addAll(others: Bits): void {
    others.#words.forEach((word, index) => {
      this.#words[index] = (this.#words[index] ?? 0) | word;
    });
  }
}
