import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";

import type { LinuxContainerResourcesSchema } from "../../src/cri/gen/v1_pb.ts";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { refusalOf, Scene, systemTest } from "./scene.ts";

const MIB = 1n << 20n;

type Resources = MessageInitShape<typeof LinuxContainerResourcesSchema>;

for (const prepare of ["eager", "lazy"]) {
  systemTest(
    `resources are updated before the start and after, tasks made ${prepare}`,
    async () => {
      await using scene = await openWith({ prepare });
      const update = (linux: Resources) =>
        scene.client.updateContainerResources({ containerId, linux });
      const pod = await scene.runPod("update");
      const containerId = await scene.createContainer(pod, "main", "sleep 1000");

      await update({ memoryLimitInBytes: 64n * MIB, cpuQuota: 30_000n });
      assertEquals(await reported(scene, containerId), { memory: 64n * MIB, quota: 30_000n });
      await scene.client.startContainer({ containerId });
      assertEquals(await limits(scene, containerId), { memory: "67108864", quota: "30000" });

      await update({ memoryLimitInBytes: 96n * MIB });
      assertEquals(await reported(scene, containerId), { memory: 96n * MIB, quota: 30_000n });
      assertEquals(await limits(scene, containerId), { memory: "100663296", quota: "30000" });
      await scene.client.stopContainer({ containerId });
      assertEquals((await refusalOf(update({})))[0], "FAILED_PRECONDITION");
    },
  );
}

systemTest("limits live on when the daemon is killed, and are updated by the next", async () => {
  await using scene = await Scene.open();
  const pod = await scene.runPod("update");
  const waiting = await scene.createContainer(pod, "waiting", "sleep 1000");
  const running = await scene.startContainer(pod, "running", "sleep 1000");
  const linux = { memoryLimitInBytes: 64n * MIB };
  for (const containerId of [waiting, running]) {
    await scene.client.updateContainerResources({ containerId, linux });
  }
  await scene.restart("SIGKILL");
  await scene.client.startContainer({ containerId: waiting });
  for (const id of [waiting, running]) {
    assertEquals((await reported(scene, id)).memory, 64n * MIB);
    assertEquals((await limits(scene, id)).memory, "67108864");
  }
  await scene.client.updateContainerResources({
    containerId: running,
    linux: { cpuQuota: 20_000n },
  });
  assertEquals(await limits(scene, running), { memory: "67108864", quota: "20000" });
});

systemTest("an update that Linux refuses is told, and everything is as before", async () => {
  await using scene = await Scene.open();
  const pod = await scene.runPod("refused");
  const containerId = await scene.startContainer(pod, "main", "sleep 1000");
  const before = [await reported(scene, containerId), await limits(scene, containerId)];
  // Linux gives no period less than a millisecond, and hears of memory and CPUs first.
  const [code, details] = await refusalOf(
    scene.client.updateContainerResources({
      containerId,
      linux: { cpuQuota: 10n, memoryLimitInBytes: 64n * MIB, cpuShares: 512n, cpusetCpus: "0" },
    }),
  );
  assertEquals(code, "UNKNOWN");
  assertStringIncludes(details, "invalid argument");
  assertEquals([await reported(scene, containerId), await limits(scene, containerId)], before);
  assertEquals(
    await groupFile(scene, containerId, "cpuset", "cpuset.cpus", "cpuset.cpus.effective"),
    await podFile(scene, containerId, "cpuset", "cpuset.cpus", "cpuset.cpus.effective"),
  );
  assertEquals(await sharesOf(scene, containerId), { v1: "1024", v2: "100" }[await version()]);
});

for (const prepare of ["eager", "lazy"]) {
  systemTest(
    `a file that no group has keeps no other update away, tasks made ${prepare}`,
    async () => {
      await using scene = await openWith({ prepare });
      const pod = await scene.runPod("file");
      const waiting = await scene.createContainer(pod, "waiting", "sleep 1000");
      const running = await scene.startContainer(pod, "running", "sleep 1000");
      const file = { unified: { "memory.nothing.max": "1" } };
      for (const containerId of [waiting, running]) {
        const update = (linux: Resources) =>
          scene.client.updateContainerResources({ containerId, linux });
        // A lazy one has no task yet, and is told when it is started, as one that was created with it.
        if (prepare === "eager" || containerId === running) {
          assertEquals((await refusalOf(update(file)))[0], "UNKNOWN");
        }
        await update({ memoryLimitInBytes: 64n * MIB });
      }
      await scene.client.startContainer({ containerId: waiting });
      for (const id of [waiting, running]) {
        assertEquals((await limits(scene, id)).memory, "67108864");
      }
    },
  );
}

/** A daemon with a configuration file. */
async function openWith(config: Record<string, unknown>): Promise<Scene> {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(file, JSON.stringify(config));
  try {
    return await Scene.open({ flags: ["--config", file] });
  } finally {
    await Deno.remove(file);
  }
}

async function reported(scene: Scene, containerId: string) {
  const { status } = await scene.client.containerStatus({ containerId });
  const linux = status?.resources?.linux;
  return { memory: linux?.memoryLimitInBytes ?? -1n, quota: linux?.cpuQuota ?? -1n };
}

/** What the kernel says, by the names of neither version. */
async function limits(scene: Scene, id: string) {
  const quota = await groupFile(scene, id, "cpu", "cpu.cfs_quota_us", "cpu.max");
  return {
    memory: await groupFile(scene, id, "memory", "memory.limit_in_bytes", "memory.max"),
    quota: quota.split(" ")[0],
  };
}

async function sharesOf(scene: Scene, id: string): Promise<string> {
  return await groupFile(scene, id, "cpu", "cpu.shares", "cpu.weight");
}

async function groupFile(scene: Scene, id: string, ...file: File): Promise<string> {
  return await read(await groupOf(scene, id), ...file);
}

async function podFile(scene: Scene, id: string, ...file: File): Promise<string> {
  return await read(join(await groupOf(scene, id), ".."), ...file);
}

async function groupOf(scene: Scene, containerId: string): Promise<string> {
  const { info } = await scene.client.containerStatus({ containerId, verbose: true });
  return JSON.parse(info["info"] ?? "{}").cgroup;
}

type File = readonly [controller: string, v1: string, v2: string];

async function read(group: string, ...[controller, v1, v2]: File): Promise<string> {
  const path = await version() === "v2"
    ? join("/sys/fs/cgroup", group, v2)
    : join("/sys/fs/cgroup", controller, group, v1);
  return (await Deno.readTextFile(path)).trim();
}

async function version(): Promise<"v1" | "v2"> {
  try {
    await Deno.stat("/sys/fs/cgroup/cgroup.controllers");
    return "v2";
  } catch {
    return "v1";
  }
}
