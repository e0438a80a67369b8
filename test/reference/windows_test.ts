import { containerPaths } from "../../src/container/paths.ts";
import { DEFAULT_CONFIG } from "../../src/config.ts";
import { Context } from "../../src/kernel/context.ts";
import { window } from "./stage.ts";

/**
 * Where the reference writes the end or the start of a container down; in the core, the commit that does.
 */
const RECORD_RUNNING = /^files\.writeFile .*\.tmp-status$|^store\.commit .*RUNNING/;
const RECORD_EXITED = /^files\.writeFile .*\.tmp-status$|^store\.commit .*EXITED/;

window("W1: a client gives up when its task has just been created", {
  reference: "EXITED 128 StartError, 1 processes, executed 0 times; removal rejected",
  core: "EXITED 128 StartError, 0 processes, executed 0 times; removal fulfilled",
}, async (it) => {
  const container = await it.created("sleep", "1000");
  const context = new Context();
  const start = it.start(container, context);
  const found = await it.simulation.until(start, /^processes\.open/);
  context.cancel();
  found.release();
  await start.settled;
  const seen = it.seen(container);
  const remove = it.remove(container);
  await remove.settled;
  return `${seen}; removal ${remove.state}`;
});

window("W2: no descriptor is left for a start, nor for its rollback", {
  reference: "EXITED 128 StartError, 1 processes, executed 0 times",
  core: "EXITED 128 StartError, 0 processes, executed 0 times",
}, async (it) => {
  const container = await it.created("sleep", "1000");
  const start = it.start(container);
  const release = await it.simulation.until(start, /^files\.openFifo/);
  await it.failing(async () => {
    release.release();
    await start.settled;
  });
  await it.simulation.sleep(60_000);
  return it.seen(container);
}, { call: /^(files\.openFifo|processes\.open) /, errno: "EMFILE" });

window("W3: the disk is full when a start is to be written down", {
  reference: "RUNNING, 1 processes, executed 2 times",
  core: "EXITED 128 StartError, 0 processes, executed 1 times",
}, async (it) => {
  const container = await it.created("sleep", "1000");
  await it.failing(async () => await it.start(container).settled);
  await it.start(container).settled;
  await it.simulation.sleep(60_000);
  return it.seen(container);
}, { call: RECORD_RUNNING, errno: "ENOSPC" });

window("W4a: a pod is stopped while a container of it starts", {
  reference: "ready: false; RUNNING, 1 processes, executed 1 times",
  core: "ready: false; EXITED 137, 0 processes, executed 1 times",
}, async (it) => {
  const container = await it.created("sleep", "1000");
  const start = it.start(container);
  const release = await it.simulation.until(start, /^files\.openFifo/);
  const stop = it.stopSandbox(container.sandboxId);
  await it.simulation.idle();
  release.release();
  await start.settled;
  await stop.promise;
  await it.simulation.idle();
  return `ready: ${it.lifecycle.isReady(container.sandboxId)}; ${it.seen(container)}`;
});

window("W4b: a pod that was stopped is called ready", {
  reference: "ready: true; creation fulfilled",
  core: "ready: false; creation rejected",
}, async (it) => {
  const sandboxId = await it.run().promise;
  // The service's copy of the state follows the controller's when its monitor gets to run.
  using _monitor = it.simulation.hold(/^monitor/, "timer");
  await it.stopSandbox(sandboxId).promise;
  const isReady = it.lifecycle.isReady(sandboxId);
  const create = it.create(sandboxId, "sleep", "1000");
  await create.settled;
  return `ready: ${isReady}; creation ${create.state}`;
});

window("W5: a pod is removed while a container is created in it", {
  reference: "1 containers of a pod that is gone",
  core: "0 containers of a pod that is gone",
}, async (it) => {
  const sandboxId = await it.run().promise;
  const create = it.create(sandboxId, "sleep", "1000");
  const commit = await it.simulation.until(create, /^store\.commit .*"container"/);
  const remove = it.removeSandbox(sandboxId);
  await it.simulation.idle();
  commit.release();
  await create.settled;
  await remove.promise;
  const orphans = [...it.lifecycle.containers.values()]
    .filter((container) => it.lifecycle.sandboxes.get(container.sandboxId) === undefined);
  return `${orphans.length} containers of a pod that is gone`;
});

window("W6: the stop signal could not be sent", {
  reference: "EXITED 137, 0 processes, executed 1 times",
  core: "EXITED 5, 0 processes, executed 1 times",
}, async (it) => {
  const container = await it.running("on-term", "5");
  await it.failing(async () => await it.stop(container, 2_000).settled);
  await it.stop(container, 2_000).promise;
  return it.seen(container);
}, { call: /^handle\.signal \d+ 15$/, errno: "EAGAIN" });

window("W7: a container is stopped whose end is not written down yet", {
  reference: "stop fulfilled, container RUNNING",
  core: "stop running, container RUNNING",
}, async (it) => {
  const container = await it.running("sleep", "1000");
  using _record = it.simulation.hold(undefined, RECORD_EXITED);
  it.kill(...it.processes(container));
  await it.simulation.idle();
  const stop = it.stop(container);
  await it.simulation.idle();
  return `stop ${stop.state}, container ${it.container(container.id).status.state}`;
});

