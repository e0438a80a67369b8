import { basename, dirname } from "@std/path";
import type { Context } from "../src/kernel/context.ts";
import { hasErrno, KernelError } from "../src/kernel/errno.ts";
import type { PacketSocket } from "../src/kernel/streams.ts";
import { check, closeFd, F, libc, O, openFd, owned } from "./libc.ts";
import type { Poller } from "./poller.ts";
import { FdSink, FdSource } from "./streams.ts";

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_FLAGS = O.NONBLOCK | O.CLOEXEC;
const SHUT_WR = 1;
/** struct sockaddr_un (man 7 unix): the family, then a path with its NUL. */
const PATH_BYTES_MAX = 108;
const ADDRESS_BYTES = 2 + PATH_BYTES_MAX;

/**
 * Connects to a socket. Its folder may have a longer path than an address has room for.
 *
 * @throws {KernelError} ENOENT; ECONNREFUSED when nobody listens; EAGAIN when too many wait; EPROTOTYPE for a
 * socket of another type; ENAMETOOLONG.
 */
export function connectPacketSocket(path: string, poller: Poller): PacketSocket {
  using folder = owned(openFd("connect", dirname(path), O.PATH | O.DIRECTORY));
  const address = addressOf(path, `/proc/self/fd/${folder.fd}/${basename(path)}`);
  const fd = check("socket", path, libc().socket(AF_UNIX, SOCK_SEQPACKET | SOCK_FLAGS, 0));
  try {
    check("connect", path, libc().connect(fd, address, ADDRESS_BYTES));
    // A descriptor of its own for each direction: both may be waited for.
    const written = check("fcntl", path, libc().fcntl(fd, F.DUPFD_CLOEXEC, 0n));
    return new Connection(fd, written, poller);
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

function addressOf(path: string, short: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(short);
  if (bytes.length >= PATH_BYTES_MAX) throw new KernelError("connect", "ENAMETOOLONG", path);
  const address = new Uint8Array(ADDRESS_BYTES);
  new Uint16Array(address.buffer)[0] = AF_UNIX;
  address.set(bytes, 2);
  return address;
}

class Connection implements PacketSocket {
  readonly #fd: number;
  readonly #source: FdSource;
  readonly #sink: FdSink;
  #isClosed = false;
  #hasEnded = false;

  constructor(fd: number, written: number, poller: Poller) {
    this.#fd = fd;
    this.#source = new FdSource(fd, poller);
    this.#sink = new FdSink(written, poller);
  }

  async read(context: Context): Promise<Uint8Array | undefined> {
    try {
      return await this.#source.read(context);
    } catch (error) {
      // Whoever has gone away without reading all that was sent to him.
      if (hasErrno(error, "ECONNRESET")) return undefined;
      throw error;
    }
  }

  async write(bytes: Uint8Array, context: Context): Promise<void> {
    try {
      await this.#sink.write(bytes, context);
    } catch (error) {
      if (!hasErrno(error, "ECONNRESET")) throw error;
      // The same, or has never accepted the connection (af_unix.c, unix_release_sock): told once, then EPIPE.
      throw new KernelError("write", "EPIPE", "socket", { cause: error });
    }
  }

  end(): void {
    if (this.#hasEnded || this.#isClosed) return;
    this.#hasEnded = true;
    // ENOTCONN: the other side has gone already.
    libc().shutdown(this.#fd, SHUT_WR);
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#source[Symbol.dispose]();
    this.#sink[Symbol.dispose]();
  }
}
