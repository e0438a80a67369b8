import { joined } from "../../../src/bytes.ts";

/** One member of an archive. */
export interface Member {
  readonly name: string;
  readonly kind: "file" | "hardlink" | "symlink" | "device" | "directory";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly content: Uint8Array;
  /** Of links. */
  readonly target: string;
  /** "major:minor" of a device. */
  readonly device: string;
}

const BLOCK = 512;
const KINDS: Readonly<Record<string, Member["kind"]>> = {
  "0": "file",
  "\0": "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "device",
  "5": "directory",
};
const LONG_NAME = "L";
/** Attributes for the next member, which the simulated file system does not have. */
const ATTRIBUTES = "x";

/** Reads a tar archive (POSIX ustar, with GNU's long names); undefined when it is none. */
export function readArchive(bytes: Uint8Array): readonly Member[] | undefined {
  const members: Member[] = [];
  let longName: string | undefined;
  for (let offset = 0; offset + BLOCK <= bytes.length;) {
    const block = bytes.subarray(offset, offset + BLOCK);
    if (block[0] === 0) return members;
    if (textAt(block, 257, 5) !== "ustar") return undefined;
    const size = numberAt(block, 124, 12);
    const content = bytes.slice(offset + BLOCK, offset + BLOCK + size);
    offset += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(block[156] ?? 0);
    if (type === LONG_NAME) longName = textAt(content, 0, content.length);
    if (type === LONG_NAME || type === ATTRIBUTES) continue;
    const kind = KINDS[type];
    if (kind === undefined) return undefined;
    members.push({
      name: longName ?? textAt(block, 0, 100),
      kind,
      mode: numberAt(block, 100, 8),
      uid: numberAt(block, 108, 8),
      gid: numberAt(block, 116, 8),
      content,
      target: textAt(block, 157, 100),
      device: `${numberAt(block, 329, 8)}:${numberAt(block, 337, 8)}`,
    });
    longName = undefined;
  }
  return bytes.length === 0 ? undefined : members;
}

/** Packs directories (names with a slash at the end) and plain files of root. */
export function packArchive(files: Readonly<Record<string, string>>): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const [name, text] of Object.entries(files)) {
    const content = new TextEncoder().encode(text);
    const isDirectory = name.endsWith("/");
    const block = new Uint8Array(BLOCK);
    const put = (offset: number, value: string) =>
      block.set(new TextEncoder().encode(value), offset);
    const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
    put(0, name);
    put(100, octal(isDirectory || text.startsWith("\x7fELF") ? 0o755 : 0o644, 7));
    put(108, octal(0, 7));
    put(116, octal(0, 7));
    put(124, octal(content.length, 11));
    put(136, octal(0, 11));
    put(156, isDirectory ? "5" : "0");
    put(257, "ustar\x0000");
    blocks.push(block, content, new Uint8Array((BLOCK - content.length % BLOCK) % BLOCK));
  }
  blocks.push(new Uint8Array(2 * BLOCK));
  return joined(blocks);
}

/** A character a byte, up to the first zero. */
function textAt(bytes: Uint8Array, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return String.fromCharCode(...field.subarray(0, end === -1 ? length : end));
}

function numberAt(block: Uint8Array, offset: number, length: number): number {
  return parseInt(textAt(block, offset, length).trim() || "0", 8);
}
