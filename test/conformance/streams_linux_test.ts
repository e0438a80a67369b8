import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { attach } from "../../src/container/attach.ts";
import type { ClientStreams } from "../../src/container/client_streams.ts";
import { DEFAULT_CONTAINER, DEFAULT_SECURITY } from "../../src/container/config.ts";
import { createContainer } from "../../src/container/create.ts";
import { execStreamed } from "../../src/container/exec_streamed.ts";
import { startContainer } from "../../src/container/start.ts";
import { RuntimeError } from "../../src/errors.ts";
import { Context } from "../../src/kernel/context.ts";
import type { Runtime } from "../../src/runtime.ts";
import { DEFAULT_SANDBOX } from "../../src/sandbox/config.ts";
import { removePodSandbox } from "../../src/sandbox/remove.ts";
import { runPodSandbox } from "../../src/sandbox/run.ts";
import { archiveOfBusybox, systemTest } from "../system/scene.ts";
import { ReceivedText, SentText } from "../unit/client_streams.ts";
import { IMAGE } from "./differential/bench.ts";
import { openLane } from "./differential/linux_bench.ts";

const NONE: ClientStreams = {
  stdin: undefined,
  stdout: undefined,
  stderr: undefined,
  sizes: undefined,
};
const MEGABYTES = 20;

/** A pod in which containers run, on this host. */
interface Pod {
  readonly runtime: Runtime;
  start(script: string, options?: { readonly stdin?: boolean; readonly tty?: boolean }): Promise<
    string
  >;
  exec(id: string, script: string, tty: boolean, streams: Partial<ClientStreams>): Promise<number>;
}

/** Registers a test in a pod on this host; nothing of it is left. */
function podTest(name: string, body: (pod: Pod) => Promise<void>): void {
  systemTest(name, async () => {
    await using lane = await openLane(await archiveOfBusybox());
    await lane.run(async (bench) => {
      const runtime = await bench.boot("eager", () => {});
      const sandbox = {
        ...DEFAULT_SANDBOX,
        metadata: { name: "pod", namespace: "default", uid: "uid", attempt: 0 },
        namespaces: { network: "NODE", pid: "CONTAINER", ipc: "POD" },
      } as const;
      const background = Context.background();
      const sandboxId = await runPodSandbox(runtime, sandbox, "", background);
      let attempt = 0;
      await body({
        runtime,
        async start(script, options = {}) {
          const config = {
            ...DEFAULT_CONTAINER,
            ...options,
            metadata: { name: "main", attempt: attempt++ },
            image: { image: IMAGE, annotations: {}, userSpecifiedImage: "", runtimeHandler: "" },
            command: ["sh", "-c", script],
            security: {
              ...DEFAULT_SECURITY,
              namespaces: { network: "NODE", pid: "CONTAINER", ipc: "POD" },
            },
          } as const;
          const id = await createContainer(runtime, sandboxId, config, background);
          await startContainer(runtime, id, background);
          return id;
        },
        exec(containerId, script, tty, streams) {
          const request = { containerId, command: ["sh", "-c", script], tty };
          return execStreamed(runtime, request, { ...NONE, ...streams }, background);
        },
      });
      await removePodSandbox(runtime, sandboxId, background);
      assertEquals(await bench.leftovers(), []);
    });
  });
}

