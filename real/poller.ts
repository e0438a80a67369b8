import { assert } from "@std/assert";
import type { Context } from "../src/kernel/context.ts";
import { KernelError } from "../src/kernel/errno.ts";
import { check, closeFd, libc, owned, pollNow, readFd } from "./libc.ts";

const EPOLL_CLOEXEC = 0o2000000;
const EFD_CLOEXEC_NONBLOCK = 0o2000000 | 0o4000;
const CTL_ADD = 1;
const CTL_DEL = 2;
const EPOLLIN = 1;
const EPOLLOUT = 4;
/** struct epoll_event is packed on x86_64 alone (sys/epoll.h). */
const EVENT = Deno.build.arch === "x86_64" ? { bytes: 12, data: 4 } : { bytes: 16, data: 8 };
const EVENTS_MAX = 64;
const WAKE_TOKEN = 0n;

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/** A descriptor in the epoll set. The token outlives no descriptor, as a recycled number would. */
interface Registration {
  readonly token: bigint;
  readonly fd: number;
  /** What is waited for: EPOLLIN or EPOLLOUT. Whoever waits for both has a descriptor for each. */
  readonly events: number;
  readonly waiters: Set<Waiter>;
}

/**
 * Waits for descriptors to become readable or writable: one thread in epoll_wait for all of them. A pending FFI
 * call keeps the event loop alive, so the thread lives only while somebody waits.
 */
export class Poller implements Disposable {
  readonly #epoll = owned(check("epoll_create1", "", libc().epoll_create1(EPOLL_CLOEXEC)));
  readonly #wake = owned(check("eventfd", "", libc().eventfd(0, EFD_CLOEXEC_NONBLOCK)));
  readonly #byFd = new Map<number, Registration>();
  readonly #byToken = new Map<bigint, Registration>();
  readonly #events = new DataView(new ArrayBuffer(EVENT.bytes * EVENTS_MAX));
  #lastToken = WAKE_TOKEN;
  #isRunning = false;
  #isClosed = false;

  constructor() {
    this.#control(CTL_ADD, this.#wake.fd, WAKE_TOKEN);
  }

  /**
   * Resolves when a read of `fd` would not block: bytes, the end, or for a pidfd the death of the
   * process. Whoever closes the descriptor calls `forget` first.
   *
   * @throws {RuntimeError} the context's cause.
   */
  async readable(fd: number, context: Context): Promise<void> {
    await this.#until(fd, EPOLLIN, context);
  }

  /**
   * Resolves when a write to `fd` would not block: there is room, or nobody reads. Otherwise as
   * {@linkcode readable}.
   *
   * @throws {RuntimeError} the context's cause.
   */
  async writable(fd: number, context: Context): Promise<void> {
    await this.#until(fd, EPOLLOUT, context);
  }

  async #until(fd: number, events: number, context: Context): Promise<void> {
    context.throwIfCancelled();
    assert(!this.#isClosed, "poller is open");
    if (pollNow(fd, events) !== 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { resolve, reject };
    this.#add(fd, events, waiter);
    using _listener = context.onCancel((cause) => {
      this.#drop(fd, waiter);
      reject(cause);
    });
    await promise;
  }

  /** Ends every wait for `fd` with EBADF; to be called before it is closed. */
  forget(fd: number): void {
    const registration = this.#byFd.get(fd);
    if (registration === undefined) return;
    this.#remove(registration);
    for (const waiter of registration.waiters) {
      waiter.reject(new KernelError("wait", "EBADF", `fd ${fd}`, { detail: "closed meanwhile" }));
    }
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const fd of [...this.#byFd.keys()]) this.forget(fd);
    if (!this.#isRunning) this.#close();
  }

  #add(fd: number, events: number, waiter: Waiter): void {
    let registration = this.#byFd.get(fd);
    assert(registration === undefined || registration.events === events, "fd has one direction");
    if (registration === undefined) {
      registration = { token: ++this.#lastToken, fd, events, waiters: new Set() };
      this.#control(CTL_ADD, fd, registration.token, events);
      this.#byFd.set(fd, registration);
      this.#byToken.set(registration.token, registration);
    }
    registration.waiters.add(waiter);
    if (!this.#isRunning) void this.#run();
  }

  #drop(fd: number, waiter: Waiter): void {
    const registration = this.#byFd.get(fd);
    if (registration === undefined || !registration.waiters.delete(waiter)) return;
    if (registration.waiters.size === 0) this.#remove(registration);
  }

  /** Explicitly, since a program between fork and exec shares the file and would keep it in the set. */
  #remove(registration: Registration): void {
    this.#control(CTL_DEL, registration.fd, registration.token);
    this.#byFd.delete(registration.fd);
    this.#byToken.delete(registration.token);
    if (this.#byFd.size === 0 && this.#isRunning) {
      check("write", "eventfd", libc().write(this.#wake.fd, new BigUint64Array([1n]), 8n));
    }
  }

  /** Never rejects: a failure that nobody expects is handed to everybody who waits. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (this.#byFd.size > 0) {
        const count = await libc().epoll_wait(
          this.#epoll.fd,
          this.#events,
          EVENTS_MAX,
          -1,
        );
        // Only a signal can interrupt a wait that is set up right (man 2 epoll_wait, EINTR).
        for (let index = 0; index < count; index++) this.#deliver(index);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isRunning = false;
      if (this.#isClosed) this.#close();
    }
  }

  #deliver(index: number): void {
    const token = this.#events.getBigUint64(index * EVENT.bytes + EVENT.data, true);
    if (token === WAKE_TOKEN) {
      readFd("read", "eventfd", this.#wake.fd, new Uint8Array(8));
      return;
    }
    // It may have been cancelled after the thread had seen it.
    const registration = this.#byToken.get(token);
    if (registration === undefined) return;
    this.#byFd.delete(registration.fd);
    this.#byToken.delete(token);
    this.#control(CTL_DEL, registration.fd, token);
    for (const waiter of registration.waiters) waiter.resolve();
  }

  #fail(error: unknown): void {
    const registrations = [...this.#byToken.values()];
    this.#byFd.clear();
    this.#byToken.clear();
    for (const { waiters } of registrations) {
      for (const waiter of waiters) waiter.reject(error);
    }
  }

  #control(operation: number, fd: number, token: bigint, events = EPOLLIN): void {
    const event = new DataView(new ArrayBuffer(EVENT.bytes));
    event.setUint32(0, events, true);
    event.setBigUint64(EVENT.data, token, true);
    const result = libc().epoll_ctl(this.#epoll.fd, operation, fd, event);
    check("epoll_ctl", `fd ${fd}`, result);
  }

  #close(): void {
    closeFd(this.#wake.fd);
    closeFd(this.#epoll.fd);
  }
}
