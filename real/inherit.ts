import { check, libc, SYS } from "./libc.ts";

const FIRST_FD = 3n;
const LAST_FD = 0xffff_ffffn;
const CLOSE_RANGE_CLOEXEC = 4n;

/**
 * Keeps what the daemon was started with open from being handed down to every program: a shell's pipe
 * would stay open as long as some container (man 2 close_range).
 *
 * @throws {KernelError}
 */
export function inheritNothing(): void {
  const result = libc().syscall(SYS.closeRange, FIRST_FD, LAST_FD, CLOSE_RANGE_CLOEXEC, 0n);
  check("close_range", "", result);
}
