import { assertEquals } from "@std/assert";

import { refusalOf, Scene, systemTest } from "./scene.ts";
import { watchEvents } from "./watch_events.ts";
import { readLog, untilLogged } from "./watch_log.ts";

systemTest("a line without its end is logged as a part", async () => {
  await using scene = await Scene.open();
  using events = await watchEvents(scene.client);
  const pod = await scene.runPod("parts");
  const id = await scene.startContainer(pod, "main", "printf 'one\\ntwo'; printf three >&2");
  await events.until(id, "CONTAINER_STOPPED_EVENT");
  const entries = readLog(scene.log("parts", "main"));
  assertEquals(entries.map(({ stream, tag, text }) => [stream, tag, text]).sort(), [
    ["stderr", "P", "three"],
    ["stdout", "F", "one"],
    ["stdout", "P", "two"],
  ]);
});

systemTest("a line of a megabyte arrives whole, in parts", async () => {
  await using scene = await Scene.open();
  using events = await watchEvents(scene.client);
  const pod = await scene.runPod("long");
  const script = "head -c 1048576 /dev/zero | tr '\\0' x; echo; echo after";
  const id = await scene.startContainer(pod, "main", script);
  await events.until(id, "CONTAINER_STOPPED_EVENT");
  const entries = readLog(scene.log("long", "main"));
  const end = entries.findIndex((it) => it.tag === "F");
  const text = entries.slice(0, end + 1).map((it) => it.text).join("");
  assertEquals(text.length, 1_048_576);
  assertEquals(text.replaceAll("x", ""), "");
  assertEquals(entries.slice(end + 1).map(({ tag, text }) => [tag, text]), [["F", "after"]]);
});

systemTest("reopenContainerLog() goes on in a new file and loses no line", async () => {
  await using scene = await Scene.open();
  const pod = await scene.runPod("rotated");
  const script = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo $i; sleep 0.005; done; sleep 1000";
  const containerId = await scene.startContainer(pod, "main", script);
  const path = scene.log("rotated", "main");
  await untilLogged(path, (it) => it.length > 5);
  await Deno.rename(path, `${path}.1`);
  await scene.client.reopenContainerLog({ containerId });
  await untilLogged(path, (it) => it.at(-1)?.text === "400");
  const texts = [...readLog(`${path}.1`), ...readLog(path)].map((it) => it.text);
  assertEquals(texts, Array.from({ length: 400 }, (_, index) => String(index + 1)));
});

systemTest("reopenContainerLog() refuses a container that does not run", async () => {
  await using scene = await Scene.open();
  const pod = await scene.runPod("created");
  const containerId = await scene.createContainer(pod, "main", "true");
  const [code] = await refusalOf(scene.client.reopenContainerLog({ containerId }));
  assertEquals(code, "FAILED_PRECONDITION");
});

systemTest("a container without a log path runs and logs nothing", async () => {
  await using scene = await Scene.open();
  using events = await watchEvents(scene.client);
  const pod = await scene.runPod("silent");
  const id = await scene.startContainer(pod, "main", "echo unheard", { logPath: "" });
  const { containersStatuses } = await events.until(id, "CONTAINER_STOPPED_EVENT");
  assertEquals([containersStatuses[0]?.logPath, containersStatuses[0]?.exitCode], ["", 0]);
});
