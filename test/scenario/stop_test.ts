import { assert, assertEquals, assertExists } from "@std/assert";
import { Context } from "../../src/kernel/context.ts";
import { refuseOnce, scenario } from "./scenario.ts";

scenario("B1: a container that ends while its sandbox stops is deleted by one", async (it) => {
  const container = await it.running("sleep", "1000");
  const stop = it.stopSandbox(container.sandboxId);
  const signal = await it.simulation.until(stop, /^handle\.signal/);
  it.kill(it.init(container));
  signal.release();
  await stop.promise;
  assertEquals(it.seen(container), "EXITED 137 , 0 processes, executed 1 times");
  const deletions = it.simulation.history.entries()
    .filter(({ text }) => text === `cgroups.remove ${container.record.cgroup}`);
  assertEquals(deletions.length, 1);
});

scenario(
  "B3: a container that ends before the signal comes is stopped all the same",
  async (it) => {
    const container = await it.running("exit", "3", "50");
    const stop = it.stop(container);
    const signal = await it.simulation.until(stop, /^handle\.signal/);
    await it.simulation.sleep(5_000);
    await it.simulation.idle();
    signal.release();
    await stop.promise;
    assertEquals(it.seen(container), "EXITED 3 , 0 processes, executed 1 times");
  },
);

scenario("B4: a stop signal that could not be recorded is not sent again", async (it) => {
  const container = await it.running("ignore-term");
  refuseOnce(it.runtime.kernel.store, "commit", "ENOSPC");
  const first = it.stop(container, 1_000);
  await first.settled;
  assertEquals(first.state, "rejected");
  await it.stop(container, 1_000).promise;
  const isTerm = (text: string) => /^handle\.signal \d+ 15$/.test(text);
  assertEquals(it.simulation.history.entries().filter(({ text }) => isTerm(text)).length, 1);
  assertEquals(it.seen(container), "EXITED 137 , 0 processes, executed 1 times");
});

scenario("T1: an end that meets the record of a stop signal stays the end", async (it) => {
  const container = await it.running("on-term", "5");
  const stop = it.stop(container, 60_000);
  const signalled = await it.simulation.until(stop, /^store\.commit .*stopRequest/);
  await it.simulation.idle();
  signalled.release();
  await stop.promise;
  assertEquals(it.seen(container), "EXITED 5 , 0 processes, executed 1 times");
  assertEquals(container.status.stopRequest?.signal, 15);
});

scenario("A7: a client that gives up before it waits is not kept waiting", async (it) => {
  const container = await it.running("ignore-term");
  const { clock } = it.runtime.kernel;
  const context = new Context();
  const stop = it.stop(container, 60_000, context);
  const signal = await it.simulation.until(stop, /^handle\.signal/);
  const beganMs = clock.monotonicMs();
  context.cancel();
  signal.release();
  await stop.settled;
  assertEquals(stop.state, "rejected");
  assert(clock.monotonicMs() - beganMs < 1_000, "the stop waited for its grace period");
  assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
});

scenario("B17: who died with its conmon while nobody looked is stopped", async (it) => {
  const container = await it.running("sleep", "1000");
  const { machine } = it.simulation;
  await it.restart(() => {
    for (const process of machine.processes.all()) {
      if (process.args[0]?.endsWith("conmon")) it.kill(process);
    }
    it.kill(it.init(container));
  });
  await it.stop(container).promise;
  assertEquals(it.seen(container), "EXITED 255 Unknown, 0 processes, executed 1 times");
  await it.remove(container).promise;
});

scenario("W6: a stop signal that was refused is sent by the next stop", async (it) => {
  const container = await it.running("on-term", "5");
  const init = container.task?.init;
  assertExists(init);
  refuseOnce(init, "signal", "EPERM");
  const first = it.stop(container, 2_000);
  await first.settled;
  assertEquals(first.state, "rejected");
  await it.stop(container, 2_000).promise;
  assertEquals(it.seen(container), "EXITED 5 , 0 processes, executed 1 times");
});

scenario("W7: a stop does not return before the end is recorded", async (it) => {
  const container = await it.running("sleep", "1000");
  const commit = it.simulation.until(undefined, /^store\.commit .*EXITED/);
  it.kill(it.init(container));
  const hold = await commit;
  const stop = it.stop(container);
  await it.simulation.idle();
  assertEquals(stop.state, "running");
  hold.release();
  await stop.promise;
  assertEquals(it.seen(container), "EXITED 137 , 0 processes, executed 1 times");
});

scenario("W21: who was killed for memory is said to be, after a restart too", async (it) => {
  const container = await it.running("oom", "5");
  const commit = await it.simulation.until(undefined, /^store\.commit .*EXITED/);
  await it.restart(() => commit.release());
  assertEquals(it.seen(container), "EXITED 137 OOMKilled, 0 processes, executed 1 times");
});
