import { assertEquals, assertRejects } from "@std/assert";
import { execSync } from "../../src/container/exec.ts";
import { containerPaths } from "../../src/container/paths.ts";
import { RuntimeError } from "../../src/errors.ts";
import { Context } from "../../src/kernel/context.ts";
import { taskPaths } from "../../src/task/paths.ts";
import { refuseOnce, scenario } from "./scenario.ts";

scenario("W17: a removal that failed half-way is completed by the next", async (it) => {
  const container = await it.running("sleep", "1000");
  const { directory } = containerPaths(it.runtime.config, container.id);
  const events: string[] = [];
  it.runtime.events.listen((event) => events.push(event.type));
  const isOfContainer = (...paths: readonly string[]) => paths.includes(directory);
  refuseOnce(it.runtime.kernel.files, "remove", "EBUSY", isOfContainer);
  const first = it.remove(container);
  await first.settled;
  assertEquals(first.state, "rejected");
  await it.remove(container).promise;
  assertEquals(it.simulation.machine.tree.find(directory), undefined);
  assertEquals(events, ["STOPPED", "DELETED"]);
});

scenario("E3: a removal is not done before the runtime's deletion is", async (it) => {
  const container = await it.running("sleep", "1000");
  const { runtimeDirectory, runtimeState } = taskPaths(it.runtime.config, container.id);
  const { tree } = it.simulation.machine;
  const { files, processes } = it.runtime.kernel;
  // There is more to take back than files: only the runtime can.
  const text = new TextDecoder().decode(await files.readFile(runtimeState, 65_536));
  const state = text.replace('"intel_rdt_path":""', '"intel_rdt_path":"/sys/fs/resctrl/1"');
  tree.write("edit", runtimeState, state, 0o600);
  const spawn = processes.spawn.bind(processes);
  processes.spawn = (command, options) =>
    spawn(command.args.includes("delete") ? { program: "false", args: [] } : command, options);
  const first = it.remove(container);
  await first.settled;
  assertEquals(first.state, "rejected");
  processes.spawn = spawn;
  await it.remove(container).promise;
  assertEquals(tree.find(runtimeDirectory), undefined);
});

scenario("W17b: a removal that a crash has cut off is gone on with", async (it) => {
  const container = await it.created("sleep", "1000");
  const remove = it.remove(container);
  const commit = await it.simulation.until(remove, /^store\.commit .*delete/);
  await it.restart(() => commit.release());
  await it.simulation.idle();
  assertEquals(it.runtime.containers.get(container.id), undefined);
  const { directory } = containerPaths(it.runtime.config, container.id);
  assertEquals(it.simulation.machine.tree.find(directory), undefined);
});

scenario("W28: a removal that meets a start waits for it and takes it back", async (it) => {
  const container = await it.created("sleep", "1000");
  const start = it.start(container);
  const commit = await it.simulation.until(start, /^store\.commit .*RUNNING/);
  const remove = it.remove(container);
  await it.simulation.idle();
  assertEquals(remove.state, "running");
  commit.release();
  await start.promise;
  await remove.promise;
  assertEquals(it.runtime.containers.get(container.id), undefined);
  assertEquals(it.simulation.machine.processesOf(container.id), []);
});

scenario("an exec that meets a removal hears that the container does not run", async (it) => {
  const container = await it.running("sleep", "1000");
  const exec = it.call(
    "exec",
    (runtime) => execSync(runtime, container.id, ["sleep", "600"], 0, new Context()),
  );
  const write = await it.simulation.until(exec, /^files\.writeFile/);
  await it.remove(container).promise;
  write.release();
  const error = await assertRejects(() => exec.promise, RuntimeError);
  assertEquals(error.code, "FAILED_PRECONDITION");
});
