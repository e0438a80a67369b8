import { assertEquals, assertStringIncludes } from "@std/assert";
import { execSync } from "../../../src/container/exec.ts";
import { messageOf } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { type Scene, tell } from "../sim/oracle/scene.ts";

/** What was executed in a container and lives. */
function commandsIn(scene: Scene, id: string): readonly string[] {
  return scene.simulation.machine.processesOf(id)
    .filter((it) => it.container?.role === "exec")
    .map((it) => it.args.join(" "));
}

/** ExecSync of a command that lasts, as a client calls it: why it was refused. */
async function refusal(scene: Scene, id: string, timeoutMs: number, context = new Context()) {
  const call = scene.called("ExecSync", id);
  try {
    await scene.inside((it) => execSync(it, id, ["sleep", "600"], timeoutMs, context));
    return "answered";
  } catch (error) {
    scene.oracle.refused(call, error);
    return messageOf(error);
  }
}

Deno.test("execSync() whose time is up leaves no command, though its pid is not written yet", () =>
  tell(
    async (scene) => {
      const { id } = await scene.running("sleep", "1000");
      const result = refusal(scene, id, 500);
      using _held = await scene.simulation.until(/runc .* exec/, /createFile .*\/\.exec-/);
      await scene.simulation.idle();
      assertEquals(commandsIn(scene, id), ["sleep 600"]);
      assertStringIncludes(await result, "timeout 0.5s exceeded");
      assertEquals(commandsIn(scene, id), []);
    },
    // The runtime is held to the end, as if it hung.
    { isTimely: false },
  ));

Deno.test("execSync() of a client that gives up leaves no command", () =>
  tell(async (scene) => {
    const { id } = await scene.running("sleep", "1000");
    const context = new Context();
    const result = refusal(scene, id, 0, context);
    await scene.simulation.idle();
    assertEquals(commandsIn(scene, id), ["sleep 600"]);
    context.cancel();
    assertStringIncludes(await result, "cancel");
    assertEquals(commandsIn(scene, id), []);
  }));
