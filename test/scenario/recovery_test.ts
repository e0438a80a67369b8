import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DEFAULT_CONFIG } from "../../src/config.ts";
import { CONTAINER_TABLE } from "../../src/container/record.ts";
import { RuntimeError } from "../../src/errors.ts";
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

scenario("R1: a pod goes on, and ends, whose runtime handler is configured no more", async (it) => {
  const { handlers } = DEFAULT_CONFIG;
  it.configuration = { handlers: { ...handlers, other: { program: "runc" } } };
  await it.restart();
  const before = it.simulation.snapshot();
  const pod = await it.run(true, { handler: "other" });
  const create = async () => it.container(await it.create(pod, "sleep", "1000").promise);
  const container = await create();
  await it.start(container).promise;
  it.configuration = {};
  await it.restart();
  assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
  await it.stop(container).promise;
  await it.remove(container).promise;
  const next = await create();
  await it.start(next).promise;
  assertEquals(it.seen(next), "RUNNING, 1 processes, executed 1 times");
  await it.removeSandbox(pod).promise;
  await it.simulation.idle();
  const isNotKept = (line: string) =>
    !before.includes(line) && !/ \/var\/(log|lib\/cni)/.test(line);
  assertEquals(it.simulation.snapshot().filter(isNotKept), []);
});

scenario("R2: a container is started by the OCI runtime that its pod was run with", async (it) => {
  const container = await it.created("sleep", "1000");
  it.configuration = { handlers: { other: { program: "other" } }, defaultHandler: "other" };
  await it.restart();
  await it.start(container).promise;
  assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
  assertEquals(container.record.handler, "");
});

scenario("R3: pods are not served with a state that is not theirs", async (it) => {
  const container = await it.running("sleep", "1000");
  it.configuration = { state: "/run/elsewhere" };
  const { code, message } = await assertRejects(() => it.restart(), RuntimeError);
  assertEquals(code, "FAILED_PRECONDITION");
  assertStringIncludes(message, "have their state in /run/slipway, not in /run/elsewhere");
  it.configuration = {};
  await it.restart();
  assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
  it.configuration = { state: "/run/elsewhere" };
  await it.reboot();
  assertEquals(it.seen(container), "EXITED 255 Unknown, 0 processes, executed 1 times");
});
