import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { execa } from "execa";

import { ContainerState, MountPropagation, PodSandboxState } from "../../src/cri/gen/v1_pb.ts";
import { read } from "./read.ts";
import { IMAGE, refusalOf, Scene, systemTest } from "./scene.ts";
import { watchEvents } from "./watch_events.ts";
import { untilLogged } from "./watch_log.ts";

systemTest("a pod lives from its image to its removal", async () => {
  await using scene = await Scene.open();
  const { client } = scene;
  using events = await watchEvents(client);

  const { image } = await client.imageStatus({ image: { image: IMAGE } });
  assertEquals(image?.repoTags, [IMAGE]);

  const podSandboxId = await scene.runPod("web");
  const { status: pod } = await client.podSandboxStatus({ podSandboxId });
  assertEquals(pod?.state, PodSandboxState.SANDBOX_READY);

  const script = "echo out; echo err >&2; trap 'exit 7' TERM; while :; do sleep 1 & wait; done";
  const containerId = await scene.createContainer(podSandboxId, "main", script);
  assertEquals(await stateOf(scene, containerId), ContainerState.CONTAINER_CREATED);

  await client.startContainer({ containerId });
  assertEquals(await stateOf(scene, containerId), ContainerState.CONTAINER_RUNNING);
  const entries = await untilLogged(scene.log("web", "main"), (it) => it.length === 2);
  assertEquals(entries.map(({ stream, tag, text }) => [stream, tag, text]).sort(), [
    ["stderr", "F", "err"],
    ["stdout", "F", "out"],
  ]);

  const exec = await client.execSync({ containerId, cmd: ["sh", "-c", "echo $$; id -u; exit 3"] });
  assertEquals(exec.exitCode, 3);
  assertMatch(new TextDecoder().decode(exec.stdout), /^\d+\n0\n$/);

  await client.stopContainer({ containerId, timeout: 30n });
  const { status } = await client.containerStatus({ containerId });
  assertEquals(status?.state, ContainerState.CONTAINER_EXITED);
  assertEquals([status?.exitCode, status?.reason], [7, "Error"]);
  assert(status !== undefined);
  assert(status.createdAt <= status.startedAt && status.startedAt <= status.finishedAt);

  await client.removeContainer({ containerId });
  await client.stopPodSandbox({ podSandboxId });
  await client.removePodSandbox({ podSandboxId });
  assertEquals((await client.listPodSandbox()).items, []);
  assertEquals((await client.listContainers()).containers, []);
  await events.until(podSandboxId, "CONTAINER_DELETED_EVENT");
  assertEquals(
    events.seen.map((
      it,
    ) => [it.containerId === podSandboxId ? "pod" : "container", it.containerEventType]),
    [
      ["pod", 0],
      ["pod", 1],
      ["container", 0],
      ["container", 1],
      ["container", 2],
      ["container", 3],
      [
        "pod",
        2,
      ],
      ["pod", 3],
    ],
  );
  assertEquals(await scene.place.leftovers(), []);
});

systemTest("a container that ends by itself is EXITED with its code", async () => {
  await using scene = await Scene.open();
  using events = await watchEvents(scene.client);
  const pod = await scene.runPod("short");
  for (const [code, reason] of [[0, "Completed"], [5, "Error"]] as const) {
    const containerId = await scene.startContainer(pod, `exit${code}`, `exit ${code}`);
    const event = await events.until(containerId, "CONTAINER_STOPPED_EVENT");
    const status = event.containersStatuses.find((it) => it.id === containerId);
    assertEquals(status?.state, ContainerState.CONTAINER_EXITED);
    assertEquals([status?.exitCode, status?.reason], [code, reason]);
  }
});

systemTest("stopContainer() kills what ignores its stop signal", async () => {
  await using scene = await Scene.open();
  const pod = await scene.runPod("stubborn");
  const containerId = await scene.startContainer(
    pod,
    "main",
    "trap '' TERM; echo ready; while :; do sleep 1; done",
  );
  await untilLogged(scene.log("stubborn", "main"), (it) => it.length === 1);
  await scene.client.stopContainer({ containerId, timeout: 1n });
  const { status } = await scene.client.containerStatus({ containerId });
  assertEquals([status?.state, status?.exitCode], [ContainerState.CONTAINER_EXITED, 137]);
});

