import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";

import { ContainerState, PodSandboxState } from "../../src/cri/gen/v1_pb.ts";
import { findBusybox } from "../../src/program/busybox_image.ts";
import { imageOf, serveRegistry, type TestImage } from "./image_fixture.ts";
import { Scene, systemTest } from "./scene.ts";
import { watchEvents } from "./watch_events.ts";
import { readLog, untilLogged } from "./watch_log.ts";

/** Counts, quickly and without an end, until it is told to stop. */
const COUNT =
  "trap 'echo bye; exit 7' TERM; i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done";

systemTest(
  "a pod lives from its image to its removal, with the daemon killed after every step",
  async () => {
    await using registry = serveRegistry();
    registry.images.set("busybox:1", await busyboxImage());
    const flags = ["--insecure-registry", registry.host];
    await using scene = await Scene.open({ flags });
    const crash = () => scene.restart("SIGKILL");
    const image = { image: `${registry.host}/busybox:1` };

    const { imageRef } = await scene.client.pullImage({ image });
    await crash();
    assertEquals((await scene.client.imageStatus({ image })).image?.id, imageRef);

    const podSandboxId = await scene.runPod("crash");
    await crash();
    const { status: pod } = await scene.client.podSandboxStatus({ podSandboxId });
    assertEquals(pod?.state, PodSandboxState.SANDBOX_READY);

    const containerId = await scene.createContainer(podSandboxId, "main", COUNT, { image });
    const state = async () => (await scene.client.containerStatus({ containerId })).status?.state;
    await crash();
    assertEquals(await state(), ContainerState.CONTAINER_CREATED);

    await scene.client.startContainer({ containerId });
    await crash();
    assertEquals(await state(), ContainerState.CONTAINER_RUNNING);

    const path = scene.log("crash", "main");
    const before = (await untilLogged(path, (it) => it.length > 0)).length;
    await crash();
    await untilLogged(path, (it) => it.length > before + 10);

    const { stdout } = await scene.client.execSync({ containerId, cmd: ["echo", "inside"] });
    assertEquals(new TextDecoder().decode(stdout), "inside\n");
    await crash();
    assertEquals(await state(), ContainerState.CONTAINER_RUNNING);

    await scene.client.stopContainer({ containerId, timeout: 30n });
    await crash();
    const { status } = await scene.client.containerStatus({ containerId });
    assertEquals([status?.state, status?.exitCode], [ContainerState.CONTAINER_EXITED, 7]);
    const texts = readLog(path).map((it) => it.text);
    assertEquals(texts, [...texts.slice(0, -1).map((_, index) => String(index + 1)), "bye"]);

    await scene.client.removeContainer({ containerId });
    await crash();
    assertEquals((await scene.client.listContainers()).containers, []);

    await scene.client.stopPodSandbox({ podSandboxId });
    await crash();
    const { status: stopped } = await scene.client.podSandboxStatus({ podSandboxId });
    assertEquals(stopped?.state, PodSandboxState.SANDBOX_NOTREADY);

    await scene.client.removePodSandbox({ podSandboxId });
    await crash();
    assertEquals((await scene.client.listPodSandbox()).items, []);
    assertEquals(await scene.place.leftovers(), []);
  },
);

systemTest("a daemon that is configured otherwise serves the pods that it finds", async () => {
  await using scene = await Scene.open({ flags: ["--runtime", "other=runc"] });
  const { podSandboxId } = await scene.client.runPodSandbox({
    config: scene.pod("configured"),
    runtimeHandler: "other",
  });
  const containerId = await scene.startContainer(podSandboxId, "main", "sleep 1000");
  const elsewhere = `${scene.place.folder}/elsewhere`;
  await scene.daemon.end("SIGKILL");
  const refused = await assertRejects(() => scene.again({ flags: ["--state", elsewhere] }), Error);
  assertStringIncludes(refused.message, `not in ${elsewhere}`);

  await scene.again({ flags: ["--runtime", "gone=no-such-runtime", "--default-runtime", "gone"] });
  const { status } = await scene.client.containerStatus({ containerId });
  assertEquals(status?.state, ContainerState.CONTAINER_RUNNING);
  await scene.client.execSync({ containerId, cmd: ["true"] });
  const nextId = await scene.startContainer(podSandboxId, "next", "sleep 1000");
  await scene.client.stopContainer({ containerId: nextId });
  await scene.client.removePodSandbox({ podSandboxId });
  assertEquals(await scene.place.leftovers(), []);
});

