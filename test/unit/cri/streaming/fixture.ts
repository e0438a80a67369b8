import { assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";

import { joined } from "../../../../src/bytes.ts";
import type { StreamOperations } from "../../../../src/cri/streaming/operations.ts";
import type { CommandRequest, StreamRequest } from "../../../../src/cri/streaming/requests.ts";
import {
  serveStreams,
  type StreamingOptions,
  type StreamingServer,
} from "../../../../src/cri/streaming/server.ts";
import type { Clock } from "../../../../src/kernel/clock.ts";
import type { Context } from "../../../../src/kernel/context.ts";
import type { ByteSource } from "../../../../src/kernel/streams.ts";

/** A server with operations of a test, and what it has reported. */
export interface Edge extends AsyncDisposable {
  readonly server: StreamingServer;
  readonly reported: readonly unknown[];
}

/** A streaming server on a port of its own; operations that are not given are not expected. */
export async function edge(
  operations: Partial<StreamOperations>,
  options: Partial<StreamingOptions> = {},
): Promise<Edge> {
  const reported: unknown[] = [];
  const server = await serveStreams({
    address: "127.0.0.1",
    port: 0,
    idleMs: 60_000,
    creationMs: 30_000,
    operations: {
      exec: unexpected,
      attach: unexpected,
      forwardPort: unexpected,
      ...operations,
    },
    report: (_method, error) => reported.push(error),
    ...options,
  });
  return {
    server,
    reported,
    [Symbol.asyncDispose]: () => server.close(5_000),
  };
}

/** A command that gets `wanted` of a client. */
export function execRequest(wanted: Partial<CommandRequest> = {}): CommandRequest {
  const streams = { stdin: false, stdout: false, stderr: false, tty: false };
  return { ...streams, containerId: "a1b2", kind: "exec", command: ["true"], ...wanted } as
    & CommandRequest
    & { kind: "exec" };
}

/** Ports of a pod. */
export function portsRequest(...ports: number[]): StreamRequest {
  return { kind: "portforward", podSandboxId: "pod1", ports };
}

/** All that is read to the end, as bytes. */
export async function readAll(
  source: ByteSource | undefined,
  context: Context,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await source?.read(context);
    if (chunk === undefined) return joined(chunks);
    chunks.push(chunk);
  }
}

/** `length` bytes that repeat nowhere near. */
export function pattern(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

/** As text. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** As bytes. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Resolves once whoever waits for the kernel has had its turn. */
export async function nextTurn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  await promise;
}

/** Large ones would be printed whole. */
export async function assertSameBytes(a: Uint8Array, b: Uint8Array): Promise<void> {
  assertEquals(a.length, b.length);
  const [hashA, hashB] = await Promise.all([a, b].map(sha256));
  assertEquals(hashA, hashB);
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return new Uint8Array(hash).toHex();
}

/** A clock that stands until it is told to move. */
export class FakeClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{ readonly atMs: number; readonly fire: () => void }>();

  nowMicros(): number {
    return this.#nowMs * 1000;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(ms: number, fire: () => void): Disposable {
    const timer = { atMs: this.#nowMs + ms, fire };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  /** Moves time, and fires what was due in it. */
  move(ms: number): void {
    this.#nowMs += ms;
    for (const timer of [...this.#timers]) {
      if (timer.atMs <= this.#nowMs && this.#timers.delete(timer)) timer.fire();
    }
  }

  /** How many wait to be fired. */
  get timers(): number {
    return this.#timers.size;
  }
}

function unexpected(): never {
  throw new Error("nobody was to ask for this");
}
