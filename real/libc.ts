import { hasErrno, KernelError } from "../src/kernel/errno.ts";
import { errnoName } from "./errno.ts";

const READ_BYTES = 64 * 1024;

const SYMBOLS = {
  __errno_location: { parameters: [], result: "pointer" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  // Off the event loop's thread: it may block, and nobody reads its errno.
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32", nonblocking: true },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  execve: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i64"], result: "i32" },
  fstatfs: { parameters: ["i32", "buffer"], result: "i32" },
  inotify_add_watch: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  inotify_init1: { parameters: ["i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  madvise: { parameters: ["u64", "usize", "i32"], result: "i32" },
  malloc_trim: { parameters: ["usize"], result: "i32" },
  malloc_trim_aside: {
    name: "malloc_trim",
    parameters: ["usize"],
    result: "i32",
    nonblocking: true,
  },
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  mount: { parameters: ["buffer", "buffer", "buffer", "u64", "buffer"], result: "i32" },
  // The same beside the event loop, where nobody can read its errno.
  mount_aside: {
    name: "mount",
    parameters: ["buffer", "buffer", "buffer", "u64", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
  posix_spawn: {
    parameters: ["buffer", "buffer", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  posix_spawn_file_actions_addchdir_np: { parameters: ["buffer", "buffer"], result: "i32" },
  posix_spawn_file_actions_adddup2: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  posix_spawn_file_actions_addopen: {
    parameters: ["buffer", "i32", "buffer", "i32", "u32"],
    result: "i32",
  },
  posix_spawn_file_actions_destroy: { parameters: ["buffer"], result: "i32" },
  posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_setflags: { parameters: ["buffer", "i16"], result: "i32" },
  posix_spawnattr_setsigdefault: { parameters: ["buffer", "buffer"], result: "i32" },
  posix_spawnattr_setsigmask: { parameters: ["buffer", "buffer"], result: "i32" },
  pread: { parameters: ["i32", "buffer", "usize", "i64"], result: "isize" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  syncfs: { parameters: ["i32"], result: "i32", nonblocking: true },
  syscall: { parameters: ["i64", "i64", "i64", "i64", "i64"], result: "i64" },
  openat2: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "buffer", "usize"],
    result: "i64",
  },
  fsconfig: {
    name: "syscall",
    parameters: ["i64", "i32", "i32", "buffer", "buffer", "i32"],
    result: "i64",
  },
  fsopen: { name: "syscall", parameters: ["i64", "buffer", "i32"], result: "i64" },
  move_mount: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "i32", "buffer", "i32"],
    result: "i64",
  },
  umount2: { parameters: ["buffer", "i32"], result: "i32" },
  umount2_aside: {
    name: "umount2",
    parameters: ["buffer", "i32"],
    result: "i32",
    nonblocking: true,
  },
  waitid: { parameters: ["i32", "i32", "buffer", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const satisfies Deno.ForeignLibraryInterface;

let library: Deno.DynamicLibrary<typeof SYMBOLS> | undefined;

/** The C library, opened at the first call: this module must load on a host that has none. */
export function libc(): Deno.StaticForeignLibraryInterface<typeof SYMBOLS> {
  return (library ??= Deno.dlopen("libc.so.6", SYMBOLS)).symbols;
}

const inUse = new Set<readonly Uint8Array[]>();

/** Awaits a call on another thread; the memory that it was given might be collected meanwhile, out of sight. */
export async function aside(
  memory: readonly Uint8Array[],
  call: Promise<number>,
): Promise<number> {
  inUse.add(memory);
  try {
    return await call;
  } finally {
    inUse.delete(memory);
  }
}

const IS_ARM = Deno.build.arch === "aarch64";

/** Numbers of the system calls that the C library has no name for; most are alike on x86_64 and arm64. */
export const SYS = {
  userfaultfd: IS_ARM ? 282n : 323n,
  pidfdSendSignal: 424n,
  moveMount: 429n,
  fsopen: 430n,
  fsconfig: 431n,
  fsmount: 432n,
  pidfdOpen: 434n,
  closeRange: 436n,
  openat2: 437n,
} as const;

/** What fcntl can do (fcntl.h). */
export const F = { SETFL: 4, DUPFD_CLOEXEC: 1030 } as const;

/** Flags of open, as on x86_64; those that differ on arm64 are told apart (asm/fcntl.h). */
export const O = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  NONBLOCK: 0o4000,
  NOCTTY: 0o400,
  DIRECTORY: IS_ARM ? 0o40000 : 0o200000,
  NOFOLLOW: IS_ARM ? 0o100000 : 0o400000,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
} as const;

/**
 * Passes on what a call returned, or throws what errno says. To be called with the result of a
 * synchronous call, nothing in between, since errno belongs to the thread's last call.
 *
 * @throws {KernelError}
 */
export function check(verb: string, subject: string, result: number | bigint): number {
  if (result >= 0) return Number(result);
  throw new KernelError(verb, errnoName(lastErrno()), subject);
}

/** The bytes of a path for C, which ends at a NUL. @throws {KernelError} EINVAL for one within. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) throw new KernelError("encode", "EINVAL", text);
  return new TextEncoder().encode(`${text}\0`);
}

/** Opens a file; the descriptor is not inherited by programs. Does not create. */
export function openFd(verb: string, path: string, flags: number): number {
  return check(verb, path, libc().open(cString(path), flags | O.CLOEXEC, 0));
}

/** Closes a descriptor; what close reports is of no use to anybody (man 2 close). */
export function closeFd(fd: number): void {
  libc().close(fd);
}

/** Reads once; fewer bytes than fit are no sign of the end. @throws {KernelError} */
export function readFd(verb: string, subject: string, fd: number, into: Uint8Array): number {
  return check(
    verb,
    subject,
    libc().read(fd, into as Uint8Array<ArrayBuffer>, BigInt(into.length)),
  );
}

/** What is there now of a descriptor that does not block; nothing also where there is nothing yet. */
export function readNow(verb: string, subject: string, fd: number): Uint8Array {
  const buffer = new Uint8Array(READ_BYTES);
  try {
    return buffer.slice(0, readFd(verb, subject, fd, buffer));
  } catch (error) {
    if (hasErrno(error, "EAGAIN")) return new Uint8Array();
    throw error;
  }
}

/** A descriptor as something that `using` closes. */
export function owned(fd: number): { readonly fd: number } & Disposable {
  return { fd, [Symbol.dispose]: () => closeFd(fd) };
}

/** Which of `events`, or of what is always told, is pending on a descriptor; waits for none (man 2 poll). */
export function pollNow(fd: number, events: number = POLL.IN): number {
  const entry = new DataView(new ArrayBuffer(8));
  entry.setInt32(0, fd, true);
  entry.setInt16(4, events, true);
  check("poll", `fd ${fd}`, libc().poll(entry.buffer, 1n, 0));
  return entry.getInt16(6, true);
}

export const POLL = { IN: 1, ERR: 8, HUP: 16 } as const;

function lastErrno(): number {
  const location = libc().__errno_location();
  return location === null ? 0 : new Deno.UnsafePointerView(location).getInt32(0);
}
