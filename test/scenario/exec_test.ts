import { assertEquals } from "@std/assert";
import { execSync } from "../../src/container/exec.ts";
import { Context } from "../../src/kernel/context.ts";
import { scenario } from "./scenario.ts";

scenario("X1: what is executed in a container is over before its end is told", async (it) => {
  const container = await it.runningAmongOthers("exit", "3", "5000");
  const exec = it.call(
    "exec",
    (runtime) => execSync(runtime, container.id, ["sleep", "600"], 0, new Context()),
  );
  await it.simulation.idle();
  const { machine } = it.simulation;
  const roles = () => machine.processesOf(container.id).map((process) => process.container?.role);
  assertEquals(roles(), ["init", "exec"]);
  const record = await it.simulation.until(undefined, /^store\.commit .*EXITED/);
  assertEquals(roles(), []);
  record.release();
  await it.simulation.idle();
  assertEquals((await exec.promise).exitCode, 137);
  assertEquals(it.seen(container), "EXITED 3 , 0 processes, executed 1 times");
});

scenario(
  "W22: a command whose descendant holds its output open has ended with its code",
  async (it) => {
    const container = await it.running("sleep", "1000");
    const { clock } = it.runtime.kernel;
    const beforeMs = clock.monotonicMs();
    const { exitCode } = await it.call(
      "exec",
      (runtime) =>
        execSync(runtime, container.id, ["fork-holder", "60000", "3"], 30_000, new Context()),
    ).promise;
    assertEquals(exitCode, 3);
    assertEquals(Math.floor(clock.monotonicMs() - beforeMs), it.runtime.config.bounds.execDrainMs);
  },
);
