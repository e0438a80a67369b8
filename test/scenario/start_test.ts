import { assert, assertEquals } from "@std/assert";
import { CONTAINER_STATUS_TABLE } from "../../src/container/record.ts";
import { RuntimeError } from "../../src/errors.ts";
import { Context } from "../../src/kernel/context.ts";
import { KernelError } from "../../src/kernel/errno.ts";
import { refuseOnce, type Scenario, scenario } from "./scenario.ts";

scenario(
  "A1: who ends a start that creates its task ends the init that was just forked",
  async (it) => {
    const container = await it.created("sleep", "1000");
    const context = new Context();
    const start = it.start(container, context);
    const create = await it.simulation.until(/runc .* create/, /^mkdir cgroup/);
    const init = await it.simulation.until(/^runc init/, /^read/);
    // Only runc's says whose it is.
    it.init(container).env = {};
    context.cancel();
    await start.settled;
    assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 0 times");
    create.release();
    init.release();
  },
);

scenario(
  "A1b: an init that is slow to end is awaited, whoever could tell whose it is",
  async (it) => {
    const container = await it.created("sleep", "1000");
    const context = new Context();
    const start = it.start(container, context);
    await it.simulation.until(/runc .* create/, /^mkdir cgroup/);
    const read = await it.simulation.until(/^runc init/, /^read/);
    const { pid } = it.init(container);
    context.cancel();
    const kill = await it.simulation.until(start, new RegExp(`^handle\\.signal ${pid} `));
    read.release();
    const exit = await it.simulation.until(/^runc init/, /^exit/);
    // Who ends gives back its memory first, and what it was called with (Linux, do_exit, exit_mm).
    Object.assign(it.init(container), { args: [], env: {} });
    kill.release();
    await start.settled;
    assertEquals(it.seen(container), "UNKNOWN, 1 processes, executed 0 times");
    await it.simulation.sleep(10 * it.runtime.config.bounds.rollbackMs);
    assertEquals(it.seen(container), "UNKNOWN, 1 processes, executed 0 times");
    exit.release();
    await it.stop(container).promise;
    assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 0 times");
  },
);

scenario("A5: init dies before it opens exec.fifo, and the start fails at once", async (it) => {
  const container = await it.created("sleep", "1000");
  const start = it.start(container);
  const release = await it.simulation.until(start, /^files\.openFifo/);
  it.kill(it.init(container));
  await it.simulation.idle();
  const beganMs = it.runtime.kernel.clock.monotonicMs();
  release.release();
  await start.settled;
  assert(start.error instanceof RuntimeError, "start must fail");
  assert(it.runtime.kernel.clock.monotonicMs() - beganMs < 1_000, "start waited for its bound");
  assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 0 times");
});

scenario("A6: a program that has ended before its start looks did start", async (it) => {
  const container = await it.created("true");
  const start = it.start(container);
  const read = await it.simulation.until(start, /^fifo\.read/);
  await it.simulation.idle();
  assertEquals(it.simulation.machine.startCount(container.id), 1);
  read.release();
  await start.promise;
  await it.simulation.idle();
  assertEquals(it.seen(container), "EXITED 0 , 0 processes, executed 1 times");
});

scenario("a container that runs has its root file system for itself", async (it) => {
  const { machine } = it.simulation;
  const mounted = () => machine.tree.mountsBelow("/run/slipway/tasks").length;
  const container = await it.created("sleep", "1000");
  assertEquals(mounted(), 1);
  await it.start(container).promise;
  await it.simulation.idle();
  assertEquals(mounted(), 0);
  await it.stop(container).promise;
  await it.remove(container).promise;
});

scenario("W17c: a removal waits for the root file system that is leaving the host", async (it) => {
  const container = await it.created("sleep", "1000");
  const start = it.start(container);
  const unmount = await it.simulation.until(start, /^mounts\.unmount/);
  await it.simulation.idle();
  assertEquals(start.state, "fulfilled", "the start does not");
  const remove = it.remove(container);
  await it.simulation.idle();
  assertEquals(remove.state, "running");
  unmount.release();
  await remove.promise;
  assertEquals(await it.runtime.kernel.mounts.list("/run/slipway/tasks"), []);
});

scenario(
  "W17d: a root file system that stays mounted keeps no container from running",
  async (it) => {
    const container = await it.created("sleep", "1000");
    refuseOnce(it.runtime.kernel.mounts, "unmount", "EPERM");
    await it.start(container).promise;
    assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
    await it.remove(container).promise;
    assertEquals(await it.runtime.kernel.mounts.list("/run/slipway/tasks"), []);
  },
);

scenario("A12: of two starts at the same time one is refused", async (it) => {
  const container = await it.created("sleep", "1000");
  const first = it.start(container);
  const second = it.start(container);
  await first.settled;
  await second.settled;
  assertEquals([first.state, second.state].toSorted(), ["fulfilled", "rejected"]);
  assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
});

scenario("W1: a client that gives up while its task is created leaves no task", async (it) => {
  const container = await it.created("sleep", "1000");
  const context = new Context();
  const start = it.start(container, context);
  const answer = await it.simulation.until(start, /^child\.readPipeLine/);
  await it.simulation.idle();
  assert(it.simulation.machine.processesOf(container.id).length > 0, "the task is there");
  context.cancel();
  answer.release();
  await start.settled;
  assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 0 times");
  await it.remove(container).promise;
});

