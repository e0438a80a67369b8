import { assertEquals } from "@std/assert";
import { DEFAULT_BOUNDS } from "../../src/config.ts";
import { attach } from "../../src/container/attach.ts";
import type { ClientStreams } from "../../src/container/client_streams.ts";
import { execStreamed } from "../../src/container/exec_streamed.ts";
import { RuntimeError } from "../../src/errors.ts";
import { Context, sleep } from "../../src/kernel/context.ts";
import type { ByteSink } from "../../src/kernel/streams.ts";
import type { SimTask } from "../../sim/mod.ts";
import { ReceivedText, Stuck } from "../unit/client_streams.ts";
import { type Scenario, scenario } from "./scenario.ts";

const LINES = 40;
const BACKLOG_BYTES = DEFAULT_BOUNDS.backlogBytesMax;
const NONE: ClientStreams = {
  stdin: undefined,
  stdout: undefined,
  stderr: undefined,
  sizes: undefined,
};

scenario("Y1: a client hears all of a command before it hears of its end", async (it) => {
  const container = await it.running("sleep", "1000");
  const stdout = new Slow(it);
  const exec = execIn(it, container.id, ["busy-log", `${LINES}`], { stdout });
  assertEquals(await exec.promise, 0);
  const lines = Array.from({ length: LINES / 2 }, (_, index) => `line ${2 * index}\n`);
  assertEquals(stdout.text, lines.join(""));
});

scenario("Y1b: and not of what others print who have its output", async (it) => {
  const container = await it.running("sleep", "1000");
  const { clock } = it.runtime.kernel;
  const beforeMs = clock.monotonicMs();
  const exec = execIn(it, container.id, ["fork-holder", "60000", "4"], {});
  assertEquals(await exec.promise, 4);
  assertEquals(Math.floor(clock.monotonicMs() - beforeMs), it.runtime.config.bounds.execDrainMs);
});

scenario("Y1c: and what was open for it is closed then", async (it) => {
  const container = await it.running("sleep", "1000");
  const before = it.held();
  assertEquals(await execIn(it, container.id, ["echo", "words"], {}).promise, 0);
  assertEquals(it.held(), before);
});

scenario("Y2: what the OCI runtime says is nothing that a command has printed", async (it) => {
  const container = await it.running("sleep", "1000");
  const [stdout, stderr] = [new ReceivedText(), new ReceivedText()];
  const exec = execIn(it, container.id, ["no-such-program"], { stdout, stderr });
  await exec.settled;
  assertEquals([exec.state, stdout.text, stderr.text], ["rejected", "", ""]);
});

scenario("Y3: a terminal says nothing before somebody listens", async (it) => {
  const container = await it.running("sleep", "1000");
  const stdout = new ReceivedText();
  const connecting = it.simulation.until(undefined, /^files\.connect/);
  const exec = execIn(it, container.id, ["echo", "first words"], { stdout }, true);
  const connect = await connecting;
  await it.simulation.idle();
  connect.release();
  assertEquals([await exec.promise, stdout.text], [0, "first words\n"]);
});

scenario("Y4: a terminal of a command leaves its container's own where it is", async (it) => {
  const container = await it.running("sleep", "1000");
  const exec = execIn(it, container.id, ["sleep", "5"], {}, true);
  await it.simulation.idle();
  const context = new Context();
  const attached = it.call("attach", (runtime) => attach(runtime, container.id, NONE, context));
  assertEquals(await exec.promise, 0);
  await it.simulation.idle();
  assertEquals(attached.state, "running");
  context.cancel();
  await attached.settled;
});

scenario("Y5: a client that takes nothing does not keep a container from its log", async (it) => {
  const container = await it.running("flood", "1000", `${2 * BACKLOG_BYTES}`);
  const attached = listenTo(it, container.id, new Stuck());
  await attached.settled;
  assertEquals(codeOf(attached.error), "DEADLINE_EXCEEDED");
  await it.simulation.idle();
  assertEquals(it.seen(container), "EXITED 0 , 0 processes, executed 1 times");
});

scenario("Y6: a slow client does not keep a container's exit code", async (it) => {
  // More than is kept for a client, and than its socket holds; the rest is in the container's pipe.
  const container = await it.running("flood", "1000", `${BACKLOG_BYTES + 100_000}`);
  const context = new Context();
  const attached = listenTo(it, container.id, new Stuck(), context);
  const record = await it.simulation.until(undefined, /^store\.commit .*EXITED/);
  record.release();
  await it.simulation.idle();
  assertEquals(it.seen(container), "EXITED 0 , 0 processes, executed 1 times");
  context.cancel();
  await attached.settled;
});

scenario("Y7: a stop of a pod waits for a client's command in it", async (it) => {
  const container = await it.running("sleep", "1000");
  const beginning = it.simulation.until(/runc .* exec/, /state\.json/);
  const exec = execIn(it, container.id, ["sleep", "600"], {});
  const begin = await beginning;
  const stop = it.stopSandbox(container.sandboxId);
  await it.simulation.idle();
  assertEquals([exec.state, stop.state], ["running", "running"]);
  begin.release();
  await exec.settled;
  assertEquals(exec.state, "rejected");
  await stop.promise;
  assertEquals(it.seen(container), "EXITED 137 , 0 processes, executed 1 times");
});

scenario("Y8: who is attached and slow hears all before he hears of the end", async (it) => {
  const container = await it.running("flood", "1000", "100000");
  const stdout = new Slow(it);
  await listenTo(it, container.id, stdout).promise;
  assertEquals(stdout.text.length, 100_000);
});

/** A client that takes a while for each piece: what it has not asked for yet waits in the pipe. */
class Slow extends ReceivedText implements ByteSink {
  readonly #it: Scenario;

  constructor(it: Scenario) {
    super();
    this.#it = it;
  }

  override async write(bytes: Uint8Array, context: Context): Promise<void> {
    await sleep(this.#it.runtime.kernel.clock, 10_000, context);
    await super.write(bytes, context);
  }
}

function execIn(
  it: Scenario,
  containerId: string,
  command: readonly string[],
  streams: Partial<ClientStreams>,
  tty = false,
): SimTask<number> {
  const request = { containerId, command, tty };
  return it.call(
    "exec",
    (runtime) => execStreamed(runtime, request, { ...NONE, ...streams }, new Context()),
  );
}

function listenTo(
  it: Scenario,
  id: string,
  stdout: ByteSink,
  context: Context = new Context(),
): SimTask<void> {
  return it.call("attach", (runtime) => attach(runtime, id, { ...NONE, stdout }, context));
}

function codeOf(error: unknown): string | undefined {
  return error instanceof RuntimeError ? error.code : undefined;
}
