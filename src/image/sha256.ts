/**
 * SHA-256 (FIPS 180-4) as lower-case hexadecimal digits. For manifests and configurations, which are
 * small: the platform's own is asynchronous, and none of the core's. Layers are hashed by skopeo.
 */
export function sha256(content: Uint8Array): string {
  const padded = pad(content);
  const view = new DataView(padded.buffer);
  const state = new Uint32Array(INITIAL);
  const schedule = new Uint32Array(64);
  for (let offset = 0; offset < padded.length; offset += 64) {
    for (let i = 0; i < 16; i++) schedule[i] = view.getUint32(offset + 4 * i);
    compress(state, schedule);
  }
  return [...state].map((word) => word.toString(16).padStart(8, "0")).join("");
}

/** A one bit, zeros, and the length in bits, up to a multiple of 64 bytes. */
function pad(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array((content.length + 9 + 63) & ~63);
  padded.set(content);
  padded[content.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(content.length) * 8n);
  return padded;
}

function compress(state: Uint32Array, w: Uint32Array): void {
  for (let i = 16; i < 64; i++) {
    const a = at(w, i - 15);
    const b = at(w, i - 2);
    const low = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const high = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    w[i] = (at(w, i - 16) + low + at(w, i - 7) + high) | 0;
  }
  const s = new Uint32Array(state);
  for (let i = 0; i < 64; i++) {
    const [a, b, c, e, f, g] = [at(s, 0), at(s, 1), at(s, 2), at(s, 4), at(s, 5), at(s, 6)];
    const high = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (at(s, 7) + high + choice + at(ROUND, i) + at(w, i)) | 0;
    const low = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    s.copyWithin(1, 0, 7);
    s[4] = (at(s, 4) + first) | 0;
    s[0] = (first + low + majority) | 0;
  }
  for (let i = 0; i < 8; i++) state[i] = (at(state, i) + at(s, i)) | 0;
}

function at(words: Uint32Array, index: number): number {
  return words[index] as number;
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** The first 32 bits behind the point of a root of each of the first primes. */
function roots(count: number, root: (n: number) => number): Uint32Array {
  const words: number[] = [];
  for (let n = 2; words.length < count; n++) {
    const isPrime = Array.from({ length: n - 2 }, (_, i) => i + 2).every((it) => n % it !== 0);
    if (isPrime) words.push(Math.floor((root(n) % 1) * 0x1_0000_0000));
  }
  return new Uint32Array(words);
}

const INITIAL = roots(8, Math.sqrt);
const ROUND = roots(64, Math.cbrt);
