import { assert, assertEquals } from "@std/assert";
import { CONTAINER_TABLE } from "../../src/container/record.ts";
import { KernelError } from "../../src/kernel/errno.ts";
import { scenario } from "./scenario.ts";

scenario("W29: what runs without a record is ended by the next life", async (it) => {
  const { id } = await it.running("ignore-term");
  const { machine } = it.simulation;
  await it.restart(() => {
    const record = { table: CONTAINER_TABLE, id, value: "what a bad block has left" };
    machine.store.commit([{ kind: "put", record }]);
  });
  await it.simulation.idle();
  assertEquals(it.runtime.containers.get(id), undefined);
  assertEquals(machine.processesOf(id), []);
  const isOf = (line: string) => line.includes(id) && !line.startsWith("record damaged_");
  assertEquals(it.simulation.snapshot().filter(isOf), []);
});

scenario("P13: a life begins where no process can be born", async (it) => {
  const container = await it.running("sleep", "1000");
  const { history } = it.simulation;
  const born = () => history.entries().filter(({ text }) => /^processes\.spawn/.test(text)).length;
  const before = born();
  assert(before > 0, "the pod was made without a process");
  await it.restart();
  assertEquals(born(), before);
  assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
});

scenario("W18: who was UNKNOWN is ended by the next life", async (it) => {
  const container = await it.created("no-such-program");
  const { cgroups } = it.runtime.kernel;
  cgroups.remove = (path) => Promise.reject(new KernelError("remove", "EBUSY", path));
  const start = it.start(container);
  await start.settled;
  assertEquals(start.state, "rejected");
  assertEquals(it.seen(container), "UNKNOWN, 0 processes, executed 0 times");
  await it.restart();
  assertEquals(it.seen(container), "EXITED 255 Unknown, 0 processes, executed 0 times");
});
