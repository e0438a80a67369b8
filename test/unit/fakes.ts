/**
 * What the unit tests put in place of Linux: ports that do as they are told, and time that moves when
 * it is told to.
 *
 * @module
 */

import { fail } from "@std/assert";
import { setImmediate } from "node:timers";

import {
  type ContainerConfig,
  DEFAULT_CONTAINER,
  DEFAULT_SECURITY,
} from "../../src/container/config.ts";
import { type ContainerRecord, containerRecord } from "../../src/container/record.ts";
import type { Clock } from "../../src/kernel/clock.ts";
import { Context, waitFor } from "../../src/kernel/context.ts";
import { KernelError } from "../../src/kernel/errno.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import type {
  ChildProcess,
  ExitStatus,
  ProcessHandle,
  ProcessIdentity,
  ProgramOutput,
} from "../../src/kernel/processes.ts";
import { DEFAULT_SANDBOX, type SandboxConfig } from "../../src/sandbox/config.ts";
import { type SandboxRecord, sandboxRecord } from "../../src/sandbox/record.ts";

/** Lets everything go on that waits for nothing but its turn. */
export function turnsTaken(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Whether a promise is still open once everybody had their turn. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let isOpen = true;
  const close = () => void (isOpen = false);
  promise.then(close, close);
  await turnsTaken();
  return isOpen;
}

/** Time that stands still until it is moved. */
export class FakeClock implements Clock {
  readonly #timers = new Set<{ readonly at: number; readonly fire: () => void }>();
  #nowMs = 0;

  /** How many timers have neither fired nor been disposed. */
  get timerCount(): number {
    return this.#timers.size;
  }

