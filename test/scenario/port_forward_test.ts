import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { sandboxConfig } from "../../sim/lifecycle/configs.ts";
import { ForwardingClient } from "../../sim/lifecycle/forwarding_client.ts";
import { isForwarding } from "../../sim/lifecycle/oracle/forwards.ts";
import type { SimTask } from "../../sim/mod.ts";
import { RuntimeError } from "../../src/errors.ts";
import { Context, waitFor } from "../../src/kernel/context.ts";
import type { ByteSink, ByteSource } from "../../src/kernel/streams.ts";
import { checkPortForward, forwardPort } from "../../src/sandbox/port_forward.ts";
import { SANDBOX_TABLE } from "../../src/sandbox/record.ts";
import { runPodSandbox } from "../../src/sandbox/run.ts";
import { type Scenario, scenario } from "./scenario.ts";

const ECHO = 7;
const SILENT = 9;
const GREETING = 13;
const COUNTING = 80;
const NOBODY = 1;

/** A connection to a port, whose client stays as long as it is wanted unless it lingers for a time. */
interface Forward {
  readonly client: ForwardingClient;
  readonly task: SimTask<void>;
}

function forwardTo(
  it: Scenario,
  id: string,
  port: number,
  { lingersMs = 1e9, context = new Context() }: { lingersMs?: number; context?: Context } = {},
): Forward {
  const request = { kind: "PortForward", sandbox: 0, port, pieces: 2, lingersMs } as const;
  const client = new ForwardingClient(request, it.runtime.kernel.clock);
  const task = it.call(
    "forward",
    (runtime) => forwardPort(runtime, id, port, client, context),
  );
  return { client, task };
}

/** What is alive of whatever forwards ports of a pod, by the program that it is. */
function forwarding(it: Scenario, id: string): readonly string[] {
  return it.simulation.machine.processes.all()
    .filter((process) => isForwarding(process, id))
    .map(({ args }) => args[0] ?? "");
}

function namespaces(it: Scenario): number {
  return it.simulation.machine.namespaces.alive().filter(({ kind }) => kind === "net").length;
}

function codeOf({ task }: Forward): string | undefined {
  return task.error instanceof RuntimeError ? task.error.code : undefined;
}

scenario(
  "D1: a pod is stopped while a port of it is reached, and waits for no client",
  async (it) => {
    const before = namespaces(it);
    const id = await it.run();
    const forward = forwardTo(it, id, ECHO);
    await it.simulation.idle();
    assertEquals([forward.client.heard, forwarding(it, id)], ["piece 1\npiece 2\n", ["socat"]]);
    const { clock } = it.runtime.kernel;
    const beganMs = clock.monotonicMs();
    await it.stopSandbox(id).promise;
    assert(clock.monotonicMs() - beganMs < 1_000);
    assertEquals([forwarding(it, id), namespaces(it)], [[], before]);
    await forward.task.settled;
    assertEquals([codeOf(forward), forward.client.hasHeardEnd], ["FAILED_PRECONDITION", false]);
  },
);

scenario("D2: a client leaves a port, and nothing of its connection is left", async (it) => {
  const id = await it.run();
  const cause = new RuntimeError("CANCELLED", "the client has left");
  const context = new Context();
  const forward = forwardTo(it, id, SILENT, { context });
  await it.simulation.idle();
  assertEquals(forwarding(it, id), ["socat"]);
  context.cancel(cause);
  await forward.task.settled;
  assertEquals([forward.task.error, forwarding(it, id)], [cause, []]);
});

scenario("D3: a pod is stopped while that is started which is to reach its port", async (it) => {
  const before = namespaces(it);
  const id = await it.run();
  const spawning = it.simulation.until(undefined, /^processes\.spawn nsenter/);
  const forward = forwardTo(it, id, ECHO);
  const spawn = await spawning;
  const stop = it.stopSandbox(id);
  await it.simulation.idle();
  assertEquals(stop.state, "running");
  spawn.release();
  await stop.promise;
  assertEquals([forwarding(it, id), namespaces(it)], [[], before]);
  await forward.task.settled;
  assertEquals([codeOf(forward), forward.client.said], ["FAILED_PRECONDITION", ""]);
});

scenario("D4: the daemon dies while a port is reached, and its pod can be stopped", async (it) => {
  const before = namespaces(it);
  const id = await it.run();
  forwardTo(it, id, SILENT);
  await it.simulation.idle();
  await it.restart();
  assertEquals(forwarding(it, id), []);
  await it.stopSandbox(id).promise;
  assertEquals(namespaces(it), before);
});

scenario("D4b: also where that had been started and was not there yet", async (it) => {
  const before = namespaces(it);
  const id = await it.run();
  const entering = it.simulation.until(/^nsenter/, /^setns/);
  forwardTo(it, id, SILENT);
  using _enter = await entering;
  await it.restart();
  assertEquals(forwarding(it, id), []);
  await it.stopSandbox(id).promise;
  assertEquals(namespaces(it), before);
});

scenario("D4c: also where its pod has no record any more", async (it) => {
  const before = namespaces(it);
  const id = await it.run();
  forwardTo(it, id, SILENT);
  await it.simulation.idle();
  await it.restart(() => {
    const record = { table: SANDBOX_TABLE, id, value: "what a bad block has left" };
    it.simulation.machine.store.commit([{ kind: "put", record }]);
  });
  await it.simulation.idle();
  assertEquals(it.runtime.sandboxes.get(id), undefined);
  assertEquals([forwarding(it, id), namespaces(it)], [[], before]);
});

