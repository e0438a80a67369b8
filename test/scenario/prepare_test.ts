import { assert, assertEquals } from "@std/assert";
import { Context } from "../../src/kernel/context.ts";
import { createContainer } from "../../src/container/create.ts";
import { containerConfig } from "../../sim/lifecycle/configs.ts";
import { scenario } from "./scenario.ts";

scenario("P1: a prepared task is released by the start, and by nobody else", async (it) => {
  const container = await it.created("sleep", "1000");
  await it.simulation.idle();
  assertEquals(it.seen(container), "CREATED, 1 processes, executed 0 times");
  await it.start(container).promise;
  assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
}, "eager");

scenario("P2: the removal of a container ends its prepared task", async (it) => {
  const container = await it.created("sleep", "1000");
  await it.simulation.idle();
  await it.remove(container).promise;
  assertEquals(it.simulation.machine.processesOf(container.id), []);
  assertEquals(it.held().filter((name) => name.startsWith("pidfd")), []);
}, "eager");

scenario("P3: the removal of a container ends the preparation that is under way", async (it) => {
  const sandboxId = await it.run();
  const answer = it.simulation.until(undefined, /^files\.mkdir \/var\/log/);
  const container = it.container(await it.create(sandboxId, "sleep", "1000").promise);
  const preparing = await answer;
  const remove = it.remove(container);
  const discarding = it.simulation.hold(remove, /^(mounts\.unmount|files\.remove)/);
  await it.simulation.idle();
  preparing.release();
  await it.simulation.idle();
  discarding.release();
  await remove.promise;
  await it.simulation.idle();
  assertEquals(it.simulation.machine.processesOf(container.id), []);
  assert(!it.simulation.snapshot().some((line) => line.includes(container.id)));
}, "eager");

scenario("P4: the stop of a sandbox ends the prepared tasks of its containers", async (it) => {
  const container = await it.created("sleep", "1000");
  await it.simulation.idle();
  await it.stopSandbox(container.sandboxId).promise;
  assertEquals(it.seen(container), "CREATED, 0 processes, executed 0 times");
}, "eager");

scenario("P5: a prepared task does not outlive its daemon, its container does", async (it) => {
  const container = await it.created("sleep", "1000");
  await it.simulation.idle();
  await it.restart();
  assertEquals(it.seen(container), "CREATED, 0 processes, executed 0 times");
  await it.start(it.container(container.id)).promise;
  assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
}, "eager");

scenario("P6: what went wrong in the preparation is told by the start", async (it) => {
  const container = await it.created("no-such-program");
  await it.simulation.idle();
  assertEquals(it.container(container.id).status.state, "CREATED");
  const start = it.start(container);
  await start.settled;
  assert(String(start.error).includes("executable file not found"), String(start.error));
  assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 0 times");
}, "eager");

scenario("P7: a client that gives up waiting for the preparation leaves no task", async (it) => {
  const sandboxId = await it.run();
  const answer = it.simulation.until(undefined, /^files\.mkdir \/var\/log/);
  const container = it.container(await it.create(sandboxId, "sleep", "1000").promise);
  const hold = await answer;
  const context = new Context();
  const start = it.start(container, context);
  await it.simulation.idle();
  context.cancel();
  await it.simulation.idle();
  hold.release();
  await start.settled;
  await it.simulation.idle();
  assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 0 times");
}, "eager");

scenario("P8: the end of a task before a restart is not that of the task after it", async (it) => {
  const container = await it.created("exit", "3");
  await it.simulation.idle();
  it.kill(it.init(container));
  await it.simulation.idle();
  await it.restart();
  await it.start(it.container(container.id)).promise;
  await it.simulation.idle();
  assertEquals(it.seen(container), "EXITED 3 , 0 processes, executed 1 times");
}, "eager");

scenario("P9: a removal that a restart goes on with ends who still prepares", async (it) => {
  const sandboxId = await it.run();
  const start = it.simulation.until(undefined, /^read 4/);
  const container = it.container(await it.create(sandboxId, "sleep", "1000").promise);
  const conmon = await start;
  await it.simulation.until(it.remove(container), /^processes\.list/);
  assert(it.container(container.id).status.isRemoving);
  await it.restart();
  await it.simulation.idle();
  const left = it.simulation.machine.processes.all()
    .filter((process) => process.isAlive && process.args.includes(container.id));
  assertEquals(left.map((process) => process.args[0]), []);
  conmon.release();
}, "eager");

scenario("P10: a preparation that hangs holds up no other", async (it) => {
  const sandboxId = await it.run();
  const preparing = it.simulation.until(undefined, /^files\.mkdir \/var\/log/);
  await it.create(sandboxId, "sleep", "1000").promise;
  const hold = await preparing;
  const request = {
    kind: "CreateContainer",
    place: { sandbox: 0, container: 1 },
    command: ["sleep", "1000"],
    sharesPids: false,
  } as const;
  const other = it.container(
    await it.call(
      "create",
      (runtime) => createContainer(runtime, sandboxId, containerConfig(request, 0), new Context()),
    ).promise,
  );
  const start = it.start(other);
  await it.simulation.idle();
  assertEquals(start.state, "fulfilled");
  hold.release();
}, "eager");

scenario("P11: nobody is served before what a removal had left is ended", async (it) => {
  const container = await it.created("sleep", "1000");
  await it.simulation.idle();
  await it.simulation.until(it.remove(container), /^processes\.list/);
  assert(it.container(container.id).status.isRemoving);
  let isServing = false;
  const restarted = it.restart().then(() => void (isServing = true));
  const kill = await it.simulation.until(undefined, /^handle\.signal/);
  await it.simulation.idle();
  assertEquals(isServing, false);
  kill.release();
  await restarted;
  await it.stopSandbox(container.sandboxId).promise;
  assertEquals(it.simulation.machine.processesOf(container.id), []);
}, "eager");

scenario("P12: a start that is refused waits for who takes back what was prepared", async (it) => {
  const sandboxId = await it.run();
  const creating = it.simulation.until(/runc .*create/, /exec\.fifo/);
  const container = it.container(await it.create(sandboxId, "sleep", "1000").promise);
  const fifo = await creating;
  const deleting = it.simulation.until(/runc .*delete/, /state\.json/);
  const stop = it.stopSandbox(sandboxId);
  const deletion = await deleting;
  const start = it.start(container);
  await it.simulation.idle();
  assertEquals([start.state, stop.state], ["running", "running"]);
  deletion.release();
  fifo.release();
  await start.settled;
  await stop.promise;
  assertEquals(start.state, "rejected");
  assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 0 times");
}, "eager");

scenario(
  "P14: a prepared task keeps its layers when its image goes, and they go with it",
  async (it) => {
    const container = await it.created("sleep", "1000");
    await it.simulation.idle();
    await it.removeImage().promise;
    assertEquals(it.layerCount, 1);
    await it.start(container).promise;
    assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
    await it.remove(container).promise;
    assertEquals(it.layerCount, 0);
  },
  "eager",
);

scenario("P15: a restart keeps the layers of a container whose image is gone", async (it) => {
  const container = await it.created("sleep", "1000");
  await it.simulation.idle();
  await it.removeImage().promise;
  await it.restart();
  assertEquals(it.layerCount, 1);
  await it.start(it.container(container.id)).promise;
  assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
}, "eager");
