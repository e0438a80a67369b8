import { assertEquals, assertRejects } from "@std/assert";
import { SHUT_DOWN_MS } from "../../src/boot.ts";
import { DEFAULT_CONFIG } from "../../src/config.ts";
import { createContainer } from "../../src/container/create.ts";
import { removeContainer } from "../../src/container/remove.ts";
import { execSync } from "../../src/container/exec.ts";
import { RuntimeError } from "../../src/errors.ts";
import { Context } from "../../src/kernel/context.ts";
import { runPodSandbox } from "../../src/sandbox/run.ts";
import { containerConfig, sandboxConfig } from "../../sim/lifecycle/configs.ts";
import { type Scenario, scenario } from "./scenario.ts";

/** A removal that goes on without its client, about to take files away. */
async function removing(it: Scenario) {
  const container = await it.created("sleep", "1000");
  const context = new Context();
  const remove = it.call(
    "remove",
    (runtime) => removeContainer(runtime, container.id, context),
  );
  const hold = await it.simulation.until(remove, /^files\.remove/);
  context.cancel();
  await remove.settled;
  return hold;
}

scenario("S1: the end of the daemon waits for a removal whose client has left", async (it) => {
  const hold = await removing(it);
  const end = it.end();
  await it.simulation.idle();
  assertEquals(end.state, "running");
  hold.release();
  await end.promise;
  assertEquals(it.waits(), []);
});

scenario("S1b: what hangs keeps the daemon from its end only for a time", async (it) => {
  const hold = await removing(it);
  const { clock } = it.runtime.kernel;
  const beganMs = clock.monotonicMs();
  await it.end().promise;
  assertEquals(Math.round((clock.monotonicMs() - beganMs) / 100) * 100, SHUT_DOWN_MS);
  hold.release();
});

scenario("S2: a pod that is being undone at the end is gone in the next life", async (it) => {
  const request = {
    kind: "RunPodSandbox",
    sandbox: 0,
    hasNetwork: true,
    sharesPids: false,
  } as const;
  const context = new Context();
  const run = it.call("run", (runtime) =>
    runPodSandbox(
      runtime,
      sandboxConfig(request, 0),
      "",
      context,
    ));
  const adding = await it.simulation.until(undefined, /^netlink/);
  context.cancel();
  const undoing = await it.simulation.until(run, /^namespaces\.isPinned/);
  adding.release();
  const end = it.end();
  await it.simulation.idle();
  undoing.release();
  await end.promise;
  assertEquals(run.state, "rejected");
  await it.restart();
  assertEquals([...it.runtime.sandboxes.values()], []);
  await it.run();
});

scenario("S3: the end of the daemon waits until nobody prepares a task", async (it) => {
  const spawning = it.simulation.until(undefined, /^reply processes\.spawn conmon/);
  await it.created("sleep", "1000");
  const conmon = await spawning;
  const end = it.end();
  await it.simulation.idle();
  assertEquals(end.state, "running");
  conmon.release();
  await end.promise;
  await it.simulation.idle();
  assertEquals(it.waits(), []);
}, "eager");

scenario(
  "S4: the end of the daemon waits until a command that was given up has ended",
  async (it) => {
    const container = await it.running("sleep", "1000");
    const context = new Context();
    const exec = it.call(
      "exec",
      (runtime) => execSync(runtime, container.id, ["sleep", "600"], 0, context),
    );
    await it.simulation.idle();
    context.cancel();
    const killing = await it.simulation.until(exec, /^handle\.signal/);
    const end = it.end();
    await it.simulation.idle();
    assertEquals(end.state, "running");
    killing.release();
    await end.promise;
    assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
  },
);

scenario(
  "S5: who watches a container ends with the daemon, at once; the container goes on",
  async (it) => {
    const container = await it.running("sleep", "1000");
    await it.simulation.idle();
    const { clock } = it.runtime.kernel;
    const beganMs = clock.monotonicMs();
    await it.end().promise;
    assertEquals(Math.round(clock.monotonicMs() - beganMs), 0);
    await it.simulation.idle();
    assertEquals(it.waits(), []);
    await it.restart();
    assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
  },
);

scenario("S6: the daemon's cgroup goes at the end where there are no pods", async (it) => {
  const group = () => it.simulation.machine.cgroups.find(DEFAULT_CONFIG.cgroupParent)?.path;
  const sandboxId = await it.run();
  await it.end().promise;
  assertEquals(group(), DEFAULT_CONFIG.cgroupParent);
  await it.restart();
  await it.removeSandbox(sandboxId).promise;
  await it.end().promise;
  assertEquals(group(), undefined);
});

scenario("S7: nothing begins after the end of the daemon", async (it) => {
  const container = await it.created("sleep", "1000");
  await it.end().promise;
  const error = await assertRejects(() => it.start(container).promise, RuntimeError);
  assertEquals(error.code, "UNAVAILABLE");
  await it.restart();
  assertEquals(it.seen(container), "CREATED, 0 processes, executed 0 times");
});

scenario("S8: the stop of a pod that is cut off goes on for none of its containers", async (it) => {
  const sandboxId = await it.run();
  const request = {
    kind: "CreateContainer",
    command: ["sleep", "1000"],
    sharesPids: false,
  } as const;
  const [running = "", prepared = ""] = await it.call("create", (runtime) =>
    Promise.all(([0, 1] as const).map((container) => {
      const config = containerConfig({ ...request, place: { sandbox: 0, container } }, 0);
      return createContainer(runtime, sandboxId, config, new Context());
    }))).promise;
  await it.start(it.container(running)).promise;
  // It is killed, and nobody says with what code it ended.
  const conmon = it.simulation.hold(/^conmon/, new RegExp(`exits/${running}`));
  const stop = it.stopSandbox(sandboxId);
  const reaping = await it.simulation.until(stop, new RegExp(`^files\\.stat .*${prepared}`));
  const end = it.end();
  await it.simulation.idle();
  assertEquals(end.state, "running");
  reaping.release();
  await end.promise;
  conmon.release();
  assertEquals(it.waits(), []);
}, "eager");
