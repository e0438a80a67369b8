import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { RuntimeError } from "../../src/errors.ts";
import { Context, waitFor } from "../../src/kernel/context.ts";
import type { ByteSink, ByteSource } from "../../src/kernel/streams.ts";
import type { Runtime } from "../../src/runtime.ts";
import { DEFAULT_SANDBOX, type SandboxConfig } from "../../src/sandbox/config.ts";
import { sandboxPaths } from "../../src/sandbox/paths.ts";
import { type ForwardedConnection, forwardPort } from "../../src/sandbox/port_forward.ts";
import { removePodSandbox } from "../../src/sandbox/remove.ts";
import { runPodSandbox } from "../../src/sandbox/run.ts";
import { stopPodSandbox } from "../../src/sandbox/stop.ts";
import { archiveOfBusybox, systemTest } from "../system/scene.ts";
import type { Bench } from "./differential/bench.ts";
import { openLane } from "./differential/linux_bench.ts";

const background = Context.background();
const LARGE_BYTES = 3_000_000;
const POD: SandboxConfig = {
  ...DEFAULT_SANDBOX,
  metadata: { name: "pod", namespace: "default", uid: "uid", attempt: 0 },
  namespaces: { network: "POD", pid: "CONTAINER", ipc: "POD" },
};
/** Who listens in these tests, and what he has for each connection. */
const LISTENER = /-LISTEN:|^cat |^sh -c /;

/** A daemon with a pod that has a network of its own, for one test. */
interface Pod {
  readonly bench: Bench;
  readonly runtime: Runtime;
  readonly id: string;
  /** Where its network is pinned. */
  readonly pin: string;
}

function portTest(name: string, body: (pod: Pod) => Promise<void>): void {
  systemTest(name, async () => {
    await using lane = await openLane(await archiveOfBusybox());
    await lane.run(async (bench) => {
      const runtime = await bench.boot("lazy", () => {});
      const id = await runPodSandbox(runtime, POD, "", background);
      await body({ bench, runtime, id, pin: sandboxPaths(bench.config, id).net });
      // By whichever life there is now.
      await bench.endLife();
      const last = await bench.boot("lazy", () => {});
      await removePodSandbox(last, id, background);
      assertEquals(await bench.leftovers(), []);
    });
  });
}

/** A program; disposing it kills it. */
interface Started extends AsyncDisposable {
  readonly said: string;
  /** Waits until it has said that. */
  until(words: string): Promise<void>;
}

async function start(
  [program = "", ...args]: readonly string[],
  says: "stdout" | "stderr",
  first: string,
): Promise<Started> {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    [says]: "piped",
  }).spawn();
  const reader = child[says].pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  const started: Started = {
    get said() {
      return said;
    },
    async until(words) {
      while (!said.includes(words)) {
        const { value, done } = await reader.read();
        assert(!done, `it has ended: ${said}`);
        said += value;
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
    },
  };
  await started.until(first);
  return started;
}

/** Somebody who listens in a network, by socat. */
function listen(pin: string, ...args: readonly string[]): Promise<Started> {
  return start(within(pin, "socat", "-dd", "-t60", ...args), "stderr", " N listening on ");
}

/** A command that is executed in a network. */
function within(pin: string, ...command: readonly string[]): readonly string[] {
  return ["nsenter", `--net=${pin}`, ...command];
}

/** The command line of a script beside this file. */
function script(name: string, ...args: readonly string[]): readonly string[] {
  const path = fromFileUrl(new URL(name, import.meta.url));
  return [Deno.execPath(), "run", "-A", "--no-lock", path, ...args];
}

/** A client who says what the test has him say, and can be waited for. */
class Client implements ForwardedConnection {
  readonly fromClient: ByteSource;
  readonly toClient: ByteSink;
  readonly #pieces: (Uint8Array | undefined)[] = [];
  #changed = Promise.withResolvers<void>();
  #heard: Uint8Array[] = [];
  hasHeardEnd = false;

