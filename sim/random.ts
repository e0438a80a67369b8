/**
 * A stream of chance that is a function of its seed (sfc32, Chris Doty-Humphrey, PractRand). Every
 * use of chance has a stream of its own, so that one more draw in one place leaves the others alone.
 */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Streams of one seed and different names are independent. */
  constructor(seed: number, stream = "") {
    let hash = 0x811c9dc5;
    for (let i = 0; i < stream.length; i++) {
      hash = Math.imul(hash ^ stream.charCodeAt(i), 0x01000193);
    }
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) | 0;
    this.#c = hash | 0;
    for (let i = 0; i < 15; i++) this.uint32();
  }

  /** 32 random bits. */
  uint32(): number {
    const result = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    // The bias is below bound/2^32: nothing to a schedule.
    return Math.floor(this.uint32() / 0x1_0000_0000 * bound);
  }

  /** True with the given probability; draws nothing for 0 and 1. */
  chance(probability: number): boolean {
    if (probability <= 0) return false;
    if (probability >= 1) return true;
    return this.uint32() < probability * 0x1_0000_0000;
  }

  /** One of `items`. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Random bytes, each as likely as the others. */
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.uint32() & 0xff;
    return bytes;
  }
}
