import { assertEquals, assertRejects } from "@std/assert";
import { allocations } from "../../sim/world/snapshot.ts";
import { execSync } from "../../src/container/exec.ts";
import { RuntimeError } from "../../src/errors.ts";
import { Context } from "../../src/kernel/context.ts";
import { KernelError } from "../../src/kernel/errno.ts";
import { sandboxPaths } from "../../src/sandbox/paths.ts";
import { isReady } from "../../src/sandbox/query.ts";
import { refuseOnce, scenario } from "./scenario.ts";

scenario("B10: a stop of a pod waits for who executes in it", async (it) => {
  const container = await it.running("sleep", "1000");
  const exec = it.call(
    "exec",
    (runtime) => execSync(runtime, container.id, ["sleep", "600"], 0, new Context()),
  );
  const begin = await it.simulation.until(/runc .* exec/, /state\.json/);
  const stop = it.stopSandbox(container.sandboxId);
  await it.simulation.idle();
  assertEquals([exec.state, stop.state], ["running", "running"]);
  begin.release();
  await exec.settled;
  assertEquals(exec.state, "rejected");
  await stop.promise;
  assertEquals(it.seen(container), "EXITED 137 , 0 processes, executed 1 times");
});

scenario("W4a: a start that meets the stop of its sandbox leaves nothing running", async (it) => {
  const container = await it.created("sleep", "1000");
  const start = it.start(container);
  const answer = await it.simulation.until(start, /^processes\.open/);
  const stop = it.stopSandbox(container.sandboxId);
  await it.simulation.idle();
  answer.release();
  await start.settled;
  await stop.promise;
  await it.simulation.idle();
  assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 0 times");
});

scenario("W4b: when a sandbox was stopped, nobody starts or creates in it", async (it) => {
  const container = await it.created("sleep", "1000");
  await it.stopSandbox(container.sandboxId).promise;
  const sandbox = it.runtime.sandboxes.get(container.sandboxId);
  assertEquals(sandbox !== undefined && isReady(sandbox), false);
  const start = it.start(container);
  await start.settled;
  assertEquals(start.state, "rejected");
  assertEquals(it.seen(container), "EXITED 128 StartError, 0 processes, executed 0 times");
  await it.remove(container).promise;
  const create = it.create(container.sandboxId, "sleep", "1000");
  await create.settled;
  assertEquals(create.state, "rejected");
});

scenario("W5: a creation that meets the removal of its sandbox adds nothing", async (it) => {
  const sandboxId = await it.run();
  const create = it.create(sandboxId, "sleep", "1000");
  const write = await it.simulation.until(create, /^files\.writeFile .*config\.json/);
  const remove = it.removeSandbox(sandboxId);
  await it.simulation.idle();
  write.release();
  await create.settled;
  await remove.promise;
  await it.simulation.idle();
  assertEquals([...it.runtime.containers.values()], []);
  assertEquals(it.simulation.machine.store.records().filter((r) => r.table === "container"), []);
});

scenario(
  "W5b: what a creation could not take back yet goes before its sandbox does",
  async (it) => {
    const sandboxId = await it.run();
    const { store, mounts } = it.runtime.kernel;
    const commit = store.commit.bind(store);
    store.commit = async (changes) => {
      store.commit = commit;
      await commit(changes);
      throw new KernelError("commit", "EIO", "state");
    };
    refuseOnce(mounts, "unmount", "EBUSY");
    const create = it.create(sandboxId, "sleep", "1000");
    await create.settled;
    assertEquals(create.state, "rejected");
    const isContainer = ({ table }: { readonly table: string }) => table.startsWith("container");
    assertEquals(it.simulation.machine.store.records().filter(isContainer).length, 2);
    await it.removeSandbox(sandboxId).promise;
    assertEquals(it.simulation.machine.store.records().filter(isContainer), []);
  },
);

scenario("W20: a plugin that outlives its daemon leaves the pod no address", async (it) => {
  void it.run();
  const plugin = await it.simulation.until(/bridge/, /^flock/);
  const recovery = it.restart();
  await it.simulation.idle();
  plugin.release();
  await recovery;
  await it.simulation.idle();
  assertEquals(allocations(it.simulation.machine), []);
});

scenario("W20b: a plugin whose client has left leaves the pod no address", async (it) => {
  const context = new Context();
  const run = it.run(false, { context });
  const plugin = await it.simulation.until(/bridge/, /^flock/);
  context.cancel();
  await assertRejects(() => run, RuntimeError, "cancelled");
  plugin.release();
  await it.simulation.idle();
  assertEquals(allocations(it.simulation.machine), []);
});

scenario("W20c: a plugin that was killed has made no network", async (it) => {
  const run = it.run();
  const held = await it.simulation.until(/bridge/, /^flock/);
  for (const process of it.simulation.machine.processes.all()) {
    if (process.args[0]?.endsWith("/bridge")) it.kill(process);
  }
  await assertRejects(() => run, KernelError, "signal 9");
  held.release();
  await it.simulation.idle();
  assertEquals(allocations(it.simulation.machine), []);
});

scenario("W20d: an address that outlives the power is somebody's", async (it) => {
  void it.run();
  await it.simulation.until(undefined, /^store\.commit .*READY/);
  const { machine } = it.simulation;
  assertEquals(allocations(machine).length, 1);
  await it.runtime.kernel.files.syncFileSystem("/var/lib");
  await it.reboot();
  for (const { id } of it.runtime.sandboxes.values()) await it.removeSandbox(id).promise;
  assertEquals(allocations(machine), []);
});

scenario("W20e: who pins namespaces outlives his daemon, and leaves no pod", async (it) => {
  void it.run();
  const pinning = await it.simulation.until(/slipway-pin/, /^lstat/);
  const restarted = it.restart();
  const discarding = it.simulation.hold(undefined, /^files\.remove/);
  await it.simulation.idle();
  pinning.release();
  await it.simulation.idle();
  discarding.release();
  await restarted;
  assertEquals([...it.runtime.sandboxes.values()], []);
});

scenario("F7: a pod whose namespace is gone gives its address back", async (it) => {
  const sandboxId = await it.run();
  const { machine } = it.simulation;
  const { net } = sandboxPaths(it.runtime.config, sandboxId);
  assertEquals(allocations(machine).length, 1);
  // As a reboot leaves it: what /run had is gone, what /var has is not.
  machine.unmount("umount", net);
  await it.stopSandbox(sandboxId).promise;
  assertEquals(allocations(machine), []);
});
