import { assertEquals, assertLessOrEqual } from "@std/assert";

import { ContainerState } from "../../src/cri/gen/v1_pb.ts";
import { Scene, systemTest } from "./scene.ts";
import { untilLogged } from "./watch_log.ts";

const IN_A_ROW = 50;
const AT_ONCE = 20;
/** A connection, a watch or a child may come and go; 50 pods that each leak one do not hide in so few. */
const MORE_MAX = 4;

systemTest(`${IN_A_ROW} pods in a row leave nothing, in the daemon neither`, async () => {
  await using scene = await Scene.open();
  await livePod(scene, "first");
  const before = descriptorsOf(scene.daemon.pid);
  for (let index = 0; index < IN_A_ROW; index++) await livePod(scene, `pod${index}`);
  assertEquals(await scene.place.leftovers(), []);
  assertLessOrEqual(descriptorsOf(scene.daemon.pid), before + MORE_MAX);
  assertLessOrEqual(childrenOf(scene.daemon.pid), MORE_MAX);
});

systemTest(`${AT_ONCE} pods at once do not disturb one another`, async () => {
  await using scene = await Scene.open();
  const names = Array.from({ length: AT_ONCE }, (_, index) => `pod${index}`);
  const containers = await Promise.all(names.map(async (name) => {
    const pod = await scene.runPod(name);
    return await scene.startContainer(pod, "main", `echo ${name}; sleep 1000`);
  }));
  const { containers: found } = await scene.client.listContainers({
    filter: { state: { state: ContainerState.CONTAINER_RUNNING } },
  });
  assertEquals(found.map((it) => it.id).sort(), [...containers].sort());
  for (const name of names) {
    const [entry] = await untilLogged(scene.log(name, "main"), (it) => it.length > 0);
    assertEquals(entry?.text, name);
  }
  const { items } = await scene.client.listPodSandbox();
  await Promise.all(
    items.map(({ id }) => scene.client.removePodSandbox({ podSandboxId: id })),
  );
  assertEquals(await scene.place.leftovers(), []);
});

systemTest("many clients that ask for the same get one answer each", async () => {
  await using scene = await Scene.open();
  const { client } = scene;
  const runs = await Promise.allSettled(Array.from({ length: 10 }, () => scene.runPod("same")));
  const made = runs.flatMap((it) => it.status === "fulfilled" ? [it.value] : []);
  assertEquals(made.length, 1);
  const containerId = await scene.createContainer(made[0] ?? "", "main", "sleep 1000");
  const starts = await Promise.allSettled(
    Array.from({ length: 10 }, () => client.startContainer({ containerId })),
  );
  assertEquals(starts.filter((it) => it.status === "fulfilled").length, 1);
  await Promise.all(
    Array.from({ length: 10 }, () => client.stopContainer({ containerId, timeout: 0n })),
  );
  await Promise.all(Array.from({ length: 10 }, () => client.removeContainer({ containerId })));
  assertEquals((await client.listContainers()).containers, []);
});

async function livePod(scene: Scene, name: string): Promise<void> {
  const podSandboxId = await scene.runPod(name);
  const containerId = await scene.startContainer(podSandboxId, "main", "echo up; sleep 1000");
  await scene.client.stopContainer({ containerId, timeout: 0n });
  await scene.client.removeContainer({ containerId });
  await scene.client.stopPodSandbox({ podSandboxId });
  await scene.client.removePodSandbox({ podSandboxId });
}

function descriptorsOf(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** Zombies included. */
function childrenOf(pid: number): number {
  const tasks = [...Deno.readDirSync(`/proc/${pid}/task`)].map((it) => it.name);
  const children = tasks.map((it) => Deno.readTextFileSync(`/proc/${pid}/task/${it}/children`));
  return children.flatMap((it) => it.split(" ")).filter((it) => it !== "").length;
}
