import { assert, assertEquals } from "@std/assert";
import { reopenContainerLog } from "../../src/container/logs.ts";
import { RuntimeError } from "../../src/errors.ts";
import { Context } from "../../src/kernel/context.ts";
import { scenario } from "./scenario.ts";

scenario("L1: what conmon has written to the new log is not written over", async (it) => {
  const container = await it.running("pieces", "40");
  const { logPath } = container.record;
  const { tree } = it.simulation.machine;
  tree.rename("rename", logPath, `${logPath}.1`);
  const reopen = it.call(
    "reopen",
    (runtime) => reopenContainerLog(runtime, container.id, new Context()),
  );
  const look = await it.simulation.until(reopen, /^files\.(stat|writeFile)/);
  await it.simulation.sleep(50);
  const { files } = it.runtime.kernel;
  const sizeBytes = async () => (await files.stat(logPath))?.sizeBytes ?? 0;
  const written = await sizeBytes();
  assert(written > 0, "conmon has opened the new log");
  look.release();
  await reopen.promise;
  assert(await sizeBytes() >= written, "and all of it is there");
});

scenario("L2: a log whose conmon is gone is refused with what is wrong", async (it) => {
  const container = await it.running("sleep", "1000");
  for (const process of it.simulation.machine.processes.all()) {
    if (process.args[0]?.endsWith("conmon")) it.kill(process);
  }
  await it.simulation.idle();
  const reopen = it.call(
    "reopen",
    (runtime) => reopenContainerLog(runtime, container.id, new Context()),
  );
  await reopen.settled;
  assert(reopen.error instanceof RuntimeError, String(reopen.error));
  assertEquals(reopen.error.code, "FAILED_PRECONDITION");
});

scenario("L3: an exit code waits for no disk", async (it) => {
  const container = await it.running("exit", "3", "50");
  await it.simulation.sleep(5_000);
  await it.simulation.idle();
  assertEquals(it.seen(container), "EXITED 3 , 0 processes, executed 1 times");
  assertEquals(it.simulation.history.entries().filter(({ text }) => /^fsync /.test(text)), []);
});
