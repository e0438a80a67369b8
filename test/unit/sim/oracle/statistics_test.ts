import { removeContainer } from "../../../../src/container/remove.ts";
import { RuntimeError } from "../../../../src/errors.ts";
import { KernelError } from "../../../../src/kernel/errno.ts";
import { allows, type Scene, violates } from "./scene.ts";

/** Statistics that a client is told. */
function tell(scene: Scene, id: string, cpuMicros?: number): void {
  const call = scene.called("ListContainerStats", "");
  scene.oracle.measured(call, { sandboxes: [], containers: [{ id, cpuMicros }] });
  scene.oracle.answered(call);
}

violates("I25", "knows", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  const call = scene.called("RemoveContainer", id);
  await scene.inside((runtime) => removeContainer(runtime, id, call.context));
  scene.oracle.answered(call);
  tell(scene, id);
});

violates("I25", "has used 4 µs of CPU, and had used 5", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  tell(scene, id, 5);
  tell(scene, id, 4);
});

allows("statistics of calls that overlap, in whatever order they are answered", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  const early = scene.called("ContainerStats", id);
  tell(scene, id, 5);
  scene.oracle.measured(early, { sandboxes: [], containers: [{ id, cpuMicros: 4 }] });
  scene.oracle.answered(early);
});

violates("I25", "does not find", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  const call = scene.called("ContainerStats", id);
  scene.oracle.refused(call, new RuntimeError("NOT_FOUND", "not found"));
});

violates("I25", "was refused", (scene) => {
  const call = scene.called("ListContainerStats", "");
  scene.oracle.refused(call, new RuntimeError("NOT_FOUND", "not found"));
  return Promise.resolve();
});

violates("I25", "EIO", async (scene) => {
  const call = scene.called("ContainerStats", (await scene.running("sleep", "1000")).id);
  scene.oracle.refused(call, new KernelError("read", "EIO", "cpu.stat"));
});

allows("statistics that are given up, or are of nothing", (scene) => {
  const call = scene.called("ListPodSandboxStats", "");
  const cause = new RuntimeError("DEADLINE_EXCEEDED", "the client has left");
  call.context.cancel(cause);
  scene.oracle.refused(call, cause);
  const none = scene.called("PodSandboxStats", "0".repeat(64));
  scene.oracle.refused(none, new RuntimeError("NOT_FOUND", "not found"));
  return Promise.resolve();
});

allows("statistics that Linux refuses where something fails", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  const call = scene.called("ContainerStats", id);
  scene.oracle.refused(call, new KernelError("read", "EIO", "cpu.stat"));
}, { isFaultless: false });
