/** 52 bits: as many as add up exactly. */
const RANGE = 2 ** 52;
const LOW = 2 ** 26;
/** An odd number that keeps small ones apart. */
const SPREAD = 0x9e3779b1;

/** The sum, within the range. */
export function plus(a: number, b: number): number {
  return (a + b) % RANGE;
}

/** Spreads every bit over the number, in two halves (as murmur3 does, fmix32). */
export function mix(value: number): number {
  const low = fmix((value % LOW) ^ 0x9e3779b9);
  const high = fmix(Math.floor(value / LOW) ^ low);
  return (high >>> 6) * LOW + (fmix(low ^ high) >>> 6);
}

function fmix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A number for a text. */
export function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) % RANGE;
  return mix(hash);
}

/** A number for two of them, in this order. */
export function hashOfPair(one: number, other: number): number {
  return mix(plus(one, other * SPREAD));
}