  constructor() {
    this.fromClient = {
      read: async (context) => {
        while (this.#pieces.length === 0) await waitFor(this.#changed.promise, context);
        return this.#pieces.shift();
      },
    };
    this.toClient = {
      write: (bytes) => {
        this.#heard.push(bytes);
        return Promise.resolve(this.#change());
      },
      end: () => {
        this.hasHeardEnd = true;
        this.#change();
      },
    };
  }

  say(words: string | Uint8Array): this {
    this.#pieces.push(typeof words === "string" ? new TextEncoder().encode(words) : words);
    this.#change();
    return this;
  }

  end(): this {
    this.#pieces.push(undefined);
    this.#change();
    return this;
  }

  get heard(): string {
    return this.#heard.map((it) => new TextDecoder().decode(it)).join("");
  }

  async until(hasCome: () => boolean): Promise<void> {
    while (!hasCome()) await this.#changed.promise;
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** Who is in the network that was pinned, but those who listen there. */
function insiders(inode: number | null): readonly string[] {
  const found: string[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (Deno.statSync(`/proc/${name}/ns/net`).ino !== inode) continue;
      const args = Deno.readTextFileSync(`/proc/${name}/cmdline`).replaceAll("\0", " ");
      if (!LISTENER.test(args)) found.push(args);
    } catch (error) {
      if (!isNobody(error)) throw error;
    }
  }
  return found;
}

/** A process may end while it is looked at; and who is above this machine's root is none of ours. */
function isNobody(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied ||
    String(error).includes("(os error 3)");
}

portTest("a port of a pod echoes what its client says, until the client has ended", async (pod) => {
  const { runtime, id, pin } = pod;
  await using _listener = await listen(pin, "TCP4-LISTEN:7000,fork,bind=127.0.0.1", "EXEC:cat");
  const client = new Client();
  const forward = forwardPort(runtime, id, 7_000, client, background);
  client.say("hello\n");
  await client.until(() => client.heard === "hello\n");
  client.say("again\n").end();
  await forward;
  assertEquals([client.heard, client.hasHeardEnd], ["hello\nagain\n", true]);
});

portTest("either half of a connection may end first, and is silent for a while", async (pod) => {
  const { runtime, id, pin } = pod;
  await using _counting = await listen(
    pin,
    "TCP6-LISTEN:7001,fork,bind=[::1],ipv6only=1",
    // socat's own patience with a half connection is 0.5 s.
    "SYSTEM:wc -c; sleep 1; echo done",
  );
  const counted = new Client().say(new Uint8Array(LARGE_BYTES)).end();
  await forwardPort(runtime, id, 7_001, counted, background);
  assertEquals(counted.heard, `${LARGE_BYTES}\ndone\n`);

  const greeting = within(pin, ...script("greeting_script.ts", "7002"));
  await using greeter = await start(greeting, "stdout", "listening\n");
  const greeted = new Client();
  const forward = forwardPort(runtime, id, 7_002, greeted, background);
  await greeted.until(() => greeted.hasHeardEnd);
  greeted.say(new Uint8Array(LARGE_BYTES)).end();
  await forward;
  assertEquals(greeted.heard, "hi\n");
  await greeter.until(" bytes\n");
  assertStringIncludes(greeter.said, `${LARGE_BYTES} bytes`);
});

portTest("where nobody listens a client is told so, and nothing is left", async (pod) => {
  const { runtime, id, pin } = pod;
  const { ino } = await Deno.stat(pin);
  const error = await assertRejects(
    () => forwardPort(runtime, id, 7_003, new Client().say("x"), background),
    RuntimeError,
  );
  assertEquals([error.code, error.message], [
    "UNAVAILABLE",
    `Cannot connect to port 7003 of sandbox "${id}": ` +
    "127.0.0.1: Connection refused; [::1]: Connection refused",
  ]);
  assertEquals(insiders(ino), []);
});

portTest("a stop of a pod and a client that leaves end a connection at once", async (pod) => {
  const { runtime, id, pin } = pod;
  const { ino } = await Deno.stat(pin);
  await using _listener = await listen(pin, "TCP4-LISTEN:7004,fork,bind=127.0.0.1", "EXEC:cat");
  const context = new Context();
  const [leaving, staying] = [new Client(), new Client()];
  const left = forwardPort(runtime, id, 7_004, leaving, context);
  const stayed = forwardPort(runtime, id, 7_004, staying, background);
  for (const client of [leaving, staying]) {
    client.say("x");
    await client.until(() => client.heard === "x");
  }
  const cause = new RuntimeError("CANCELLED", "the client has left");
  context.cancel(cause);
  assertEquals(await assertRejects(() => left), cause);
  const refused = assertRejects(() => stayed, RuntimeError, "is not ready");
  await stopPodSandbox(runtime, id, background);
  await refused;
  assertEquals(insiders(ino), []);
});

portTest("what a killed daemon has forwarded is ended by the next", async (pod) => {
  const { bench, id, pin } = pod;
  const { ino } = await Deno.stat(pin);
  const deaf = "TCP4-LISTEN:7005,bind=127.0.0.1,ignoreeof";
  await using _listener = await listen(pin, deaf, "SYSTEM:echo hi; exec cat >/dev/null");
  await bench.endLife();
  {
    const args = [JSON.stringify(bench.config), id, "7005"];
    await using _daemon = await start(script("forward_script.ts", ...args), "stdout", "hi\n");
  }
  assertEquals(insiders(ino).length, 1);
  await bench.boot("lazy", () => {});
  assertEquals(insiders(ino), []);
});
