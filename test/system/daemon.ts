import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";

import { connect, type CriClient } from "./client.ts";
import type { Place } from "./place.ts";

const PROGRAM = fromFileUrl(new URL("../../mod.ts", import.meta.url));

/** Enough for a slow machine to start, or to end; nobody waits for it otherwise. */
const PATIENCE_MS = 60_000;

/** How a daemon is started. */
export interface DaemonOptions {
  /** More flags. */
  readonly flags?: readonly string[];
  /** A pinned network namespace for it to live in. */
  readonly networkNamespace?: string;
  /** Instead of waiting until it is ready, which it then may never be. */
  readonly waitsFor?: string;
  /** Another Deno than this one's. */
  readonly deno?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A daemon that runs as a process of its own, as users have it. */
export interface DaemonProcess extends AsyncDisposable {
  readonly pid: number;
  readonly client: CriClient;
  /** Everything that it logged. */
  readonly lines: readonly string[];
  /** Resolves with the first line, from the start on, that has `text` in it. */
  line(text: string): Promise<string>;
  /** Sends a signal and awaits the end; null for one that a signal made. */
  end(signal: Deno.Signal): Promise<number | null>;
}

/** Starts a daemon in `place` and waits until it is ready. Disposing it ends it gracefully. */
export async function startDaemonProcess(
  place: Place,
  options: DaemonOptions = {},
): Promise<DaemonProcess> {
  const { flags = [], networkNamespace, deno = Deno.execPath(), env = {} } = options;
  const { waitsFor = '"message":"ready"' } = options;
  const enter = networkNamespace === undefined ? [] : ["nsenter", `--net=${networkNamespace}`];
  const [program, ...args] = [
    ...enter,
    ...[deno, "run", "-A", PROGRAM, "daemon"],
    ...["--log-format", "json", "--socket", place.socket],
    ...["--root", place.root, "--state", place.state],
    ...["--cni-conf-dir", place.cniConfig, "--cgroup-parent", place.cgroup],
    ...flags,
  ];
  assert(program !== undefined);
  const child = new Deno.Command(program, { args, env, stdin: "null", stderr: "piped" }).spawn();
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const read = readLines(child.stderr, (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const ended = Promise.all([child.status, read]).then(([status]) => status);
  const client = connect(place.socket);
  const daemon: DaemonProcess = {
    pid: child.pid,
    client,
    lines,
    async line(text) {
      const { promise, resolve } = Promise.withResolvers<string>();
      const look = () => {
        const found = lines.find((it) => it.includes(text));
        if (found !== undefined) resolve(found);
      };
      waiting.add(look);
      look();
      const failed = ended.then(() => {
        throw new Error(`the daemon ended without ${text}:\n${lines.join("\n")}`);
      });
      try {
        return await atMost(Promise.race([promise, failed]), `the daemon to log ${text}`);
      } finally {
        waiting.delete(look);
      }
    },
    async end(signal) {
      client.close();
      child.kill(signal);
      const status = await atMost(ended, `the daemon to end on ${signal}`);
      return status.signal === null ? status.code : null;
    },
    async [Symbol.asyncDispose]() {
      client.close();
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended.
      }
      await atMost(ended, "the daemon to end");
    },
  };
  try {
    await daemon.line(waitsFor);
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  }
  return daemon;
}

/** Awaits what must come soon, so that a test fails with words instead of hanging. */
export async function atMost<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`waited too long for ${what}`)), PATIENCE_MS);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  }
  if (rest !== "") onLine(rest);
}
