/**
 * Locks its own memory (mmap_lock), as a program does that waits for a dead file server: `serve FOLDER` is
 * a file server (man 4 fuse) that has one file and never answers a write to it; `lock FOLDER` maps another
 * page over one of that file's that it has changed, which waits for that write with its memory locked
 * (fuse_vma_close in fs/fuse/file.c). The server says "mounted", "locked", and goes after ten seconds.
 *
 * @module
 */

import { check, cString, libc, O, openFd } from "../../real/libc.ts";

const LIFE_MS = 10_000;
const PAGE_BYTES = 4_096;
const REQUEST_BYTES_MAX = 1 << 17;
/** Operations of the protocol (linux/fuse.h). */
const LOOKUP = 1, FORGET = 2, GETATTR = 3, OPEN = 14, READ = 15, WRITE = 16, INIT = 26;
const [FOLDER_MODE, FILE_MODE] = [0o040_755, 0o100_644];
const FILE_NODE = 2n;
const ENOSYS = 38;
const READ_WRITE = 3;
const [MAP_SHARED, MAP_PRIVATE_FIXED_ANONYMOUS] = [0x01, 0x32];

const [role, folder = ""] = Deno.args;
if (role === "serve") await serve();
else lock();

async function serve(): Promise<void> {
  setTimeout(() => Deno.exit(1), LIFE_MS);
  using device = Deno.openSync("/dev/fuse", { read: true, write: true });
  const fd = [...Deno.readDirSync("/proc/self/fd")]
    .find(({ name }) => linkOf(`/proc/self/fd/${name}`) === "/dev/fuse")?.name;
  const options = cString(`fd=${fd},rootmode=40000,user_id=0,group_id=0`);
  const [type, target] = [cString("fuse"), cString(folder)];
  check("mount", folder, libc().mount(type, target, type, 0n, options));
  console.log("mounted");
  const request = new Uint8Array(REQUEST_BYTES_MAX);
  while (await device.read(request) !== null) {
    const { operation, unique, node } = headOf(request);
    if (operation === WRITE) console.log("locked");
    else if (operation !== FORGET) device.writeSync(answerTo(operation, unique, node));
  }
}

function lock(): void {
  const { memset, mmap } = Deno.dlopen("libc.so.6", {
    memset: { parameters: ["u64", "i32", "usize"], result: "u64" },
    mmap: { parameters: ["u64", "usize", "i32", "i32", "i32", "i64"], result: "u64" },
  }).symbols;
  const bytes = BigInt(PAGE_BYTES);
  const fd = openFd("open", `${folder}/file`, O.RDWR);
  const page = mmap(0n, bytes, READ_WRITE, MAP_SHARED, fd, 0n);
  memset(page, 1, bytes);
  mmap(page, bytes, READ_WRITE, MAP_PRIVATE_FIXED_ANONYMOUS, -1, 0n);
}

function linkOf(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return undefined;
  }
}

/** The beginning of a struct fuse_in_header. */
function headOf(request: Uint8Array<ArrayBuffer>) {
  const view = new DataView(request.buffer);
  return {
    operation: view.getUint32(4, true),
    unique: view.getBigUint64(8, true),
    node: view.getBigUint64(16, true),
  };
}

/** A struct fuse_out_header, and what the operation answers with. */
function answerTo(operation: number, unique: bigint, node: bigint): Uint8Array<ArrayBuffer> {
  const body = bodyOf(operation, node);
  const answer = new Uint8Array(16 + (body?.length ?? 0));
  const view = new DataView(answer.buffer);
  view.setUint32(0, answer.length, true);
  view.setInt32(4, body === undefined ? -ENOSYS : 0, true);
  view.setBigUint64(8, unique, true);
  answer.set(body ?? [], 16);
  return answer;
}

function bodyOf(operation: number, node: bigint): Uint8Array<ArrayBuffer> | undefined {
  switch (operation) {
    case INIT:
      // Version 7.31; write requests of 64 KB at most.
      return numbers(7, 31, 0, 0, 0, REQUEST_BYTES_MAX >> 1, 1, ...Array(9).fill(0));
    case LOOKUP:
      return numbers(Number(FILE_NODE), ...Array(9).fill(0), ...attributesOf(FILE_NODE));
    case GETATTR:
      return numbers(0, 0, 0, 0, ...attributesOf(node));
    case OPEN:
      return numbers(1, 0, 0, 0);
    case READ:
      return new Uint8Array(PAGE_BYTES);
    default:
      return undefined;
  }
}

/** A struct fuse_attr. */
function attributesOf(node: bigint): readonly number[] {
  const [mode, size] = node === FILE_NODE ? [FILE_MODE, PAGE_BYTES] : [FOLDER_MODE, 0];
  const times = Array(9).fill(0);
  return [Number(node), 0, size, 0, 1, 0, ...times, mode, 1, 0, 0, 0, PAGE_BYTES, 0];
}

function numbers(...values: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint32Array(values).buffer);
}