for (const propagation of ["PRIVATE", "HOST_TO_CONTAINER", "BIDIRECTIONAL"] as const) {
  systemTest(
    `a running container keeps its root file system to itself: ${propagation}`,
    async () => {
      await using scene = await Scene.open({ flags: ["--log-level", "debug"] });
      const { client, place } = scene;
      const pod = await scene.runPod("private");
      const folder = join(place.folder, "mounted");
      await Deno.mkdir(folder);
      await execa("mount", ["-t", "tmpfs", "-o", "size=1m", "folder", folder]);
      const create = async (sharing: "private" | "shared") => {
        await execa("mount", [`--make-${sharing}`, folder]);
        return await scene.createContainer(pod, "main", "exec sleep 1000", {
          mounts: [{
            hostPath: folder,
            containerPath: "/folder",
            propagation: MountPropagation[`PROPAGATION_${propagation}`],
          }],
        });
      };
      if (propagation !== "PRIVATE") {
        const [code, details] = await refusalOf(create("private"));
        assertEquals([code, details.includes("in a private mount")], ["FAILED_PRECONDITION", true]);
      }
      const containerId = await create("shared");
      const roots = async () =>
        (await place.leftovers()).filter((it) => /^mount .*rootfs$/.test(it));
      assertEquals((await roots()).length, 1);

      await client.startContainer({ containerId });
      await scene.daemon.line('"message":"rootfs.leave"');
      assertEquals(await roots(), []);
      const cmd = ["sh", "-c", "echo kept > /file && cat /file /folder/kept"];
      await Deno.writeTextFile(`${folder}/kept`, "too");
      const { stdout, exitCode } = await client.execSync({ containerId, cmd });
      assertEquals([new TextDecoder().decode(stdout), exitCode], ["kept\ntoo", 0]);

      await client.removeContainer({ containerId });
      await client.removePodSandbox({ podSandboxId: pod });
      await execa("umount", [folder]);
      assertEquals(await place.leftovers(), []);
    },
  );
}

systemTest("a mount is read-only with all below it where Status says that it can be", async () => {
  await using scene = await Scene.open();
  const { client, place } = scene;
  const { runtimeHandlers } = await client.status();
  const { mountOptions } = JSON.parse((await execa("runc", ["features"])).stdout);
  assertEquals(
    runtimeHandlers.map((it) => [it.name, it.features?.recursiveReadOnlyMounts]),
    ["", "runc"].map((name) => [name, mountOptions.includes("rro")]),
  );
  const folder = join(place.folder, "outer");
  await Deno.mkdir(`${folder}/inner`, { recursive: true });
  await execa("mount", ["-t", "tmpfs", "-o", "size=1m", "inner", `${folder}/inner`]);
  await using undo = new AsyncDisposableStack();
  undo.defer(async () => void await execa("umount", [`${folder}/inner`]));
  const pod = await scene.runPod("readonly");
  const containerId = await scene.startContainer(pod, "main", "exec sleep 1000", {
    mounts: [
      { hostPath: folder, containerPath: "/top", readonly: true },
      { hostPath: folder, containerPath: "/all", readonly: true, recursiveReadOnly: true },
    ],
  });
  const codes: number[] = [];
  for (const path of ["/top/a", "/top/inner/a", "/all/inner/a"]) {
    const cmd = ["sh", "-c", `echo > ${path}`];
    codes.push((await client.execSync({ containerId, cmd })).exitCode);
  }
  assertEquals(codes, [1, 0, 1]);
});

