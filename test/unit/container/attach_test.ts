import { assertEquals, assertStringIncludes } from "@std/assert";
import { attach } from "../../../src/container/attach.ts";
import type { ClientStreams } from "../../../src/container/client_streams.ts";
import type { Container } from "../../../src/container/container.ts";
import { createContainer } from "../../../src/container/create.ts";
import { startContainer } from "../../../src/container/start.ts";
import { messageOf } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { containerConfig } from "../../../sim/lifecycle/configs.ts";
import { type Scene, tell } from "../sim/oracle/scene.ts";
import { ReceivedText, SentText } from "../client_streams.ts";

/** A container that may be spoken to. */
async function talking(
  scene: Scene,
  command: readonly string[],
  options: { readonly stdinOnce?: boolean; readonly tty?: boolean } = {},
): Promise<Container> {
  const sandboxId = await scene.sandbox();
  const place = { sandbox: 0, container: 0 } as const;
  const request = { kind: "CreateContainer", place, command, sharesPids: false } as const;
  const config = { ...containerConfig(request, 77), stdin: true, ...options };
  const id = await scene.inside((it) => createContainer(it, sandboxId, config, new Context()));
  await scene.inside((it) => startContainer(it, id, new Context()));
  await scene.simulation.idle();
  return scene.container(id);
}

async function answerOf(
  scene: Scene,
  id: string,
  streams: Partial<ClientStreams>,
  context = new Context(),
): Promise<string> {
  const none = { stdin: undefined, stdout: undefined, stderr: undefined, sizes: undefined };
  try {
    await scene.inside((it) => attach(it, id, { ...none, ...streams }, context));
    return "ended";
  } catch (error) {
    return messageOf(error);
  }
}

function state(container: Container): string {
  return container.status.state;
}

for (const tty of [false, true]) {
  Deno.test(`attach() ${tty ? "with a terminal" : "with pipes"} speaks with the program, and ends with it`, () =>
    tell(async (scene) => {
      const container = await talking(scene, ["cat"], { tty, stdinOnce: true });
      const [stdin, stdout] = [new SentText(), new ReceivedText()];
      const result = answerOf(scene, container.id, { stdin, stdout });
      stdin.send("hello\n");
      await scene.simulation.idle();
      assertEquals(stdout.text, "hello\n");
      assertEquals(state(container), "RUNNING");
      stdin.end();
      assertEquals(await result, "ended");
      await scene.simulation.idle();
      assertEquals([state(container), container.status.exitCode], ["EXITED", 0]);
    }));
}

Deno.test("attach() keeps both outputs apart, and the log has them as well", () =>
  tell(async (scene) => {
    const container = await scene.running("on-term", "0");
    const [stdout, stderr] = [new ReceivedText(), new ReceivedText()];
    const result = answerOf(scene, container.id, { stdout, stderr });
    await scene.simulation.idle();
    scene.simulation.machine.processes.signal(scene.init(container), 15, undefined);
    assertEquals(await result, "ended");
    assertEquals([stdout.text, stderr.text], ["", ""]);
  }));

Deno.test("attach() of a client that leaves lets the container be", () =>
  tell(async (scene) => {
    const container = await talking(scene, ["cat"]);
    const [stdin, context] = [new SentText(), new Context()];
    const result = answerOf(scene, container.id, { stdin, stdout: new ReceivedText() }, context);
    await scene.simulation.idle();
    context.cancel();
    assertEquals(await result, "context cancelled");
    await scene.simulation.idle();
    assertEquals(state(container), "RUNNING");
    // Input is not over with one of its clients, since it was not asked for once alone.
    const [again, stdout] = [new SentText().send("still here\n"), new ReceivedText()];
    const next = new Context();
    const second = answerOf(scene, container.id, { stdin: again, stdout }, next);
    await scene.simulation.idle();
    assertEquals(stdout.text, "still here\n");
    next.cancel();
    await second;
  }));

Deno.test("attach() refuses a container that does not run", () =>
  tell(async (scene) => {
    const { id } = await scene.created(await scene.sandbox(), "sleep", "1000");
    assertStringIncludes(await answerOf(scene, id, {}), "container is in CONTAINER_CREATED state");
  }));
