import { KernelError } from "../src/kernel/errno.ts";
import { errnoName } from "./errno.ts";
import { aside, cString, libc, O } from "./libc.ts";

/** A program as the C library starts one. */
export interface Program {
  /** A path. */
  readonly file: string;
  /** With the program's own name, which comes first. */
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  /** In a session of its own (man 2 setsid). */
  readonly isSession: boolean;
  /** Its descriptors, and which of ours each is. Of the first three the others are /dev/null. */
  readonly descriptors: ReadonlyMap<number, number>;
}

/** Descriptors of ours from here on are no descriptor that a program is given. */
export const FIRST_OWN_FD = 16;

/** glibc's types are smaller (spawn.h, bits/types/__sigset_t.h); their first bytes count. */
const FILE_ACTIONS_BYTES = 256;
const ATTRIBUTES_BYTES = 512;
const SIGNAL_SET_BYTES = 128;
const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const SETSID = 0x80;

/**
 * Starts a program and returns its pid, which nobody else has before it is reaped (man 3 posix_spawn).
 *
 * Not through node:child_process or Deno.Command, which fork: the pages of a daemon of a hundred megabytes
 * are marked for copying, each costs a fault afterwards, and the event loop stands still for 4 to 6 ms.
 * The C library lets the child borrow the address space until it executes, in 0.3 ms of CPU; whoever called
 * waits until the child got a processor for that, which is for a thread of its own, not for the event loop.
 *
 * Signals that this process ignores (SIGPIPE) or blocks are as usual again in the program.
 *
 * @throws {KernelError} ENOENT, EACCES, ENOEXEC, E2BIG, EAGAIN: then there is no process.
 */
export async function spawnProgram(program: Program): Promise<number> {
  const actions = new Uint8Array(FILE_ACTIONS_BYTES);
  must(libc().posix_spawn_file_actions_init(actions), program);
  const pid = new Int32Array(1);
  const [args, env] = vectors(program);
  const [file, attributes] = [cString(program.file), attributesOf(program)];
  const memory = [new Uint8Array(pid.buffer), file, actions, attributes, args, env];
  try {
    describeFiles(actions, program);
    const call = libc().posix_spawn(pid, file, actions, attributes, args, env);
    must(await aside(memory, call), program);
    return pid[0]!;
  } finally {
    libc().posix_spawn_file_actions_destroy(actions);
  }
}

function describeFiles(actions: Uint8Array<ArrayBuffer>, program: Program): void {
  const { cwd, descriptors } = program;
  if (cwd !== undefined) {
    must(libc().posix_spawn_file_actions_addchdir_np(actions, cString(cwd)), program);
  }
  const nothing = cString("/dev/null");
  for (const fd of [0, 1, 2]) {
    if (descriptors.has(fd)) continue;
    must(libc().posix_spawn_file_actions_addopen(actions, fd, nothing, O.RDWR, 0), program);
  }
  for (const [fd, ours] of descriptors) {
    must(libc().posix_spawn_file_actions_adddup2(actions, ours, fd), program);
  }
}

function attributesOf(program: Program): Uint8Array<ArrayBuffer> {
  const attributes = new Uint8Array(ATTRIBUTES_BYTES);
  must(libc().posix_spawnattr_init(attributes), program);
  const flags = SETSIGDEF | SETSIGMASK | (program.isSession ? SETSID : 0);
  must(libc().posix_spawnattr_setflags(attributes, flags), program);
  const every = new Uint8Array(SIGNAL_SET_BYTES).fill(0xff);
  must(libc().posix_spawnattr_setsigdefault(attributes, every), program);
  const none = new Uint8Array(SIGNAL_SET_BYTES);
  must(libc().posix_spawnattr_setsigmask(attributes, none), program);
  return attributes;
}

/** Arguments and environment. */
function vectors({ args, env }: Program) {
  return [vector(args), vector(pairsOf(env))] as const;
}

/** An environment as programs get it. */
export function pairsOf(env: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

/** An array of pointers to C strings, which lie behind it in the same piece of memory, ended by NULL. */
export function vector(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const strings = texts.map(cString);
  const tableBytes = (strings.length + 1) * BigUint64Array.BYTES_PER_ELEMENT;
  const size = strings.reduce((sum, it) => sum + it.length, tableBytes);
  const memory = new Uint8Array(size);
  const base = Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory));
  const table = new DataView(memory.buffer);
  let offset = tableBytes;
  strings.forEach((bytes, index) => {
    table.setBigUint64(index * BigUint64Array.BYTES_PER_ELEMENT, base + BigInt(offset), true);
    memory.set(bytes, offset);
    offset += bytes.length;
  });
  return memory;
}

/** These calls return an errno instead of setting it. */
function must(errno: number, { file }: Program): void {
  if (errno !== 0) throw new KernelError("spawn", errnoName(errno), file);
}
