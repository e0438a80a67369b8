import { assert, assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { listContainers } from "../../src/container/query.ts";
import { createContainer } from "../../src/container/create.ts";
import { startContainer } from "../../src/container/start.ts";
import type { Container } from "../../src/container/container.ts";
import { type LinuxResources, NO_LIMITS } from "../../src/container/config.ts";
import { RuntimeError } from "../../src/errors.ts";
import { Context } from "../../src/kernel/context.ts";
import { KernelError } from "../../src/kernel/errno.ts";
import { taskPaths } from "../../src/task/paths.ts";
import { containerConfig } from "../../sim/lifecycle/configs.ts";
import { refuseOnce, type Scenario, scenario } from "./scenario.ts";
import type { SimTask } from "../../sim/mod.ts";

const UPDATE = /runc .*update/;
const MEMORY = 64 << 20;
/** More than Linux gives in so short a time. */
const REFUSED = { cpuQuota: 10 };

/** Its present limits, as readers see them. */
function reported(container: Container): Partial<LinuxResources> {
  const resources = container.status.resources ?? container.record.config.resources;
  return Object.fromEntries(
    Object.entries(resources).filter(([name, value]) => {
      const unset = NO_LIMITS[name as keyof LinuxResources];
      return JSON.stringify(value) !== JSON.stringify(unset);
    }),
  );
}

async function refusal(call: SimTask<unknown>): Promise<RuntimeError> {
  await call.settled;
  assertInstanceOf(call.error, RuntimeError, String(call.error));
  return call.error;
}

function updatesAtWork(it: Scenario): number {
  return it.simulation.machine.processes.all()
    .filter((process) => process.isAlive && process.args.includes("update")).length;
}

scenario("W25: an update that meets a start is one of the program that runs", async (it) => {
  const container = await it.created("sleep", "1000");
  const start = it.start(container);
  const creating = await it.simulation.until(/runc .*create/, /exec\.fifo/);
  const update = it.update(container, { memoryLimitBytes: MEMORY });
  await it.simulation.idle();
  creating.release();
  await start.promise;
  await update.promise;
  assertEquals(reported(container), { memoryLimitBytes: MEMORY });
  assertEquals(it.limits(container), `memory.max=${MEMORY}`);
});

scenario("W12: readers, a stop and other containers do not wait for an update", async (it) => {
  const container = await it.running("sleep", "1000");
  const update = it.update(container, { memoryLimitBytes: MEMORY });
  const write = await it.simulation.until(UPDATE, /memory\.max/);
  assertEquals(reported(it.container(container.id)), {});
  assertEquals(listContainers(it.runtime, { state: "RUNNING" }), [container]);
  const stop = it.stop(container);
  await it.simulation.idle();
  assertEquals(stop.state, "fulfilled");
  assertEquals((await refusal(update)).code, "FAILED_PRECONDITION");
  write.release();
  assertEquals(reported(container), {});
  assertEquals(it.seen(container), "EXITED 137 , 0 processes, executed 1 times");
});

scenario("U1: an update of a prepared task is in effect when it is let go", async (it) => {
  const container = await it.created("sleep", "1000");
  await it.simulation.idle();
  await it.update(container, { memoryLimitBytes: MEMORY }).promise;
  assertEquals(it.limits(container), `memory.max=${MEMORY}`);
  await it.start(container).promise;
  assertEquals(it.limits(container), `memory.max=${MEMORY}`);
  assertEquals(reported(container), { memoryLimitBytes: MEMORY });
}, "eager");

scenario("U2: an update that meets the preparation waits for the task", async (it) => {
  const sandboxId = await it.run();
  const creating = it.simulation.until(/runc .*create/, /cgroup\.procs/);
  const container = it.container(await it.create(sandboxId, "sleep", "1000").promise);
  const held = await creating;
  const update = it.update(container, { cpuShares: 512 });
  await it.simulation.idle();
  assertEquals(update.state, "running");
  held.release();
  await update.promise;
  await it.start(container).promise;
  assertEquals([it.limits(container), reported(container)], ["cpu.weight=20", { cpuShares: 512 }]);
}, "eager");

scenario(
  "U3: an update that meets the exit leaves nobody at work, and the end an end",
  async (it) => {
    const container = await it.running("sleep", "1000");
    const update = it.update(container, { memoryLimitBytes: MEMORY });
    const write = await it.simulation.until(UPDATE, /memory\.max/);
    it.kill(it.init(container));
    assertEquals((await refusal(update)).code, "FAILED_PRECONDITION");
    await it.simulation.idle();
    assertEquals([it.container(container.id).status.state, updatesAtWork(it)], ["EXITED", 0]);
    assertEquals(container.status.resourcesIntended, undefined);
    write.release();
  },
);

scenario("a container is removed while its limits change", async (it) => {
  const container = await it.running("sleep", "1000");
  const update = it.update(container, { memoryLimitBytes: MEMORY });
  const write = await it.simulation.until(UPDATE, /memory\.max/);
  const remove = it.remove(container);
  await it.simulation.idle();
  assertEquals([remove.state, updatesAtWork(it)], ["fulfilled", 0]);
  assertEquals((await refusal(update)).code, "FAILED_PRECONDITION");
  write.release();
  await it.simulation.idle();
  assertEquals(it.simulation.snapshot().filter((line) => line.includes(container.id)), []);
});

scenario("U4: the removal of a container ends the update of its prepared task", async (it) => {
  const container = await it.created("sleep", "1000");
  await it.simulation.idle();
  const update = it.update(container, { memoryLimitBytes: MEMORY });
  const write = await it.simulation.until(UPDATE, /memory\.max/);
  const remove = it.remove(container);
  await it.simulation.idle();
  assertEquals([remove.state, updatesAtWork(it)], ["fulfilled", 0]);
  assertEquals((await refusal(update)).code, "FAILED_PRECONDITION");
  write.release();
  assertEquals(it.simulation.snapshot().filter((line) => line.includes(container.id)), []);
}, "eager");

scenario("U5: the stop of a sandbox ends the update of a prepared task", async (it) => {
  const container = await it.created("sleep", "1000");
  await it.simulation.idle();
  const update = it.update(container, { memoryLimitBytes: MEMORY });
  const write = await it.simulation.until(UPDATE, /memory\.max/);
  const stop = it.stopSandbox(container.sandboxId);
  await it.simulation.idle();
  assertEquals([stop.state, updatesAtWork(it)], ["fulfilled", 0]);
  assertMatch((await refusal(update)).message, /sandbox .* is not ready/);
  write.release();
  assertEquals(it.seen(container), "CREATED, 0 processes, executed 0 times");
}, "eager");

scenario("U6: an update whose daemon dies before it has an effect goes on", async (it) => {
  const container = await it.running("sleep", "1000");
  const update = it.update(container, { memoryLimitBytes: MEMORY });
  const spawn = await it.simulation.until(update, /^processes\.spawn/);
  await it.restart(() => spawn.release());
  await it.simulation.idle();
  assertEquals(reported(it.container(container.id)), { memoryLimitBytes: MEMORY });
  assertEquals(it.limits(container), `memory.max=${MEMORY}`);
});

scenario("U7: an update whose daemon dies before its record is recorded", async (it) => {
  const container = await it.running("sleep", "1000");
  const update = it.update(container, { memoryLimitBytes: MEMORY });
  await it.simulation.until(UPDATE, /memory\.max/).then((write) => write.release());
  const commit = await it.simulation.until(update, /^store\.commit/);
  assertEquals(it.limits(container), `memory.max=${MEMORY}`);
  await it.restart(() => commit.release());
  await it.simulation.idle();
  assertEquals(reported(it.container(container.id)), { memoryLimitBytes: MEMORY });
  assertEquals(it.container(container.id).status.resourcesIntended, undefined);
});

scenario("U8: an update that a crash has left at work does not undo a later one", async (it) => {
  const container = await it.running("sleep", "1000");
  it.update(container, { memoryLimitBytes: MEMORY });
  const write = await it.simulation.until(UPDATE, /memory\.max/);
  await it.restart();
  await it.simulation.idle();
  await it.update(it.container(container.id), { memoryLimitBytes: 2 * MEMORY }).promise;
  write.release();
  await it.simulation.idle();
  assertEquals(it.limits(container), `memory.max=${2 * MEMORY}`);
});

scenario("U9: what is refused is told, and everything is as before", async (it) => {
  const container = await it.running("sleep", "1000");
  await it.update(container, { cpuShares: 512 }).promise;
  const update = it.update(container, { ...REFUSED, memoryLimitBytes: MEMORY, cpuShares: 2_048 });
  const { code, message } = await refusal(update);
  assertEquals(code, "UNKNOWN");
  assertMatch(message, /failed to write "10 100000": write \S+\/cpu\.max: invalid argument/);
  assertEquals([it.limits(container), reported(container)], ["cpu.weight=20", { cpuShares: 512 }]);
  assertEquals(container.status.resourcesIntended, undefined);
});

/** A file that is there and, behind it, one that is not. */
const NO_FILE = { unified: { "memory.high": `${MEMORY}`, "memory.nothing.max": "1" } };

scenario("U18: a file that no group has is told, and everything is as before", async (it) => {
  const container = await it.running("sleep", "1000");
  const { code, message } = await refusal(it.update(container, NO_FILE));
  assertEquals(code, "UNKNOWN");
  assertMatch(message, /memory\.nothing\.max: no such file or directory/);
  assertEquals([it.limits(container), reported(container)], ["", {}]);
  await it.update(container, { cpuShares: 512 }).promise;
  assertEquals(it.limits(container), "cpu.weight=20");
});

scenario("U19: a prepared task that was refused a file is updated and started", async (it) => {
  const container = await it.created("sleep", "1000");
  await it.simulation.idle();
  await refusal(it.update(container, NO_FILE));
  await it.update(container, { cpuShares: 512 }).promise;
  await it.start(container).promise;
  assertEquals([it.limits(container), reported(container)], ["cpu.weight=20", { cpuShares: 512 }]);
}, "eager");

scenario("U20: an update is over of which the OCI runtime has no state any more", async (it) => {
  const container = await it.running("sleep", "1000");
  const { runtimeDirectory } = taskPaths(it.runtime.config, container.id);
  await it.runtime.kernel.files.remove(`${runtimeDirectory}/state.json`);
  for (const cpuShares of [512, 256]) {
    const { code, message } = await refusal(it.update(container, { cpuShares }));
    assertEquals(code, "UNKNOWN");
    assertMatch(message, /container does not exist/);
    assertEquals(container.status.resourcesIntended, undefined);
  }
  assertEquals([it.limits(container), reported(container)], ["", {}]);
  await it.stop(container).promise;
  await it.remove(container).promise;
});

scenario("U10: what a prepared task was refused is not in effect when it is let go", async (it) => {
  const container = await it.created("sleep", "1000");
  await it.simulation.idle();
  const update = it.update(container, { ...REFUSED, memoryLimitBytes: MEMORY });
  assertEquals((await refusal(update)).code, "UNKNOWN");
  await it.start(container).promise;
  assertEquals([it.limits(container), reported(container)], ["", {}]);
}, "eager");

scenario("U11: an update that hangs is given up, and gone on with", async (it) => {
  const container = await it.running("sleep", "1000");
  const update = it.update(container, { memoryLimitBytes: MEMORY });
  const write = await it.simulation.until(UPDATE, /memory\.max/);
  await it.simulation.sleep(it.runtime.config.bounds.programMs + 10_000);
  assertEquals((await refusal(update)).code, "DEADLINE_EXCEEDED");
  write.release();
  await it.simulation.sleep(it.runtime.config.bounds.reaperLongestMs);
  assertEquals(reported(container), { memoryLimitBytes: MEMORY });
  assertEquals(it.limits(container), `memory.max=${MEMORY}`);
});

scenario("an update whose client has left is done all the same", async (it) => {
  const container = await it.running("sleep", "1000");
  const context = new Context();
  const update = it.update(container, { memoryLimitBytes: MEMORY }, context);
  const write = await it.simulation.until(UPDATE, /memory\.max/);
  context.cancel();
  assertEquals((await refusal(update)).code, "CANCELLED");
  write.release();
  await it.simulation.idle();
  assertEquals(reported(container), { memoryLimitBytes: MEMORY });
});

scenario("U12: shares that were refused do not come back with the next update", async (it) => {
  const container = await it.running("sleep", "1000");
  await refusal(it.update(container, { ...REFUSED, cpuShares: 2_048 }));
  await it.update(container, { memoryLimitBytes: MEMORY }).promise;
  assertEquals(it.limits(container), `memory.max=${MEMORY}`);
});

scenario("U13: two updates are both in effect", async (it) => {
  const container = await it.running("sleep", "1000");
  const first = it.update(container, { memoryLimitBytes: MEMORY });
  const write = await it.simulation.until(UPDATE, /memory\.max/);
  const second = it.update(container, { cpuShares: 512 });
  await it.simulation.idle();
  write.release();
  await Promise.all([first.promise, second.promise]);
  assertEquals(it.limits(container), `cpu.weight=20 memory.max=${MEMORY}`);
  assertEquals(reported(container), { memoryLimitBytes: MEMORY, cpuShares: 512 });
});

scenario("U14: an update whose program was started and refused is not done twice", async (it) => {
  const container = await it.running("sleep", "1000");
  const { processes } = it.runtime.kernel;
  const spawn = processes.spawn.bind(processes);
  processes.spawn = async (command, options) => {
    await spawn(command, options);
    processes.spawn = spawn;
    throw new KernelError("spawn", "EMFILE", command.program);
  };
  const write = it.simulation.until(UPDATE, /memory\.max/);
  const first = it.update(container, { memoryLimitBytes: MEMORY });
  await first.settled;
  const stray = await write;
  await it.simulation.sleep(2_000);
  await it.update(container, { memoryLimitBytes: 2 * MEMORY }).promise;
  stray.release();
  await it.simulation.idle();
  assertEquals(it.limits(container), `memory.max=${2 * MEMORY}`);
});

scenario(
  "U15: a container that is found before it is being prepared is updated then",
  async (it) => {
    it.plugins = [{
      name: "slow",
      postCreateContainer: async () => void await it.runtime.kernel.files.stat("/plugin"),
    }];
    await it.restart();
    const sandboxId = await it.run();
    const create = it.create(sandboxId, "sleep", "1000");
    const plugin = await it.simulation.until(create, /\/plugin/);
    const [container] = listContainers(it.runtime, {});
    assert(container !== undefined);
    const update = it.update(container, { cpuShares: 512 });
    const commit = it.simulation.hold(update, /^store\.commit/);
    await it.simulation.idle();
    plugin.release();
    await create.promise;
    await it.simulation.idle();
    commit.release();
    await update.promise;
    await it.start(container).promise;
    assertEquals([it.limits(container), reported(container)], ["cpu.weight=20", {
      cpuShares: 512,
    }]);
  },
  "eager",
);

scenario("U16: an update before the start is of the task that a later life creates", async (it) => {
  const container = await it.created("sleep", "1000");
  await it.update(container, { cpuShares: 512 }).promise;
  await it.restart();
  await it.start(it.container(container.id)).promise;
  assertEquals(it.limits(container), "cpu.weight=20");
});

scenario("U17: others are created and started while the limits of one change", async (it) => {
  const container = await it.running("sleep", "1000");
  const update = it.update(container, { memoryLimitBytes: MEMORY });
  const write = await it.simulation.until(UPDATE, /memory\.max/);
  const request = {
    kind: "CreateContainer",
    place: { sandbox: 0, container: 1 },
    command: ["sleep", "1000"],
    sharesPids: false,
  } as const;
  const other = it.call("other", async (runtime) => {
    const config = containerConfig(request, 0);
    const id = await createContainer(runtime, container.sandboxId, config, new Context());
    await startContainer(runtime, id, new Context());
  });
  await it.simulation.idle();
  assertEquals([other.state, update.state], ["fulfilled", "running"]);
  write.release();
  await update.promise;
});

scenario("an update that changes nothing takes no step", async (it) => {
  const container = await it.running("sleep", "1000");
  await it.update(container, { cpuShares: 512 }).promise;
  const before = it.simulation.scheduler.stepCount;
  await it.update(container, { cpuShares: 512 }).promise;
  await it.update(container, {}).promise;
  // The two calls themselves.
  assertEquals(it.simulation.scheduler.stepCount, before + 2);
});

scenario("an update of what has ended or is being ended is refused", async (it) => {
  const container = await it.running("sleep", "1000");
  refuseOnce(it.runtime.kernel.cgroups, "remove", "EBUSY");
  await it.stop(container).settled;
  assertMatch(
    (await refusal(it.update(container, {}))).message,
    /CONTAINER_(UNKNOWN|EXITED) state/,
  );
  await it.simulation.sleep(5_000);
  assertMatch((await refusal(it.update(container, {}))).message, /CONTAINER_EXITED state/);
  await it.remove(container).promise;
  const gone = await refusal(it.update(container, { cpuShares: 512 }));
  assertEquals(gone.code, "NOT_FOUND");
});

scenario(
  "an update of a container whose sandbox was stopped is refused, as its start is",
  async (it) => {
    const container = await it.created("sleep", "1000");
    await it.stopSandbox(container.sandboxId).promise;
    const first = await refusal(it.update(container, { cpuShares: 512 }));
    await it.restart();
    const second = await refusal(it.update(it.container(container.id), { cpuShares: 512 }));
    assertEquals([first.code, second.code], ["FAILED_PRECONDITION", "FAILED_PRECONDITION"]);
  },
);

scenario("an update leaves no file of its own", async (it) => {
  const container = await it.running("sleep", "1000");
  const { files } = it.runtime.kernel;
  const { bundle, runtimeDirectory } = taskPaths(it.runtime.config, container.id);
  const names = async () => [await files.list(bundle), await files.list(runtimeDirectory)];
  const before = await names();
  await it.update(container, { cpuShares: 512 }).promise;
  assertEquals(await names(), before);
});