window("W8: daemon and monitor die before a start is written down", {
  reference: "CREATED, then RUNNING, 1 processes, executed 2 times",
  core: "EXITED, then EXITED 255 Unknown, 0 processes, executed 1 times",
}, async (it) => {
  const container = await it.created("sleep", "1000");
  const start = it.start(container);
  await it.simulation.until(start, RECORD_RUNNING);
  await it.simulation.idle();
  await it.restart(() => it.kill(it.conmon(container), ...it.processes(container)));
  const { state } = it.container(container.id).status;
  await it.start(container).settled;
  return `${state}, then ${it.seen(container)}`;
});

window("W13: a program that ends at once is over before it has begun", {
  reference: "CREATED STOPPED STARTED",
  core: "CREATED STARTED STOPPED",
}, async (it) => {
  const sandboxId = await it.run().promise;
  const events: string[] = [];
  it.lifecycle.events.listen((event) => events.push(event.type));
  const container = it.container(await it.create(sandboxId, "exit", "0", "10").promise);
  const start = it.start(container);
  (await it.simulation.until(start, RECORD_RUNNING)).release();
  // Whoever announces the start is held up; whoever waits for the end is not.
  const started = await it.next(start, "store.load");
  await it.simulation.sleep(1_000);
  started?.release();
  await it.simulation.idle();
  return events.join(" ");
});

window("W15: somebody asks for events and reads none", {
  reference: "hangs with container 51",
  core: "has made 60 containers",
}, async (it) => {
  const sandboxId = await it.run().promise;
  it.lifecycle.subscribe();
  for (let count = 1; count <= 60; count++) {
    const create = it.create(sandboxId, "sleep", "1000");
    await it.simulation.idle();
    if (create.state === "running") {
      await it.restart();
      return `hangs with container ${count}`;
    }
    await it.remove(it.container(create.value)).promise;
  }
  return "has made 60 containers";
});

window("W17: a removal fails half-way and is called again", {
  reference: "rejected, fulfilled, folder left: true",
  core: "rejected, fulfilled, folder left: false",
}, async (it) => {
  const container = await it.running("sleep", "1000");
  const first = it.remove(container);
  await it.failing(async () => await first.settled);
  const second = it.remove(container);
  await second.settled;
  const { directory } = containerPaths(DEFAULT_CONFIG, container.id);
  return `${first.state}, ${second.state}, folder left: ${it.exists(directory)}`;
}, { call: /^files\.remove .*\/var\/lib\/slipway\/containers\/[0-9a-f]{64}\b/, errno: "EBUSY" });

window("W18: a status cannot be read once, and the daemon restarts again", {
  reference: "UNKNOWN, then RUNNING, created: false",
  core: "RUNNING, then RUNNING, created: true",
}, async (it) => {
  const { id } = await it.running("sleep", "1000");
  await it.failing(() => it.restart());
  const { state } = it.container(id).status;
  await it.restart();
  const { status } = it.container(id);
  return `${state}, then ${status.state}, created: ${status.createdAt !== 0}`;
}, { call: /^files\.readFile .*\/containers\/.*\/status$/, errno: "EIO" });

window("W20: the daemon dies while a pod is made", {
  reference: "left: lease",
  core: "left: nothing",
}, async (it) => {
  const run = it.run();
  await it.simulation.until(run, /^store\.commit .*"table":"sandbox"/);
  await it.simulation.idle();
  await it.restart();
  const left = it.simulation.machine.store.records().map((record) => record.table)
    .filter((table) => table !== "image" && table !== "daemon");
  return `left: ${left.join(", ") || "nothing"}`;
});

window("W26: a creation that failed has left its record, and its name is used again", {
  reference: "rejected, fulfilled; the next life is up: false",
  core: "rejected, fulfilled; the next life is up: true",
}, async (it) => {
  const sandboxId = await it.run().promise;
  const first = it.create(sandboxId, "sleep", "1000");
  await it.failing(async () => await first.settled);
  const second = it.create(sandboxId, "sleep", "1000");
  await second.settled;
  await it.restart();
  return `${first.state}, ${second.state}; the next life is up: ${it.isUp}`;
}, { call: /^store\.commit .*"put".*"table":"container"/, errno: "EIO", isAfterEffect: true });

window("W27: a pod's record cannot be deleted at first", {
  reference: "rejected, fulfilled, left: sandbox; name held: true",
  core: "rejected, fulfilled, left: nothing; name held: false",
}, async (it) => {
  const sandboxId = await it.run().promise;
  const first = it.removeSandbox(sandboxId);
  await it.failing(async () => await first.settled);
  const second = it.removeSandbox(sandboxId);
  await second.settled;
  const left = it.records(sandboxId).join(", ") || "nothing";
  const isHeld = [...it.lifecycle.sandboxNames.entries().values()].includes(sandboxId);
  return `${first.state}, ${second.state}, left: ${left}; name held: ${isHeld}`;
}, { call: /^store\.commit .*"kind":"delete","table":"sandbox"/, errno: "ENOSPC" });

window("W28: a removal meets the end of a start", {
  reference: "removal rejected; RUNNING, 1 processes, executed 1 times",
  core: "removal fulfilled; gone, 0 processes, executed 1 times",
}, async (it) => {
  const container = await it.created("sleep", "1000");
  const start = it.start(container);
  const record = await it.simulation.until(start, RECORD_RUNNING);
  const remove = it.remove(container);
  await it.simulation.idle();
  record.release();
  await start.promise;
  await remove.settled;
  return `removal ${remove.state}; ${it.seen(container)}`;
});
