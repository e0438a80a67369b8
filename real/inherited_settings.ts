import { assert } from "@std/assert";
import { hasErrno } from "../src/kernel/errno.ts";
import { attempt } from "./errno.ts";
import { check, closeFd, libc, O, openFd } from "./libc.ts";

const SYS = "/proc/sys";
/** Copied by each new network namespace, all that is in them (devinet_init_net in net/ipv4/devinet.c). */
const NET_FOLDERS = ["net/ipv4/conf/all", "net/ipv4/conf/default"];
/** What else is copied, or says how one is made (tcp_sk_init and tcp_set_hashinfo in net/ipv4/tcp_ipv4.c). */
const NET_FILES = [
  "net/core/devconf_inherit_init_net",
  "net/core/fb_tunnels_only_for_init_net",
  "net/ipv4/tcp_child_ehash_entries",
  "net/ipv4/tcp_congestion_control",
  "net/ipv4/tcp_rmem",
  "net/ipv4/tcp_wmem",
  "net/ipv4/udp_child_hash_entries",
];
/** Where the first of them is so, IPv6 copies as much again (addrconf_init_net in net/ipv6/addrconf.c). */
const IPV6_COPIES = /^[13]\n/;
/** Copied from the namespace that it is made from (clone_uts_ns in kernel/utsname.c). */
const UTS_FILES = ["kernel/hostname", "kernel/domainname"];
/** All values of a kind take some hundred. */
const TEXT_BYTES_MAX = 16 * 1024;

/** What of the host new namespaces start with. */
export interface Settings extends Disposable {
  /**
   * Those for new namespaces of these kinds, as one text to compare; undefined where this does not know all of
   * them.
   *
   * @throws {KernelError} EMFILE and the like.
   */
  of(kinds: readonly string[]): string | undefined;
}

/**
 * Those of the host's settings that a new namespace starts with. Some eighty files, which stay open: to open
 * and read them takes a daemon that has done nothing for a while 2 ms of the event loop. IPC namespaces start with
 * constants.
 *
 * Linux copies those of the initial network namespace, which is the daemon's on any ordinary node; one that has
 * another reads its own instead, and does not see those change.
 */
export class InheritedSettings implements Settings {
  readonly #buffer = new Uint8Array(TEXT_BYTES_MAX);
  readonly #open = new Map<string, readonly number[]>();

  of(kinds: readonly string[]): string | undefined {
    const texts = kinds.map((kind) => this.#textOf(kind));
    if (IPV6_COPIES.test(texts[kinds.indexOf("net")] ?? "")) return undefined;
    return texts.join("\n");
  }

  [Symbol.dispose](): void {
    for (const fd of [...this.#open.values()].flat()) closeFd(fd);
    this.#open.clear();
  }

  #textOf(kind: string): string {
    const files = this.#open.get(kind) ?? openAll(pathsOf(kind));
    this.#open.set(kind, files);
    let length = 0;
    for (const fd of files) length += readStart(fd, this.#buffer.subarray(length));
    assert(length < TEXT_BYTES_MAX, "all values fit");
    return new TextDecoder().decode(this.#buffer.subarray(0, length));
  }
}

function pathsOf(kind: string): readonly string[] {
  if (kind === "uts") return UTS_FILES;
  if (kind !== "net") return [];
  const inFolders = NET_FOLDERS.flatMap((folder) => namesIn(folder).map((it) => `${folder}/${it}`));
  return [...NET_FILES, ...inFolders];
}

/** @throws {KernelError} ENOENT where the kernel has no network. */
function namesIn(folder: string): readonly string[] {
  return attempt("list", folder, () => [...Deno.readDirSync(`${SYS}/${folder}`)])
    .map((it) => it.name);
}

/** Those that this kernel has. @throws {KernelError} EMFILE and the like; none is open then. */
function openAll(names: readonly string[]): readonly number[] {
  const files: number[] = [];
  try {
    for (const name of names) {
      const fd = openExisting(`${SYS}/${name}`);
      if (fd !== undefined) files.push(fd);
    }
    return files;
  } catch (error) {
    for (const fd of files) closeFd(fd);
    throw error;
  }
}

function openExisting(path: string): number | undefined {
  try {
    return openFd("open", path, O.RDONLY);
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** What a file says now, which /proc writes anew for each that reads from the start. */
function readStart(fd: number, into: Uint8Array<ArrayBuffer>): number {
  return check("read", `fd ${fd}`, libc().pread(fd, into, BigInt(into.length), 0n));
}