systemTest("a command has ended when its process has, whoever holds its output", async () => {
  await using scene = await Scene.open();
  const { client } = scene;
  const pod = await scene.runPod("web");
  const containerId = await scene.createContainer(pod, "main", "exec sleep 1000");
  await client.startContainer({ containerId });
  const execute = async (script: string) => {
    const beganMs = performance.now();
    const timeout = 10n;
    const { stdout, exitCode } = await client.execSync({
      containerId,
      cmd: ["sh", "-c", script],
      timeout,
    });
    assert(performance.now() - beganMs < 6_000, script);
    return [new TextDecoder().decode(stdout), exitCode];
  };
  assertEquals(await execute("(sleep 12 &); echo started"), ["started\n", 0]);
  assertEquals(await execute("sleep 12 & exit 3"), ["", 3]);
  assertEquals(await execute("cat; kill -9 $$"), ["", 137]);
  const late = client.execSync({ containerId, cmd: ["sleep", "13"], timeout: 1n });
  assertEquals((await refusalOf(late))[0], "DEADLINE_EXCEEDED");
  const missing = client.execSync({ containerId, cmd: ["no-such-program"] });
  assertMatch((await refusalOf(missing))[1], /executable file not found/);
  await client.removePodSandbox({ podSandboxId: pod });
});

systemTest("a command does not outlive the answer when its conmon is killed", async () => {
  await using scene = await Scene.open();
  const pod = await scene.runPod("web");
  const containerId = await scene.startContainer(pod, "main", "exec sleep 1000");
  // Into the container's log, which tells that it runs.
  const script = "echo up > /proc/1/fd/1; exec sleep 1001";
  const exec = refusalOf(scene.client.execSync({ containerId, cmd: ["sh", "-c", script] }));
  await untilLogged(scene.log("web", "main"), (it) => it.length === 1);
  Deno.kill(conmonOfCommand(containerId), "SIGKILL");
  assertEquals((await exec)[0], "UNKNOWN");
  const { stdout } = await scene.client.execSync({ containerId, cmd: ["ps"] });
  assertEquals(new TextDecoder().decode(stdout).match(/sleep 100\d/g), ["sleep 1000"]);
});

function conmonOfCommand(containerId: string): number {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const args = read(`/proc/${name}/cmdline`).split("\0");
    if (args[0]?.endsWith("conmon") && args.includes("--exec") && args.includes(containerId)) {
      return Number(name);
    }
  }
  throw new Error(`nobody executes in ${containerId}`);
}

systemTest("a container outlives its image, from its creation on", async () => {
  await using scene = await Scene.open();
  const layers = () => Array.from(Deno.readDirSync(join(scene.place.root, "layers"))).length;
  const pod = await scene.runPod("kept");
  const prepared = await scene.createContainer(pod, "prepared", "echo prepared; sleep 1000");
  await scene.client.removeImage({ image: { image: IMAGE } });
  assertEquals((await scene.client.imageStatus({ image: { image: IMAGE } })).image, undefined);
  await scene.client.startContainer({ containerId: prepared });
  await untilLogged(scene.log("kept", "prepared"), (it) => it.length === 1);
  await scene.restart("SIGKILL");
  assertEquals(layers(), 1);
  const { exitCode } = await scene.client.execSync({ containerId: prepared, cmd: ["true"] });
  assertEquals(exitCode, 0);
  assertEquals(
    await refusalOf(scene.createContainer(pod, "next", "true")),
    ["NOT_FOUND", `failed to resolve image "${IMAGE}": not found`],
  );
  await scene.client.removeContainer({ containerId: prepared });
  assertEquals(layers(), 0);
});

systemTest("stop and remove are fine with what is gone", async () => {
  await using scene = await Scene.open();
  const { client } = scene;
  const gone = "f".repeat(64);
  await client.stopContainer({ containerId: gone });
  await client.removeContainer({ containerId: gone });
  await client.stopPodSandbox({ podSandboxId: gone });
  await client.removePodSandbox({ podSandboxId: gone });
  await client.removeImage({ image: { image: "localhost/none:latest" } });
});

async function stateOf(scene: Scene, containerId: string): Promise<ContainerState | undefined> {
  return (await scene.client.containerStatus({ containerId })).status?.state;
}
