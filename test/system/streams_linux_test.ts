import { assert, assertEquals } from "@std/assert";

import { assertSameBytes, bytes, nextTurn, pattern, text } from "../unit/cri/streaming/fixture.ts";
import { SpdyClient } from "../unit/cri/streaming/spdy_client.ts";
import { connectWebSocket } from "../unit/cri/streaming/web_socket_client.ts";
import { refusalOf, Scene, systemTest } from "./scene.ts";

const V4 = "v4.channel.k8s.io";
const V5 = "v5.channel.k8s.io";

systemTest("exec() leads to a command, over SPDY, with its output and exit code", async () => {
  await using scene = await Scene.open();
  const pod = await scene.runPod("streams");
  const containerId = await scene.startContainer(pod, "main", "sleep 1000");
  const cmd = ["sh", "-c", "cat; echo warning >&2; exit 3"];
  const asked = { containerId, cmd, stdin: true, stdout: true, stderr: true };
  const { url } = await scene.client.exec(asked);
  await using client = await SpdyClient.connect(url, V4);
  const { error, stdin, stdout, stderr } = await client.openAll(
    "error",
    "stdin",
    "stdout",
    "stderr",
  );
  await stdin.write(bytes("hello"));
  stdin.end();
  assertEquals([text(await stdout.all), text(await stderr.all)], ["hello", "warning\n"]);
  assertEquals(JSON.parse(text(await error.all)).details.causes[0].message, "3");
});

systemTest("20 MB go through a command in a container, over SPDY and WebSocket", async () => {
  await using scene = await Scene.open();
  const pod = await scene.runPod("bytes");
  const containerId = await scene.startContainer(pod, "main", "sleep 1000");
  const asked = { containerId, cmd: ["cat"], stdin: true, stdout: true };
  const sent = pattern(20 * 1024 * 1024);
  {
    await using client = await SpdyClient.connect((await scene.client.exec(asked)).url, V4);
    const { stdin, stdout } = await client.openAll("error", "stdin", "stdout");
    await stdin.write(sent);
    stdin.end();
    await assertSameBytes(await stdout.all, sent);
  }
  await using client = await connectWebSocket((await scene.client.exec(asked)).url, V5);
  for (let at = 0; at < sent.length; at += 65_536) {
    await client.send(0, sent.subarray(at, at + 65_536));
  }
  await client.send(255, Uint8Array.of(0));
  await client.closed;
  await assertSameBytes(client.on(1), sent);
});

systemTest("a command in a terminal has its client's size", async () => {
  await using scene = await Scene.open();
  const pod = await scene.runPod("terminal");
  const containerId = await scene.startContainer(pod, "main", "sleep 1000");
  // A terminal that has no size yet is an error to stty.
  const sizeIs = (size: string) => `[ "$(stty size 2>&-)" = '${size}' ]`;
  const cmd = ["sh", "-c", `until ${sizeIs("33 99")}; do sleep 0.01; done; stty size`];
  const { url } = await scene.client.exec({ containerId, cmd, stdout: true, tty: true });
  await using client = await SpdyClient.connect(url, V4);
  const { error, stdout, resize } = await client.openAll("error", "stdout", "resize");
  await resize.write(bytes('{"Width":99,"Height":33}\n'));
  assertEquals(text(await stdout.all), "33 99\r\n");
  assertEquals(JSON.parse(text(await error.all)).status, "Success");
});

systemTest("a command ends with its client, and with the daemon", async () => {
  await using scene = await Scene.open();
  const pod = await scene.runPod("gone");
  const containerId = await scene.startContainer(pod, "main", "sleep 1000");
  const asked = { containerId, cmd: ["sh", "-c", "echo up; exec sleep 4321"], stdout: true };
  const gone = "while grep -q '[4]321' /proc/[0-9]*/cmdline 2>/dev/null; do sleep 0.01; done";
  for (const leave of ["client", "daemon"]) {
    const { url } = await scene.client.exec(asked);
    await using client = await SpdyClient.connect(url, V4);
    const { error, stdout } = await client.openAll("error", "stdout");
    while (stdout.received() === 0) await nextTurn();
    if (leave === "client") {
      client.socket.destroy();
    } else {
      const ending = scene.restart("SIGTERM");
      assert(text(await error.all).includes("shutting down"));
      client.socket.end();
      await ending;
    }
    const { exitCode } = await scene.client.execSync({
      containerId,
      cmd: ["sh", "-c", gone],
      timeout: 20n,
    });
    assertEquals(exitCode, 0);
  }
});

systemTest("exec() refuses a container that is not there", async () => {
  await using scene = await Scene.open();
  const asked = { containerId: "none", cmd: ["true"], stdout: true };
  assertEquals((await refusalOf(scene.client.exec(asked)))[0], "NOT_FOUND");
});
