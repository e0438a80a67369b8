import { ended, type Ending, started } from "../../../../src/container/state.ts";
import type { Container } from "../../../../src/container/container.ts";
import { removeContainer } from "../../../../src/container/remove.ts";
import { stopContainer } from "../../../../src/container/stop.ts";
import { RuntimeError } from "../../../../src/errors.ts";
import { Context } from "../../../../src/kernel/context.ts";
import { removePodSandbox } from "../../../../src/sandbox/remove.ts";
import { stopPodSandbox } from "../../../../src/sandbox/stop.ts";
import { allows, type Scene, violates } from "./scene.ts";

const SIGTERM = 15;
const SIGKILL = 9;

/** Says that a container has ended, whatever the truth. */
async function end(
  scene: Scene,
  container: Container,
  ending: Partial<Ending> = {},
): Promise<void> {
  const at = scene.runtime.kernel.clock.nowMicros();
  const whole = { exitCode: 0, reason: "", message: "", at, ...ending };
  await scene.inside(() => container.transition((status) => ended(status, whole), "STOPPED"));
}

/** Kills the init, and waits until its end is known. */
async function killed(scene: Scene, container: Container): Promise<void> {
  scene.simulation.machine.processes.signal(scene.init(container), SIGKILL);
  await scene.simulation.idle();
}

allows("a life without a mistake", async (scene) => {
  const container = await scene.running("sleep", "1000");
  await scene.restart();
  const context = new Context();
  const { id, sandboxId } = container;
  const calls = [
    ["StopContainer", id, () => stopContainer(scene.runtime, id, 0, context)],
    ["RemoveContainer", id, () => removeContainer(scene.runtime, id, context)],
    ["StopPodSandbox", sandboxId, () => stopPodSandbox(scene.runtime, sandboxId, context)],
    ["RemovePodSandbox", sandboxId, () => removePodSandbox(scene.runtime, sandboxId, context)],
  ] as const;
  for (const [kind, object, work] of calls) {
    const call = scene.called(kind, object);
    await scene.inside(work);
    scene.oracle.answered(call);
  }
  scene.oracle.atRest(scene.lifecycle);
});

violates("I1", "was executed twice", async (scene) => {
  const container = await scene.running("sleep", "1000");
  scene.simulation.machine.observer?.executed?.(scene.init(container));
});

violates("I2", "is EXITED, of it run", async (scene) => {
  await end(scene, await scene.running("sleep", "1000"));
});

violates("I2", "is RUNNING, nothing of it runs", async (scene) => {
  const container = await scene.running("sleep", "1000");
  scene.simulation.machine.processes.signal(scene.init(container), SIGKILL);
  scene.simulation.machine.processes.clear();
  scene.oracle.powerLost();
  scene.oracle.atRest(scene.lifecycle);
});

violates("I3", "was stopped and is RUNNING", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  scene.answered("StopContainer", id);
});

violates("I4", "left process", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  scene.answered("RemoveContainer", id);
});

violates("I5", "was stopped and is ready", async (scene) => {
  scene.answered("StopPodSandbox", await scene.sandbox());
});

violates("I5", "has got a process", async (scene) => {
  const sandboxId = await scene.sandbox();
  const container = await scene.created(sandboxId, "sleep", "1000");
  const init = scene.init(container);
  const call = scene.called("StopPodSandbox", sandboxId);
  await scene.inside((runtime) => stopPodSandbox(runtime, sandboxId, new Context()));
  scene.oracle.answered(call);
  scene.simulation.machine.observer?.joined?.(init);
});

violates("I6", "left container", async (scene) => {
  const { id, sandboxId } = await scene.created(await scene.sandbox(), "true");
  const call = scene.called("RemovePodSandbox", sandboxId);
  await scene.inside((runtime) => stopPodSandbox(runtime, sandboxId, new Context()));
  scene.oracle.answered(call);
  scene.container(id);
});

