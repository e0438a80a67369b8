import { assert, assertEquals } from "@std/assert";
import { RuntimeError } from "../../src/errors.ts";
import { Context } from "../../src/kernel/context.ts";
import { scenario } from "./scenario.ts";

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