scenario("D5: what a client says before anybody has answered gets to who does", async (it) => {
  const id = await it.run();
  const forward = forwardTo(it, id, COUNTING, { lingersMs: 0 });
  await forward.task.promise;
  assertEquals([forward.client.heard, forward.client.hasHeardEnd], ["16 bytes\n", true]);
});

scenario("D6: a port lets go, and its client's connection is over though it stays", async (it) => {
  const id = await it.run();
  const forward = forwardTo(it, id, ECHO);
  await it.simulation.idle();
  const [socat] = it.simulation.machine.processes.all().filter(({ args, isAlive }) =>
    isAlive && args[0] === "socat"
  );
  assert(socat !== undefined);
  it.kill(socat);
  await forward.task.promise;
  assertEquals([forward.client.hasEnded, forward.client.hasHeardEnd], [false, true]);
});

scenario("whoever reaches a port of the host's network enters none", async (it) => {
  const request = {
    kind: "RunPodSandbox",
    sandbox: 0,
    hasNetwork: false,
    sharesPids: false,
  } as const;
  const id = await it.call(
    "run",
    (runtime) => runPodSandbox(runtime, sandboxConfig(request, 0), "", new Context()),
  ).promise;
  const entered: string[] = [];
  it.simulation.onStep(({ verb }) => void (verb === "setns" && entered.push(verb)));
  const forward = forwardTo(it, id, ECHO, { lingersMs: 0 });
  await forward.task.promise;
  assertEquals([forward.client.heard, entered], ["piece 1\npiece 2\n", []]);
});

scenario("a half of a connection may end long before the other", async (it) => {
  const id = await it.run();
  const { clock } = it.runtime.kernel;
  const greeted = forwardTo(it, id, GREETING, { lingersMs: 50_000 });
  const beganMs = clock.monotonicMs();
  await greeted.task.promise;
  assertEquals(greeted.client.heard, "now\n");
  assert(clock.monotonicMs() - beganMs >= 50_000);
  const silent = forwardTo(it, id, SILENT, { lingersMs: 0 });
  await silent.task.promise;
  // Nobody waits for ever for who says nothing.
  assertEquals(Math.floor((clock.monotonicMs() - beganMs) / 1_000), 110);
});

scenario("who reaches a port where nobody listens is told so", async (it) => {
  const id = await it.run();
  const forward = forwardTo(it, id, NOBODY);
  await forward.task.settled;
  assertInstanceOf(forward.task.error, RuntimeError);
  assertEquals([forward.task.error.code, forward.task.error.message], [
    "UNAVAILABLE",
    `Cannot connect to port 1 of sandbox "${id}": ` +
    "127.0.0.1: Connection refused; [::1]: Connection refused",
  ]);
  assertEquals([forward.client.said, forwarding(it, id)], ["", []]);
});

scenario("what is no port is refused", async (it) => {
  const id = await it.run();
  for (const port of [0, 65_536, -1, 1.5, NaN]) {
    const forward = forwardTo(it, id, port);
    await forward.task.settled;
    assertEquals(codeOf(forward), "INVALID_ARGUMENT");
  }
});

scenario("a client whose connection breaks hears of it, and nothing is left", async (it) => {
  const id = await it.run();
  const broken = new RuntimeError("UNAVAILABLE", "the connection is gone");
  const { promise: never } = Promise.withResolvers<undefined>();
  const reads: ByteSource = { read: (context) => waitFor(never, context) };
  const takes: ByteSink = { write: () => Promise.resolve(), end: () => {} };
  const breaks = () => Promise.reject(broken);
  for (
    const client of [
      { fromClient: { read: breaks }, toClient: takes },
      { fromClient: reads, toClient: { ...takes, write: breaks } },
    ]
  ) {
    const task = it.call("forward", (it) => forwardPort(it, id, GREETING, client, new Context()));
    await task.settled;
    assertEquals([task.error, forwarding(it, id)], [broken, []]);
  }
});

scenario("ports of pods that are not there, or not ready, are not reached", async (it) => {
  const id = await it.run();
  const check = (id: string) =>
    it.call("check", (runtime) => Promise.try(() => checkPortForward(runtime, id)));
  await check(id).promise;
  await it.stopSandbox(id).promise;
  for (
    const [asked, code] of [[id, "FAILED_PRECONDITION"], ["f".repeat(64), "NOT_FOUND"]] as const
  ) {
    const forward = forwardTo(it, asked, ECHO);
    await forward.task.settled;
    assertEquals(codeOf(forward), code);
    const checked = check(asked);
    await checked.settled;
    assertInstanceOf(checked.error, RuntimeError);
    assertEquals(checked.error.code, code);
  }
});

scenario("a daemon that ends lets go of every port", async (it) => {
  const id = await it.run();
  const forward = forwardTo(it, id, SILENT);
  await it.simulation.idle();
  await it.end().promise;
  await forward.task.settled;
  assertEquals([codeOf(forward), forwarding(it, id), it.waits()], ["UNAVAILABLE", [], []]);
});