  nowMicros(): number {
    return 1_700_000_000_000_000 + this.#nowMs * 1_000;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(ms: number, fire: () => void): Disposable {
    const timer = { at: this.#nowMs + ms, fire };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  /** Moves time, timer by timer; what a timer sets off is done before the next one fires. */
  async advance(ms: number): Promise<void> {
    const until = this.#nowMs + ms;
    await turnsTaken();
    for (let timer = this.#nextUntil(until); timer; timer = this.#nextUntil(until)) {
      this.#nowMs = timer.at;
      this.#timers.delete(timer);
      timer.fire();
      await turnsTaken();
    }
    this.#nowMs = until;
  }

  #nextUntil(until: number) {
    return [...this.#timers].filter((timer) => timer.at <= until)
      .toSorted((one, other) => one.at - other.at)[0];
  }
}

/** A context that counts who listens. */
export class CountingContext extends Context {
  listenerCount = 0;

  override onCancel(...args: Parameters<Context["onCancel"]>): Disposable {
    const registered = super.onCancel(...args);
    this.listenerCount++;
    let isDisposed = false;
    return {
      [Symbol.dispose]: () => {
        if (!isDisposed) this.listenerCount--;
        isDisposed = true;
        registered[Symbol.dispose]();
      },
    };
  }
}

/** Something of which a test gives only the parts that it needs; asking for another fails the test. */
export function partial<T extends object>(name: string, parts: Partial<T>): T {
  return new Proxy(parts, {
    get(target, key) {
      // A promise asks whatever it is resolved with whether it is a promise too.
      if (key === "then") return undefined;
      if (!(key in target)) fail(`No ${name}.${String(key)} was given`);
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  }) as T;
}

/** A kernel with the ports, and the verbs of them, that a test needs. */
export function fakeKernel(
  ports: { readonly [Port in keyof Omit<Kernel, "name">]?: Partial<Kernel[Port]> },
): Kernel {
  const wrapped = Object.entries(ports).map(([name, port]) => [name, partial<object>(name, port)]);
  return partial<Kernel>("kernel", Object.fromEntries(wrapped));
}

/** A process that lives until it is told to exit, or until it gets a signal of `deadlySignals`. */
export class FakeProcess implements ProcessHandle {
  readonly signals: number[] = [];
  readonly identity: ProcessIdentity;
  isDisposed = false;
  hasExited = false;
  readonly #end = Promise.withResolvers<void>();

  constructor(pid: number, readonly deadlySignals: readonly number[] = []) {
    this.identity = { pid, startTime: pid * 100 };
  }

  exit(): void {
    this.hasExited = true;
    this.#end.resolve();
  }

  exited(context: Context): Promise<void> {
    return waitFor(this.#end.promise, context);
  }

  signal(signal: number): Promise<void> {
    this.signals.push(signal);
    if (this.deadlySignals.includes(signal)) this.exit();
    return Promise.resolve();
  }

  [Symbol.dispose](): void {
    this.isDisposed = true;
  }
}

/** A program that this test started. */
export class FakeChild implements ChildProcess {
  readonly identity: ProcessIdentity = { pid: 100, startTime: 10_000 };
  readonly signals: number[] = [];
  stdout = "";
  stderr = "";
  isDisposed = false;
  readonly #end = Promise.withResolvers<ExitStatus>();
  readonly #outputEnd = Promise.withResolvers<void>();

  /** Ends the program; whoever else holds its output open goes on. */
  exit(status: ExitStatus): void {
    this.#end.resolve(status);
  }

  endOutput(): void {
    this.#outputEnd.resolve();
  }

  exited(context: Context): Promise<ExitStatus> {
    return waitFor(this.#end.promise, context);
  }

  outputEnded(context: Context): Promise<void> {
    return waitFor(this.#outputEnd.promise, context);
  }

  output(): ProgramOutput {
    const text = new TextEncoder();
    return {
      stdout: text.encode(this.stdout),
      stderr: text.encode(this.stderr),
      isTruncated: false,
    };
  }

  signal(signal: number): Promise<void> {
    this.signals.push(signal);
    if (signal === 9) this.exit({ kind: "signaled", signal });
    return Promise.resolve();
  }

  get streams(): undefined {
    return undefined;
  }

  sendPipe(): Promise<void> {
    return Promise.resolve();
  }

  writePipe(): Promise<void> {
    return fail("No pipe was given");
  }

  readPipeLine(): Promise<string> {
    return fail("No pipe was given");
  }

  [Symbol.dispose](): void {
    this.isDisposed = true;
  }
}

/** A program that has ended, with nobody at its output. */
export function endedChild(status: ExitStatus, stdout = "", stderr = ""): FakeChild {
  const child = new FakeChild();
  child.stdout = stdout;
  child.stderr = stderr;
  child.exit(status);
  child.endOutput();
  return child;
}

/** Linux's refusal to give what is not there. */
export function noEntry(path: string): KernelError {
  return new KernelError("read", "ENOENT", path);
}

/** An id made of one hexadecimal digit. */
export function idOf(digit: string): string {
  return digit.repeat(64);
}

/** A pod's configuration, as plain as can be. */
export function sandboxConfigWith(fields: Partial<SandboxConfig> = {}): SandboxConfig {
  return {
    ...DEFAULT_SANDBOX,
    metadata: { name: "pod", namespace: "default", uid: "uid", attempt: 0 },
    hostname: "pod",
    logDirectory: "/logs",
    ...fields,
  };
}

/** The record of a plain sandbox. */
export function sandboxRecordWith(fields: Partial<SandboxRecord> = {}): SandboxRecord {
  return {
    ...sandboxRecord({
      id: idOf("a"),
      name: "pod_default_uid_0",
      config: sandboxConfigWith(),
      handler: "",
      ociRuntime: "runc",
      hostname: "pod",
      cgroup: "/slipway/pod",
      ownsCgroup: true,
      networkList: undefined,
    }),
    ...fields,
  };
}

/** A container's configuration, as plain as can be. */
export function containerConfigWith(fields: Partial<ContainerConfig> = {}): ContainerConfig {
  return {
    ...DEFAULT_CONTAINER,
    metadata: { name: "main", attempt: 0 },
    image: { image: "busybox", annotations: {}, userSpecifiedImage: "", runtimeHandler: "" },
    security: { ...DEFAULT_SECURITY, maskedPaths: [], readonlyPaths: [] },
    ...fields,
  };
}

/** The record of a plain container. */
export function containerRecordWith(fields: Partial<ContainerRecord> = {}): ContainerRecord {
  return {
    ...containerRecord({
      id: idOf("c"),
      name: "main_pod_default_uid_0",
      sandboxId: idOf("a"),
      config: containerConfigWith(),
      image: { id: "sha256:1", reference: "busybox@sha256:1", layers: ["sha256:2"] },
      user: { uid: 0, gid: 0, additionalGids: [] },
      logPath: "/dev/null",
      stopSignal: "",
      cgroup: "/slipway/pod/main",
      handler: "",
      ociRuntime: "runc",
    }),
    ...fields,
  };
}
