import { joined } from "../bytes.ts";
import { RuntimeError } from "../errors.ts";

/**
 * What a layer hides of the layers below it. Names are relative, without a slash at the end, and are
 * bytes: a character a byte, since archives name files in any encoding.
 */
export interface Whiteouts {
  /** Directories of which only this layer's content shows. Parents come first. */
  readonly opaque: readonly string[];
  /** Files and directories that are gone. */
  readonly removed: readonly string[];
}

/**
 * Reads the table of contents of a layer, as tar(1) lists it with `--quoting-style=escape`, and returns
 * its whiteouts (OCI image-spec, layer.md). Where a layer removes a directory and brings a new one of
 * that name, the new one is opaque; a new file hides what was there by itself.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for names that no honest layer has: "..", or a whiteout of
 * nothing, of a directory's own entries, or with content.
 */
export function whiteoutsOf(listing: string): Whiteouts {
  const opaque = new Set<string>();
  const removed = new Set<string>();
  for (const line of lines(listing)) readEntry(line, opaque, removed);
  if (removed.size > 0) {
    for (const line of lines(listing)) {
      for (const directory of directoriesOf(line)) {
        if (removed.delete(directory)) opaque.add(directory);
      }
    }
  }
  if (opaque.size + removed.size > WHITEOUTS_MAX) {
    throw invalid(`more than ${WHITEOUTS_MAX} whiteouts`);
  }
  return { opaque: [...opaque].sort().map(unescape), removed: [...removed].sort().map(unescape) };
}

/**
 * The archive that makes overlayfs show what whiteouts mean: a character device 0:0 for what is gone,
 * an attribute for what is opaque (kernel documentation, overlayfs.rst). To be unpacked into an empty
 * directory, before the layer itself: then no symlink of the layer can lead it astray, and whatever
 * the layer has under such a name replaces the device.
 */
export function whiteoutArchive(whiteouts: Whiteouts): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const name of whiteouts.opaque) {
    const attribute = paxRecord("SCHILY.xattr.trusted.overlay.opaque", "y");
    blocks.push(header({ name: "././@PaxHeader", type: "x", sizeBytes: attribute.length }));
    blocks.push(padded(attribute));
    blocks.push(...member(`${name}/`, "5", 0o755));
  }
  for (const name of whiteouts.removed) blocks.push(...member(name, "3", 0));
  blocks.push(new Uint8Array(2 * BLOCK));
  return joined(blocks);
}

/** The file name that says so in a layer. */
const PREFIX = ".wh.";
const OPAQUE = ".wh..wh..opq";
/** AUFS's own bookkeeping, which unpacking leaves out. */
const BOOKKEEPING = ".wh..wh.";

const WHITEOUTS_MAX = 65_536;

function readEntry(line: string, opaque: Set<string>, removed: Set<string>): void {
  const parts = partsOf(line);
  if (parts.includes("..")) throw invalid(`member ${shown(line)} leaves the archive`);
  const index = parts.findIndex((it) => it.startsWith(PREFIX));
  const mark = parts[index];
  if (mark === undefined) return;
  const parent = parts.slice(0, index);
  if (mark !== OPAQUE && mark.startsWith(BOOKKEEPING)) return;
  if (index < parts.length - 1 || line.endsWith("/")) {
    throw invalid(`whiteout ${shown(line)} is a directory`);
  }
  if (mark === OPAQUE) {
    // Overlayfs merges the roots of layers without a look at the attribute.
    if (parent.length === 0) throw invalid("it hides everything below it, which is not supported");
    opaque.add(parent.join("/"));
    return;
  }
  const target = mark.slice(PREFIX.length);
  if (target === "" || target === "." || target === "..") {
    throw invalid(`whiteout ${shown(line)} names nothing`);
  }
  removed.add([...parent, target].join("/"));
}

/** The directories that an entry proves: its parents and, when it is one, itself. */
function* directoriesOf(line: string): Generator<string> {
  const parts = partsOf(line);
  const depth = line.endsWith("/") ? parts.length : parts.length - 1;
  let path = "";
  for (const part of parts.slice(0, depth)) {
    path = path === "" ? part : `${path}/${part}`;
    yield path;
  }
}

function partsOf(line: string): readonly string[] {
  return line.split("/").filter((it) => it !== "" && it !== ".");
}

function* lines(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    if (end > start) yield text.slice(start, end);
    start = end + 1;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Undoes tar's quoting (tar manual, Quoting Member Names, style "escape"). */
function unescape(name: string): string {
  return name.replace(/\\([0-7]{3}|.)/gs, (_, escape: string) => {
    if (/^[0-7]{3}$/.test(escape)) return String.fromCharCode(parseInt(escape, 8) & 0xff);
    return ESCAPES[escape] ?? escape;
  });
}

const BLOCK = 512;
const NAME_BYTES_MAX = 100;

interface Header {
  readonly name: string;
  /** As POSIX and GNU tar number them: "3" character device, "5" directory, "L" long name, "x" attributes. */
  readonly type: "3" | "5" | "L" | "x";
  readonly mode?: number;
  readonly sizeBytes?: number;
}

/** A member without content, its name before it in a member of its own when it is long. */
function member(name: string, type: "3" | "5", mode: number): Uint8Array[] {
  if (name.length <= NAME_BYTES_MAX) return [header({ name, type, mode })];
  const content = bytesOf(`${name}\0`);
  return [
    header({ name: "././@LongLink", type: "L", sizeBytes: content.length }),
    padded(content),
    header({ name: name.slice(0, NAME_BYTES_MAX), type, mode }),
  ];
}

/** One header block in GNU's format (tar manual, Basic Tar Format); owner, time and device are 0. */
function header({ name, type, mode = 0, sizeBytes = 0 }: Header): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (offset: number, text: string) => block.set(bytesOf(text), offset);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  put(0, name);
  put(100, octal(mode, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(sizeBytes, 11));
  put(136, octal(0, 11));
  put(148, " ".repeat(8));
  put(156, type);
  put(257, "ustar  ");
  put(329, octal(0, 7));
  put(337, octal(0, 7));
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
  return block;
}

/** "LENGTH KEY=VALUE\n", the length counting itself (man 1 pax, pax Extended Header). */
function paxRecord(key: string, value: string): Uint8Array {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length;
  return bytesOf(`${length}${rest}`);
}

function padded(content: Uint8Array): Uint8Array {
  const blocks = new Uint8Array(Math.ceil(content.length / BLOCK) * BLOCK);
  blocks.set(content);
  return blocks;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (it) => it.charCodeAt(0));
}

function shown(line: string): string {
  return JSON.stringify(line.slice(0, 200));
}

function invalid(why: string): RuntimeError {
  return new RuntimeError("INVALID_ARGUMENT", `Cannot unpack layer: ${why}`);
}
