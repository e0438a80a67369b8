import { NO_LIMITS } from "../../../../src/container/config.ts";
import type { Container } from "../../../../src/container/container.ts";
import { startContainer } from "../../../../src/container/start.ts";
import { updated, updateIntended } from "../../../../src/container/state.ts";
import { updateContainerResources } from "../../../../src/container/update.ts";
import { RuntimeError } from "../../../../src/errors.ts";
import { Context } from "../../../../src/kernel/context.ts";
import type { Call } from "../../../../sim/lifecycle/oracle/checker.ts";
import { allows, type Scene, violates } from "./scene.ts";

const LIGHT = { ...NO_LIMITS, cpuShares: 512 };

/** Says that it has other limits, whatever the truth. */
async function say(scene: Scene, container: Container): Promise<void> {
  await scene.inside(() => container.transition((status) => updated(status, LIGHT)));
}

/** A client asks for LIGHT. */
function asked(scene: Scene, id: string): Call {
  return scene.oracle.called({
    kind: "UpdateContainerResources",
    id,
    gracePeriodMs: 0,
    update: "light",
    runtime: scene.lifecycle,
    context: new Context(),
  });
}

/** Somebody writes to the group of a container. */
function write(scene: Scene, { record }: Container): void {
  scene.simulation.machine.cgroups.find(record.cgroup)?.setLimit("write", "memory.max", "5");
}

violates("I2", "is reported to have cpu.weight=20, and has no limits", async (scene) => {
  const container = await scene.running("sleep", "1000");
  await say(scene, container);
});

violates("I2", "is reported to have no limits, and has memory.max=5", async (scene) => {
  const container = await scene.running("sleep", "1000");
  write(scene, container);
  scene.oracle.atRest(scene.lifecycle);
});

violates("I2", "cpu.weight=20, and has no limits", async (scene) => {
  // The task is prepared by now.
  const container = await scene.created(await scene.sandbox(), "sleep", "1000");
  await say(scene, container);
  await scene.inside((runtime) => startContainer(runtime, container.id, new Context()));
});

violates("I2", "is at rest, and its limits are about to change", async (scene) => {
  const container = await scene.running("sleep", "1000");
  await scene.inside(() => container.transition((status) => updateIntended(status, LIGHT)));
  scene.oracle.atRest(scene.lifecycle);
});

violates("I2", "was updated, and its cpuShares is 0", async (scene) => {
  const container = await scene.running("sleep", "1000");
  scene.oracle.answered(asked(scene, container.id));
});

allows("limits that are about to change, and those that were cut off", async (scene) => {
  const container = await scene.running("sleep", "1000");
  const call = asked(scene, container.id);
  await scene.inside(() => container.transition((status) => updateIntended(status, LIGHT)));
  write(scene, container);
  scene.oracle.refused(call, new RuntimeError("UNKNOWN", "cut off"));
  scene.oracle.answered(asked(scene, container.id));
});

allows("an update of a task that is prepared, and of one that runs", async (scene) => {
  const container = await scene.created(await scene.sandbox(), "sleep", "1000");
  for (const isRunning of [false, true]) {
    if (isRunning) {
      const start = scene.called("StartContainer", container.id);
      await scene.inside((runtime) => startContainer(runtime, container.id, start.context));
      scene.oracle.answered(start);
    }
    const call = asked(scene, container.id);
    await scene.inside((runtime) =>
      updateContainerResources(runtime, container.id, LIGHT, call.context)
    );
    scene.oracle.answered(call);
  }
  scene.oracle.atRest(scene.lifecycle);
});
