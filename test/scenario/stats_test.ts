import { assert, assertEquals, assertRejects } from "@std/assert";
import { containerConfig } from "../../sim/lifecycle/configs.ts";
import type { Container } from "../../src/container/container.ts";
import { createContainer } from "../../src/container/create.ts";
import { containerStats, listContainerStats } from "../../src/container/stats.ts";
import { RuntimeError } from "../../src/errors.ts";
import { Context } from "../../src/kernel/context.ts";
import { listSandboxStats, sandboxStats } from "../../src/sandbox/stats.ts";
import { refuseOnce, type Scenario, scenario } from "./scenario.ts";

/** Whose statistics a list has, and whether there are numbers of it. */
function numbersIn(
  stats: Awaited<ReturnType<typeof listContainerStats>>,
): readonly (readonly [id: string, hasNumbers: boolean])[] {
  return stats.map(({ container, usage }) => [container.id, usage !== undefined]);
}

const ask = (it: Scenario, { id }: Container) =>
  it.call("stats", (runtime) => containerStats(runtime, id, new Context()));

const list = (it: Scenario) =>
  it.call("list", (runtime) => listContainerStats(runtime, {}, new Context()));

const askPod = (it: Scenario, id: string) =>
  it.call("pod stats", (runtime) => sandboxStats(runtime, id, new Context()));

/** Another one that runs, beside one that does. */
async function running(it: Scenario, { sandboxId }: Container): Promise<Container> {
  const place = { sandbox: 0, container: 1 } as const;
  const command = ["sleep", "1000"];
  const config = containerConfig(
    { kind: "CreateContainer", place, command, sharesPids: false },
    1,
  );
  const created = it.call(
    "create another",
    (runtime) => createContainer(runtime, sandboxId, config, new Context()),
  );
  const container = it.container(await created.promise);
  await it.start(container).promise;
  return container;
}

scenario("Q1: a container that is removed while it is measured has no statistics", async (it) => {
  const container = await it.running("sleep", "1000");
  const one = ask(it, container);
  const all = list(it);
  const pods = it.call("pods", (runtime) => listSandboxStats(runtime, {}, new Context()));
  const reads = [
    await it.simulation.until(one, /^cgroups\.usage/),
    await it.simulation.until(all, /^cgroups\.usage/),
    await it.simulation.until(pods, /^cgroups\.processCount/),
  ];
  await it.remove(container).promise;
  for (const read of reads) read.release();
  const error = await assertRejects(() => one.promise, RuntimeError);
  assertEquals(error.code, "NOT_FOUND");
  assert(error.message.includes(container.id));
  assertEquals(await all.promise, []);
  assertEquals((await pods.promise).map((it) => it.containers), [[]]);
});

scenario("Q2: a pod that is removed while it is measured has no statistics", async (it) => {
  const container = await it.running("sleep", "1000");
  const { sandboxId } = container;
  const one = askPod(it, sandboxId);
  const all = it.call("pods", (runtime) => listSandboxStats(runtime, {}, new Context()));
  const reads = [
    await it.simulation.until(one, /^cgroups\.processCount/),
    await it.simulation.until(all, /^cgroups\.processCount/),
  ];
  await it.removeSandbox(sandboxId).promise;
  for (const read of reads) read.release();
  assertEquals((await assertRejects(() => one.promise, RuntimeError)).code, "NOT_FOUND");
  assertEquals(await all.promise, []);
});

scenario("Q3: files that are counted for ever keep nobody's numbers away", async (it) => {
  const container = await it.running("sleep", "1000");
  const other = await running(it, container);
  const first = ask(it, container);
  const count = await it.simulation.until(first, /^files\.usageOfEach/);
  const { clock } = it.runtime.kernel;
  const beganMs = clock.monotonicMs();
  const both = list(it);
  assertEquals((await first.promise).writableLayer, undefined);
  assertEquals(numbersIn(await both.promise), [[container.id, true], [other.id, true]]);
  assert(clock.monotonicMs() - beganMs < 1_000);
  // Nobody begins to count once more.
  assertEquals(it.waits().filter((text) => text.includes("usageOfEach")).length, 1);
  count.release();
  await it.simulation.idle();
  assertEquals((await ask(it, container).promise).writableLayer?.inodes, 1);
});

scenario("Q4: where who shows the network is gone, another of the pod does", async (it) => {
  const container = await it.running("sleep", "1000");
  const other = await running(it, container);
  const pod = askPod(it, container.sandboxId);
  const read = await it.simulation.until(pod, /^namespaces\.interfaces/);
  it.kill(it.init(container));
  await it.simulation.idle();
  read.release();
  const { pod: usage, containers } = await pod.promise;
  assertEquals(usage?.network?.interfaces.map(({ name }) => name), ["lo", "eth0"]);
  assertEquals(numbersIn(containers), [[container.id, false], [other.id, true]]);
});

scenario("Q5: a container that cannot be measured keeps nobody out of a list", async (it) => {
  const container = await it.running("sleep", "1000");
  const other = await running(it, container);
  const { cgroups } = it.runtime.kernel;
  const isOfContainer = (path: string) => path === container.record.cgroup;
  refuseOnce(cgroups, "usage", "EIO", isOfContainer);
  assertEquals(numbersIn(await list(it).promise), [[container.id, false], [other.id, true]]);
  refuseOnce(cgroups, "usage", "EIO", isOfContainer);
  const { containers } = await askPod(it, container.sandboxId).promise;
  assertEquals(numbersIn(containers), [[container.id, false], [other.id, true]]);
});

scenario("who gives up statistics hears why, and nothing is left of them", async (it) => {
  const container = await it.running("sleep", "1000");
  const cause = new RuntimeError("DEADLINE_EXCEEDED", "the client has left");
  const context = new Context();
  const all = it.call("list", (runtime) => listContainerStats(runtime, {}, context));
  const read = await it.simulation.until(all, /^cgroups\.usage/);
  context.cancel(cause);
  read.release();
  assertEquals(await assertRejects(() => all.promise), cause);
  await it.simulation.idle();
  assertEquals(it.held().filter((name) => name.includes("usage")), []);
  assertEquals((await list(it).promise).length, 1);
  assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
});
