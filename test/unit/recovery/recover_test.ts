import { assertEquals, assertExists, assertMatch, assertRejects } from "@std/assert";
import type { FaultOptions } from "../../../sim/mod.ts";
import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { startContainer } from "../../../src/container/start.ts";
import { Context } from "../../../src/kernel/context.ts";
import { stopContainer } from "../../../src/container/stop.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { stopPodSandbox } from "../../../src/sandbox/stop.ts";
import { taskPaths } from "../../../src/task/paths.ts";
import { tell } from "../sim/oracle/scene.ts";

const SIGKILL = 9;
const FAULTY: FaultOptions = {
  calls: [{ call: /^processes\.open/, errno: "EMFILE", probability: 1 }],
};

Deno.test("recover() tries again what it could not hold at once, and watches it from then on", () =>
  tell(
    async (scene) => {
      const { id } = await scene.running("sleep", "1000");
      await scene.restart(() => scene.simulation.faults.isOn = true);
      assertEquals(scene.runtime.janitor.pendingCount, 1);
      scene.simulation.faults.isOn = false;
      await scene.simulation.sleep(1_000);
      assertEquals(scene.runtime.janitor.pendingCount, 0);
      const container = scene.container(id);
      assertEquals(container.status.state, "RUNNING");
      scene.simulation.machine.processes.signal(scene.init(container), SIGKILL);
      await scene.simulation.sleep(1_000);
      assertEquals(container.status.exitCode, 137);
    },
    {},
    FAULTY,
  ));

Deno.test("recover() clears what a killed runtime left in the way of the next task", () =>
  tell(async (scene) => {
    const { id } = await scene.created(await scene.sandbox(), "sleep", "1000");
    await scene.restart(() => {
      const { tree } = scene.simulation.machine;
      // As if runc create had been killed before it renamed the file.
      const { pidFile, pidFileDraft } = taskPaths(DEFAULT_CONFIG, id);
      tree.rename("rename", pidFile, pidFileDraft);
    });
    await scene.inside((runtime) => startContainer(runtime, id, new Context()));
    assertEquals(scene.container(id).status.state, "RUNNING");
  }));

Deno.test("recover() forgets the processes of another boot, on disk as well", () =>
  tell(async (scene) => {
    const id = await scene.sandbox(true);
    const { machine } = scene.simulation;
    const stored = () => machine.store.records().find((it) => it.table === "sandbox_status")?.value;
    assertMatch(stored() ?? "", /"pause":\{"init":\{"pid"/);
    await scene.restart();
    assertExists(scene.runtime.sandboxes.find(id).status.pause);
    await scene.restart(() => {
      scene.simulation.crashMachine();
      scene.oracle.powerLost();
    });
    assertEquals(scene.runtime.sandboxes.find(id).status.pause, undefined);
    assertEquals(/"pid"/.test(stored() ?? ""), false);
  }));

Deno.test("recover() that is not done with a container yet is waited for by its stop", () =>
  tell(
    async (scene) => {
      const { id } = await scene.created(await scene.sandbox(), "sleep", "1000");
      const released = scene.simulation.until(undefined, /^store\.commit .*RUNNING/);
      const start = scene.inside((runtime) => startContainer(runtime, id, new Context()));
      start.catch(() => {});
      await released;
      await scene.restart(() => scene.simulation.faults.isOn = true);
      const container = scene.container(id);
      assertEquals(container.status.state, "CREATED");
      const stop = async () => {
        const call = scene.called("StopContainer", id);
        await scene.inside((runtime) => stopContainer(runtime, id, 0, call.context));
        scene.oracle.answered(call);
      };
      await assertRejects(stop, RuntimeError, "EIO");
      scene.simulation.faults.isOn = false;
      await stop();
      assertEquals(container.status.exitCode, 137);
    },
    {},
    { calls: [{ call: /^store\.commit .*RUNNING/, errno: "EIO", probability: 1 }] },
  ));

Deno.test("recover() does not tell again that a pod stopped, though the power was lost since", () =>
  tell(
    async (scene) => {
      const { sandboxes } = scene.runtime;
      const id = await scene.sandbox(true);
      const [pause] = scene.simulation.machine.processesOf(id);
      assertExists(pause);
      scene.simulation.faults.isOn = true;
      scene.simulation.machine.processes.signal(pause, SIGKILL);
      await scene.simulation.sleep(1_000);
      assertEquals(sandboxes.find(id).status.phase, "STOPPING");
      await scene.restart(() => {
        scene.simulation.faults.isOn = false;
        scene.simulation.crashMachine();
        scene.oracle.powerLost();
      });
      await scene.inside((runtime) => stopPodSandbox(runtime, id, new Context()));
      assertEquals(scene.runtime.sandboxes.find(id).status.phase, "STOPPED");
    },
    {},
    { calls: [{ call: /^mounts\.unmount/, errno: "EBUSY", probability: 1 }] },
  ));
