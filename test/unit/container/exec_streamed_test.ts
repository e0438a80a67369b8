import { assertEquals, assertStringIncludes } from "@std/assert";
import { execStreamed } from "../../../src/container/exec_streamed.ts";
import { messageOf } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { type Scene, tell } from "../sim/oracle/scene.ts";
import { ReceivedText, SentText } from "../client_streams.ts";

/** A client's streams, all of them. */
class Client {
  readonly stdin = new SentText();
  readonly stdout = new ReceivedText();
  readonly stderr = new ReceivedText();
  readonly sizes = new SentText();
  readonly context = new Context();

  /** The code, or why there is none. */
  async exec(
    scene: Scene,
    containerId: string,
    command: readonly string[],
    tty = false,
  ): Promise<number | string> {
    const streams = {
      stdin: this.stdin,
      stdout: this.stdout,
      stderr: tty ? undefined : this.stderr,
      sizes: tty ? this.sizes : undefined,
    };
    const call = scene.called("Exec", containerId);
    try {
      const code = await scene.inside((runtime) =>
        execStreamed(runtime, { containerId, command, tty }, streams, this.context)
      );
      scene.oracle.answered(call, code);
      return code;
    } catch (error) {
      scene.oracle.refused(call, error);
      return messageOf(error);
    }
  }
}

/** Who runs in a container beside its init. */
function commandsIn(scene: Scene, id: string): readonly string[] {
  return scene.simulation.machine.processesOf(id)
    .filter((it) => it.container?.role === "exec")
    .map((it) => it.args.join(" "));
}

/** Files that an exec has left in the bundle of its container. */
function leftovers(scene: Scene, id: string): readonly string[] {
  const { tree } = scene.simulation.machine;
  const bundle = tree.find(`${scene.runtime.config.state}/tasks/${id}`);
  const inode = bundle?.inode as unknown as { names(): string[] };
  return inode.names().filter((it) => it.includes("exec-"));
}

for (const tty of [false, true]) {
  const how = tty ? "with a terminal" : "with pipes";

  Deno.test(`execStreamed() ${how} passes on what both sides say, and the code`, () =>
    tell(async (scene) => {
      const { id } = await scene.running("sleep", "1000");
      const client = new Client();
      const result = client.exec(scene, id, ["cat"], tty);
      await scene.simulation.idle();
      client.stdin.send("one\n");
      await scene.simulation.idle();
      assertEquals(client.stdout.text, "one\n");
      client.stdin.send("two\n");
      await scene.simulation.idle();
      assertEquals(client.stdout.text, "one\ntwo\n");
      assertEquals(commandsIn(scene, id), ["cat"]);
      // A terminal has no end: its user leaves, or the command does.
      if (tty) client.context.cancel();
      else client.stdin.end();
      assertEquals(await result, tty ? "context cancelled" : 0);
      assertEquals([commandsIn(scene, id), leftovers(scene, id)], [[], []]);
    }));

  Deno.test(`execStreamed() ${how} loses nothing of a command that ends at once`, () =>
    tell(async (scene) => {
      const { id } = await scene.running("sleep", "1000");
      const client = new Client();
      assertEquals(await client.exec(scene, id, ["busy-log", "40"], tty), 0);
      const lines = Array.from({ length: 40 }, (_, index) => `line ${index}\n`);
      const of = (remainder: number) =>
        lines.filter((_, index) => tty || index % 2 === remainder).join("");
      assertEquals([client.stdout.text, client.stderr.text], [of(0), tty ? "" : of(1)]);
      assertEquals(leftovers(scene, id), []);
    }));

  Deno.test(`execStreamed() ${how} says why nothing was executed`, () =>
    tell(async (scene) => {
      const { id } = await scene.running("sleep", "1000");
      const answer = await new Client().exec(scene, id, ["no-such-program"], tty);
      assertStringIncludes(String(answer), `failed to exec in container "${id}"`);
      assertStringIncludes(String(answer), "executable file not found");
    }));

  Deno.test(`execStreamed() ${how} leaves no command behind for a client that has left`, () =>
    tell(async (scene) => {
      const { id } = await scene.running("sleep", "1000");
      const client = new Client();
      const result = client.exec(scene, id, ["sleep", "600"], tty);
      await scene.simulation.idle();
      assertEquals(commandsIn(scene, id), ["sleep 600"]);
      client.context.cancel();
      assertEquals(await result, "context cancelled");
      assertEquals([commandsIn(scene, id), leftovers(scene, id)], [[], []]);
    }));
}

Deno.test("execStreamed() with a terminal passes on its size", () =>
  tell(async (scene) => {
    const { id } = await scene.running("sleep", "1000");
    const client = new Client();
    client.sizes.resize({ columns: 80, rows: 24 });
    const result = client.exec(scene, id, ["tty-size", "5000"], true);
    await scene.simulation.idle();
    client.sizes.resize({ columns: 132, rows: 50 });
    assertEquals(await result, 0);
    assertEquals(client.stdout.text, "50 132\n");
  }));
