import type { Random } from "../kernel/random.ts";

const ID_BYTES = 32;
/** What each byte is in hexadecimal. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** A new id of a container or sandbox: 64 hexadecimal digits of chance. */
export function newId(random: Random): string {
  let id = "";
  for (const byte of random.bytes(ID_BYTES)) id += HEX[byte];
  return id;
}

/** Ids name files, cgroups and processes' arguments: one from the disk must look like one of ours. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
