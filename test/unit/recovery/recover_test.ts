import { assertEquals, assertExists, assertMatch } from "@std/assert";
import type { FaultOptions } from "../../../sim/mod.ts";
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