systemTest("containers that end while no daemon lives have their codes", async () => {
  await using scene = await Scene.open();
  const pod = await scene.runPod("meanwhile");
  const gate = `${scene.place.folder}/gate`;
  await new Deno.Command("mkfifo", { args: [gate] }).output();
  const containerId = await scene.startContainer(pod, "main", "cat /gate; exit 42", {
    mounts: [{ hostPath: gate, containerPath: "/gate" }],
  });
  const { info } = await scene.client.containerStatus({ containerId, verbose: true });
  const { pid } = JSON.parse(info["info"] ?? "{}");
  assertGreater(pid, 0);

  await scene.daemon.end("SIGKILL");
  await Deno.writeTextFile(gate, "go");
  await scene.again();
  using events = await watchEvents(scene.client);
  const { status } = await scene.client.containerStatus({ containerId });
  // Its end may come a moment after the daemon's new life has begun.
  const seen = status?.state === ContainerState.CONTAINER_EXITED
    ? status
    : (await events.until(containerId, "CONTAINER_STOPPED_EVENT")).containersStatuses[0];
  assertEquals([seen?.state, seen?.exitCode], [ContainerState.CONTAINER_EXITED, 42]);
});

systemTest("a daemon that is asked to end leaves its containers running", async () => {
  await using scene = await Scene.open();
  const pod = await scene.runPod("graceful");
  const containerId = await scene.startContainer(pod, "main", COUNT);
  assertEquals(await scene.daemon.end("SIGTERM"), 0);
  assertEquals(scene.daemon.lines.filter((it) => it.includes("still under way")), []);
  const before = readLog(scene.log("graceful", "main")).length;
  await untilLogged(scene.log("graceful", "main"), (it) => it.length > before);
  await scene.again();
  const { status } = await scene.client.containerStatus({ containerId });
  assertEquals(status?.state, ContainerState.CONTAINER_RUNNING);
});

systemTest("the daemon may be killed in the middle of anything", async () => {
  await using scene = await Scene.open();
  const pods = await Promise.all(["a", "b", "c"].map((name) => scene.runPod(name)));
  const containers = await Promise.all(
    pods.map((pod, index) => scene.createContainer(pod, `c${index}`, COUNT)),
  );
  const calls: Promise<unknown>[] = [
    ...containers.map((containerId) => scene.client.startContainer({ containerId })),
    ...pods.map((pod, index) => scene.createContainer(pod, `late${index}`, COUNT)),
    scene.runPod("d"),
  ];
  // The others are under way when the first one is done.
  await Promise.race(calls);
  await scene.restart("SIGKILL");
  await Promise.allSettled(calls);
  const { containers: found } = await scene.client.listContainers();
  for (const { id, state } of found) {
    const { status } = await scene.client.containerStatus({ containerId: id, verbose: true });
    assertEquals(status?.state, state);
    assert(state !== ContainerState.CONTAINER_UNKNOWN, `container ${id} is UNKNOWN`);
  }
});

/** An image as a registry has it: one layer with busybox. */
async function busyboxImage(): Promise<TestImage> {
  const path = await findBusybox();
  assert(path !== undefined);
  const bytes = await Deno.readFile(path);
  let content = "";
  for (let at = 0; at < bytes.length; at += 4_096) {
    content += String.fromCharCode(...bytes.subarray(at, at + 4_096));
  }
  const applets = ["sh", "sleep", "echo", "cat"];
  return await imageOf([[
    { name: "bin/", type: "directory", mode: 0o755 },
    { name: "bin/busybox", content, mode: 0o755 },
    ...applets.map((it) => ({ name: `bin/${it}`, type: "symlink", target: "busybox" } as const)),
  ]]);
}
