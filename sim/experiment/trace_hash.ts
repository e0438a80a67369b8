import type { Footprint } from "../footprint.ts";
import { hashOf, mix, plus } from "../hash.ts";

/** What a thing has gone through: the last step that wrote it, and those since that read it or added to it. */
interface Past {
  written: number;
  read: number;
  added: number;
}

/**
 * A number for what has happened so far, whatever the order of steps that commute: the same steps, each
 * behind the same ones that it conflicts with, give the same number (Mazurkiewicz traces). The machine is
 * in the same state then.
 */
export class TraceHash {
  /** Of all steps so far. */
  value = 0;
  readonly #pasts = new Map<string, Past>();

  /** A step has run. */
  add(key: string, footprint: Footprint): void {
    let hash = hashOf(key);
    for (const [what, access] of footprint.accesses()) {
      const past = this.#pastOf(what);
      hash = plus(hash, mix(past.written));
      // Readers commute among each other, and so do adders: neither sees its like.
      if (access !== "read") hash = plus(hash, past.read);
      if (access !== "add") hash = plus(hash, past.added);
    }
    hash = mix(hash);
    for (const [what, access] of footprint.accesses()) {
      const past = this.#pastOf(what);
      if (access === "write") {
        past.written = hash;
        past.read = 0;
        past.added = 0;
      } else if (access === "read") past.read = plus(past.read, mix(hash + 1));
      else past.added = plus(past.added, mix(hash + 2));
    }
    this.value = plus(this.value, hash);
  }

  #pastOf(what: string): Past {
    let past = this.#pasts.get(what);
    if (past === undefined) this.#pasts.set(what, past = { written: 0, read: 0, added: 0 });
    return past;
  }
}
