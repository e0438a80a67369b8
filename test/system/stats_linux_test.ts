import { assert, assertEquals, assertGreater, assertGreaterOrEqual } from "@std/assert";
import { join } from "@std/path";

import { HOST_NETWORK, refusalOf, Scene, systemTest } from "./scene.ts";
import { untilLogged } from "./watch_log.ts";

const MIB = 1 << 20;

/** Holds memory that is no cache, writes a file, burns CPU time for some seconds, and sleeps. */
const SCRIPT = `
head -c ${32 * MIB} /dev/zero > /dev/shm/held
head -c ${8 * MIB} /dev/zero > /written
i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done
echo ready
end=$(($(date +%s) + 3)); while [ $(date +%s) -lt $end ]; do :; done
echo burnt
exec sleep 1000
`;

systemTest("statistics say what a container and its pod use, until they are gone", async () => {
  await using scene = await Scene.open();
  const { client } = scene;
  const labels = { app: "busy" };
  const podSandboxId = await scene.runPod("busy", { labels });
  const containerId = await scene.createContainer(podSandboxId, "main", SCRIPT, {
    labels,
    annotations: { note: "kept" },
    linux: {
      resources: { memoryLimitInBytes: BigInt(128 * MIB) },
      securityContext: { namespaceOptions: HOST_NETWORK },
    },
  });
  await client.startContainer({ containerId });
  const log = scene.log("busy", "main");
  await untilLogged(log, (it) => it.length >= 1);
  const { stats: first } = await client.containerStats({ containerId: containerId.slice(0, 12) });
  assertEquals(first?.attributes?.metadata?.name, "main");
  assertEquals(first?.attributes?.labels, labels);
  assertEquals(first?.attributes?.annotations, { note: "kept" });
  const firstNanos = first?.cpu?.usageCoreNanoSeconds?.value ?? 0n;
  assertGreater(firstNanos, 10_000_000n);
  assertEquals(first?.cpu?.usageNanoCores, undefined);
  const workingSet = Number(first?.memory?.workingSetBytes?.value);
  assertGreaterOrEqual(workingSet, 32 * MIB);
  assertEquals(Number(first?.memory?.availableBytes?.value), 128 * MIB - workingSet);
  assertGreaterOrEqual(Number(first?.memory?.usageBytes?.value), workingSet);

  await untilLogged(log, (it) => it.length >= 2);
  const { stats: [second, ...others] } = await client.listContainerStats({
    filter: { podSandboxId, labelSelector: labels },
  });
  assertEquals(others, []);
  assertGreater(second?.cpu?.timestamp ?? 0n, first?.cpu?.timestamp ?? 0n);
  assertGreater(second?.cpu?.usageCoreNanoSeconds?.value ?? 0n, firstNanos);
  assertGreater(second?.cpu?.usageNanoCores?.value ?? 0n, 0n);
  const layer = second?.writableLayer;
  assertEquals(layer?.fsId?.mountpoint, join(scene.place.root, "containers"));
  assertGreaterOrEqual(Number(layer?.usedBytes?.value), 8 * MIB);
  assertGreaterOrEqual(layer?.inodesUsed?.value ?? 0n, 2n);
  const { containerFilesystems } = await client.imageFsInfo();
  assertEquals(containerFilesystems.map((it) => it.fsId), [layer?.fsId]);

  const { stats: pod } = await client.podSandboxStats({ podSandboxId });
  assertEquals(pod?.attributes?.metadata?.name, "busy");
  assertGreaterOrEqual(pod?.linux?.cpu?.usageCoreNanoSeconds?.value ?? 0n, firstNanos);
  assertGreaterOrEqual(Number(pod?.linux?.memory?.workingSetBytes?.value), 32 * MIB);
  assertEquals(pod?.linux?.process?.processCount?.value, 1n);
  assertEquals(pod?.linux?.network, undefined);
  assertEquals(pod?.linux?.containers.map((it) => it.attributes?.id), [containerId]);
  const { stats: pods } = await client.listPodSandboxStats({ filter: { id: podSandboxId } });
  assertEquals(pods.map((it) => it.attributes?.id), [podSandboxId]);
  for (const filter of [{ labelSelector: { app: "idle" } }, { id: "f".repeat(64) }]) {
    assertEquals((await client.listContainerStats({ filter })).stats, []);
    assertEquals((await client.listPodSandboxStats({ filter })).stats, []);
  }

  await client.stopContainer({ containerId });
  const { stats: ended } = await client.containerStats({ containerId });
  assertEquals([ended?.cpu, ended?.memory, ended?.swap], [undefined, undefined, undefined]);
  assert(ended?.writableLayer !== undefined);
  await client.removeContainer({ containerId });
  const [code, details] = await refusalOf(client.containerStats({ containerId }));
  assertEquals([code, details], ["NOT_FOUND", `container "${containerId}" not found`]);
  assertEquals((await client.listContainerStats()).stats, []);
  await client.removePodSandbox({ podSandboxId });
  assertEquals((await refusalOf(client.podSandboxStats({ podSandboxId })))[0], "NOT_FOUND");
  assertEquals((await client.listPodSandboxStats()).stats, []);
});

systemTest("statistics of a pod that is asked for while it goes are there or are not", async () => {
  await using scene = await Scene.open();
  const { client } = scene;
  const podSandboxId = await scene.runPod("going");
  const containerId = await scene.startContainer(podSandboxId, "main", "sleep 1000");
  const waiting = await scene.createContainer(podSandboxId, "waiting", "sleep 1000");
  const { stats: idle } = await client.containerStats({ containerId: waiting });
  assertEquals([idle?.attributes?.id, idle?.cpu, idle?.memory], [waiting, undefined, undefined]);
  let isGone = false;
  const removal = client.removePodSandbox({ podSandboxId }).finally(() => isGone = true);
  let answers = 0;
  while (!isGone) {
    const one = client.containerStats({ containerId }).then(() => "OK", codeOf);
    const pod = client.podSandboxStats({ podSandboxId }).then(() => "OK", codeOf);
    const lists = Promise.all([client.listContainerStats(), client.listPodSandboxStats()]);
    for (const code of [await one, await pod]) assert(code === "OK" || code === "NOT_FOUND", code);
    await lists;
    answers++;
  }
  await removal;
  assertGreater(answers, 0);
  assertEquals((await client.listContainerStats()).stats, []);
  assertEquals(await scene.place.leftovers(), []);
});

async function codeOf(error: unknown): Promise<string> {
  return (await refusalOf(Promise.reject(error)))[0];
}
