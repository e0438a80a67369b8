import { assertEquals } from "@std/assert";
import { Context } from "../../../src/kernel/context.ts";
import { stopPodSandbox } from "../../../src/sandbox/stop.ts";
import { tell } from "../sim/oracle/scene.ts";

const SIGKILL = 9;

Deno.test("monitorPause() announces the end of a pod, and no later life does it again", () =>
  tell(async (scene) => {
    const id = await scene.sandbox(true);
    const told: string[] = [];
    const listen = () => scene.runtime.events.listen((event) => told.push(event.type));
    listen();
    const { processes } = scene.simulation.machine;
    const pid = scene.runtime.sandboxes.find(id).status.pause?.init.pid ?? 0;
    const pause = processes.get(pid);
    if (pause !== undefined) processes.signal(pause, SIGKILL);
    await scene.simulation.idle();
    assertEquals(told, ["STOPPED"]);
    await scene.restart();
    listen();
    await scene.inside((runtime) => stopPodSandbox(runtime, id, new Context()));
    assertEquals(scene.runtime.sandboxes.find(id).status.phase, "STOPPED");
    assertEquals(told, ["STOPPED"]);
  }));