for (const tty of [false, true]) {
  podTest(
    `a command ${tty ? "with a terminal" : "with pipes"} speaks with its client`,
    async (pod) => {
      const id = await pod.start("sleep 1000");
      const [stdin, stdout] = [new SentText().send("one\n"), new ReceivedText()];
      const script = `read word; ${
        tty ? "test -t 0 && test -t 1 && tty && " : ""
      }echo "got $word"; exit 3`;
      const streams = { stdin, stdout, ...(tty ? { sizes: new SentText() } : {}) };
      assertEquals(await pod.exec(id, script, tty, streams), 3);
      const expected = tty ? "one\r\n/dev/pts/0\r\ngot one\r\n" : "got one\n";
      assertEquals(stdout.text, expected);
    },
  );

  podTest(
    `a command ${tty ? "with a terminal" : "with pipes"} loses nothing of what it prints`,
    async (pod) => {
      const id = await pod.start("sleep 1000");
      for (let round = 0; round < 10; round++) {
        const stdout = new ReceivedText();
        assertEquals(await pod.exec(id, "seq 2000", tty, { stdout }), 0);
        const lines = Array.from({ length: 2_000 }, (_, index) => `${index + 1}\n`).join("");
        assertEquals(stdout.text.replaceAll("\r", ""), lines);
      }
    },
  );

  podTest(
    `a command ${tty ? "with a terminal" : "with pipes"} ends with its client`,
    async (pod) => {
      const id = await pod.start("sleep 1000");
      const [context, stdout] = [new Context(), new ReceivedText()];
      const request = { containerId: id, command: ["sh", "-c", "echo up; exec sleep 12321"], tty };
      const running = execStreamed(pod.runtime, request, { ...NONE, stdout }, context);
      await stdout.contains("up");
      context.cancel();
      await assertRejects(() => running, RuntimeError, "cancelled");
      const seen = new ReceivedText();
      assertEquals(await pod.exec(id, "ps", false, { stdout: seen }), 0);
      assert(!seen.text.includes("12321"), seen.text);
    },
  );

  podTest(
    `a command ${tty ? "with a terminal" : "with pipes"} that is not there says so`,
    async (pod) => {
      const id = await pod.start("sleep 1000");
      const [stdout, stderr] = [new ReceivedText(), new ReceivedText()];
      const request = { containerId: id, command: ["/no/such/program"], tty };
      const failure = await assertRejects(() =>
        execStreamed(pod.runtime, request, { ...NONE, stdout, stderr }, Context.background())
      );
      assertStringIncludes(String(failure), "no such file or directory");
      assertEquals([stdout.text, stderr.text], ["", ""]);
    },
  );
}

podTest("a command takes and gives megabytes, and both its outputs are apart", async (pod) => {
  const id = await pod.start("sleep 1000");
  const [stdin, stdout, stderr] = [new SentText(), new ReceivedText(), new ReceivedText()];
  const megabyte = `${"0123456789abcde\n".repeat(65_536)}`;
  for (let count = 0; count < MEGABYTES; count++) stdin.send(megabyte);
  stdin.end();
  assertEquals(await pod.exec(id, "echo begun >&2; cat", false, { stdin, stdout, stderr }), 0);
  assertEquals(stderr.text, "begun\n");
  assert(stdout.text === megabyte.repeat(MEGABYTES));
});

podTest("a command sees the size of its client's terminal", async (pod) => {
  const id = await pod.start("sleep 1000");
  const [stdin, stdout, sizes] = [new SentText(), new ReceivedText(), new SentText()];
  const script = 'trap "stty size" WINCH; echo ready; while read line; do stty size; done';
  const context = new Context();
  const request = { containerId: id, command: ["sh", "-c", script], tty: true };
  const streams = { stdin, stdout, sizes, stderr: undefined };
  const running = execStreamed(pod.runtime, request, streams, context);
  await stdout.contains("ready");
  sizes.resize({ columns: 132, rows: 50 });
  await stdout.contains("50 132");
  context.cancel();
  await assertRejects(() => running, RuntimeError);
});

for (const tty of [false, true]) {
  podTest(
    `a client is attached to a container ${tty ? "with a terminal" : "with pipes"}`,
    async (pod) => {
      const id = await pod.start('while read word; do echo "got $word"; done; echo over >&2', {
        stdin: true,
        tty,
      });
      const [stdin, stdout, context] = [new SentText(), new ReceivedText(), new Context()];
      const streams = { ...NONE, stdin, stdout };
      const attached = attach(pod.runtime, id, streams, context);
      stdin.send("one\n");
      await stdout.contains("got one");
      // A second client hears the same, and may leave.
      const [other, second] = [new ReceivedText(), new Context()];
      const beside = attach(pod.runtime, id, { ...NONE, stdout: other }, second);
      const echo = new SentText().send("two\n");
      const third = attach(pod.runtime, id, { ...NONE, stdin: echo }, second);
      await Promise.all([stdout.contains("got two"), other.contains("got two")]);
      second.cancel();
      await Promise.allSettled([beside, third]);
      stdin.send("three\n");
      await stdout.contains("got three");
      context.cancel();
      await assertRejects(() => attached, RuntimeError);
      assertEquals(pod.runtime.containers.find(id).status.state, "RUNNING");
    },
  );
}