violates("I7", "is free", async (scene) => {
  const { id, sandboxId, record } = await scene.created(await scene.sandbox(), "true");
  scene.runtime.containerNames.release(record.name, id);
  await scene.created(sandboxId, "true");
});

violates("I7", "of nobody is held", async (scene) => {
  scene.runtime.containerNames.reserve("name", "0".repeat(64));
  scene.oracle.atRest(scene.lifecycle);
  await scene.look();
});

violates("I8", "it was started before it was created", async (scene) => {
  const container = await scene.created(await scene.sandbox(), "true");
  await scene.inside(() => container.transition((it) => ({ ...it, startedAt: 1 })));
});

violates("I8", "it went back", async (scene) => {
  const container = await scene.running("sleep", "1000");
  await scene.inside(() => container.transition((it) => ({ ...it, state: "CREATED" })));
});

violates("I8", "its end has changed", async (scene) => {
  const container = await scene.running("sleep", "1000");
  await killed(scene, container);
  await scene.inside(() => container.transition((it) => ({ ...it, message: "another" })));
});

violates("I8", "was forgotten in a restart", async (scene) => {
  const { id } = await scene.created(await scene.sandbox(), "true");
  await scene.restart(() => {
    scene.simulation.machine.store.commit([{ kind: "delete", table: "container", id }]);
  });
});

violates("I9", "the kernel says 137", async (scene) => {
  const container = await scene.running("sleep", "1000");
  const { processes } = scene.simulation.machine;
  using hold = scene.simulation.hold(undefined, /^store\.commit/);
  processes.signal(scene.init(container), SIGKILL);
  await scene.simulation.idle();
  hold.release();
  await scene.restart(() => {
    const text = JSON.stringify({ ...container.status, version: 1 });
    const value = text.replace('"state":"RUNNING"', '"state":"EXITED"')
      .replace('"finishedAt":0', `"finishedAt":${container.status.startedAt + 1}`);
    const record = { table: "container_status", id: container.id, value };
    scene.simulation.machine.store.commit([{ kind: "put", record }]);
  });
});

violates("I9", "its start was called failed", async (scene) => {
  const container = await scene.running("exit", "3");
  const error = new RuntimeError("FAILED_PRECONDITION", "container process is already dead");
  scene.oracle.refused(scene.called("StartContainer", container.id), error);
});

violates("I10", "STARTED after CREATED, STARTED", async (scene) => {
  const container = await scene.running("sleep", "1000");
  container.announce("STARTED");
});

violates("I10", "no event: STARTED", async (scene) => {
  const container = await scene.created(await scene.sandbox(), "true");
  await scene.inside(() =>
    container.transition((it) => started({ ...it, startIntentAt: it.createdAt }, it.createdAt))
  );
});

violates("I10", "DELETED was published, and it can be found", async (scene) => {
  const container = await scene.created(await scene.sandbox(), "true");
  container.announce("DELETED");
});

violates("I11", "StopContainer 00000000 failed: no reason", async (scene) => {
  await scene.look();
  const error = new RuntimeError("UNKNOWN", "no reason");
  scene.oracle.refused(scene.called("StopContainer", "0".repeat(64)), error);
});

allows("a stop that fails because something else did", async (scene) => {
  await scene.look();
  const error = new RuntimeError("UNKNOWN", "no reason");
  scene.oracle.refused(scene.called("StopContainer", "0".repeat(64)), error);
}, { isFaultless: false });

violates("I14", "got a second stop signal", async (scene) => {
  const container = await scene.running("ignore-term");
  for (let i = 0; i < 2; i++) {
    await scene.inside(async () => void await container.task?.init.signal(SIGTERM));
  }
});

violates("I17", "is EXITED (StartError)", async (scene) => {
  const container = await scene.created(await scene.sandbox(), "true");
  await end(scene, container, { exitCode: 128, reason: "StartError" });
});
