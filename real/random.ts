import type { Random } from "../src/kernel/random.ts";

/** What one call of getRandomValues gives at most. */
const BYTES_MAX = 65_536;

export const linuxRandom: Random = {
  bytes(length) {
    const bytes = new Uint8Array(length);
    for (let start = 0; start < length; start += BYTES_MAX) {
      crypto.getRandomValues(bytes.subarray(start, start + BYTES_MAX));
    }
    return bytes;
  },
};