scenario("W1b: a client that gives up after the release has a container that runs", async (it) => {
  const container = await it.created("sleep", "1000");
  const context = new Context();
  const start = it.start(container, context);
  const read = await it.simulation.until(start, /^fifo\.read/);
  await it.simulation.idle();
  assertEquals(it.simulation.machine.startCount(container.id), 1);
  context.cancel();
  read.release();
  await start.promise;
  assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
});

scenario("W1c: a client that gives up while conmon forks leaves no OCI runtime", async (it) => {
  const { container, start, kill } = await givenUpWhileConmonForks(it);
  const create = await it.simulation.until(/runc .* create/, /./);
  kill.release();
  await start.settled;
  create.release();
  await it.simulation.idle();
  assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 0 times");
});

scenario(
  "W1d: a client that gives up while runc forks leaves no init behind",
  async (it) => {
    const { container, start, kill } = await givenUpWhileConmonForks(it);
    const init = await it.simulation.until(/^runc init/, /./);
    kill.release();
    const look = await it.simulation.until(start, /^processes\.list/);
    await it.simulation.idle();
    look.release();
    await start.settled;
    assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 0 times");
    init.release();
    await it.simulation.idle();
  },
);

/** A start whose client gives up, about to kill conmon, which has just forked runc. */
async function givenUpWhileConmonForks(it: Scenario) {
  const container = await it.created("sleep", "1000");
  const context = new Context();
  const start = it.start(container, context);
  const fork = await it.simulation.until(/^conmon/, /^fork/);
  context.cancel();
  const kill = await it.simulation.until(start, /^handle\.signal/);
  fork.release();
  return { container, start, kill };
}

scenario("W2: a stop ends what a failed start could neither undo nor record", async (it) => {
  const container = await it.created("no-such-program");
  const { cgroups, store } = it.runtime.kernel;
  const remove = cgroups.remove.bind(cgroups);
  const commit = store.commit.bind(store);
  cgroups.remove = (path) => Promise.reject(new KernelError("remove", "EBUSY", path));
  store.commit = () => Promise.reject(new KernelError("commit", "ENOSPC", "state"));
  const start = it.start(container);
  await start.settled;
  assertEquals([start.state, container.status.state], ["rejected", "CREATED"]);
  cgroups.remove = remove;
  store.commit = commit;
  await it.stop(container).promise;
  assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 0 times");
});

scenario("W3: a program that runs and cannot be recorded is not executed again", async (it) => {
  const container = await it.created("sleep", "1000");
  const isOfStart = (changes: unknown) => JSON.stringify(changes).includes("RUNNING");
  refuseOnce(it.runtime.kernel.store, "commit", "ENOSPC", isOfStart);
  const start = it.start(container);
  await start.settled;
  assertEquals(start.state, "rejected");
  assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 1 times");
});

scenario("W8: the daemon dies between release and record: the program runs once", async (it) => {
  const container = await it.created("sleep", "1000");
  const start = it.start(container);
  await it.simulation.until(start, /^store\.commit .*RUNNING/);
  await it.simulation.idle();
  await it.restart();
  assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
  const again = it.start(container);
  await again.settled;
  assertEquals(again.state, "rejected");
  assertEquals(it.simulation.machine.startCount(container.id), 1);
});

scenario("W8b: a start that was answered is known after a loss of power", async (it) => {
  const container = await it.running("sleep", "1000");
  const { startedAt } = container.status;
  await it.reboot();
  const { status } = it.container(container.id);
  assertEquals([status.state, status.exitCode, status.reason], ["EXITED", 255, "Unknown"]);
  assertEquals(status.startedAt, startedAt);
});

scenario("W8c: who was seen RUNNING is not CREATED again after a loss of power", async (it) => {
  const { id } = await it.running("sleep", "1000");
  const ending = it.simulation.until(undefined, /^store\.commit .*EXITED/);
  const rebooted = it.reboot();
  const end = await ending;
  const recorded = it.simulation.machine.store.records()
    .find((it) => it.table === CONTAINER_STATUS_TABLE && it.id === id);
  assertEquals(JSON.parse(recorded?.value ?? "{}").state, "RUNNING");
  end.release();
  await rebooted;
});

scenario(
  "a start that the next life of the daemon has found out is known after it, too",
  async (it) => {
    const container = await it.created("sleep", "1000");
    const start = it.start(container);
    await it.simulation.until(start, /^store\.commit .*RUNNING/);
    await it.simulation.idle();
    await it.restart();
    const { state, startedAt } = it.container(container.id).status;
    assertEquals(state, "RUNNING");
    await it.reboot();
    assertEquals(it.container(container.id).status.startedAt, startedAt);
  },
);

scenario("W3b: a program that runs and may be forgotten is ended", async (it) => {
  const container = await it.created("sleep", "1000");
  refuseOnce(it.runtime.kernel.store, "sync", "EIO");
  const start = it.start(container);
  await start.settled;
  assertEquals(start.state, "rejected");
  assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 1 times");
});
