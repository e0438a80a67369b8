import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";

import { ContainerState } from "../../src/cri/gen/v1_pb.ts";
import { refusalOf, Scene, systemTest } from "./scene.ts";

/** More pods than a database can take in without room for one more page. */
const PODS_MAX = 50;

systemTest("a full disk is said to be full, and nothing is lost or left", async () => {
  await using disk = await makeDisk();
  const root = join(disk.folder, "root");
  await using scene = await Scene.open({ flags: ["--root", root] });
  const { client } = scene;
  const pod = await scene.runPod("before");
  const containerId = await scene.startContainer(pod, "running", "sleep 1000");

  await disk.fill();
  const pods = new Set([pod]);
  const code = await untilRefused(async (count) => {
    pods.add(await scene.runPod(`during-${count}`));
  });
  assertEquals(code, "RESOURCE_EXHAUSTED");
  const [creation] = await refusalOf(scene.createContainer(pod, "during", "sleep 1000"));
  assertEquals(creation, "RESOURCE_EXHAUSTED");
  const { status } = await client.containerStatus({ containerId });
  assertEquals(status?.state, ContainerState.CONTAINER_RUNNING);
  const { exitCode } = await client.execSync({ containerId, cmd: ["true"] });
  assertEquals(exitCode, 0);

  await disk.free();
  await scene.startContainer(pod, "after", "sleep 1000");
  await scene.restart("SIGKILL");
  const { containers } = await scene.client.listContainers();
  assertEquals(containers.map((it) => it.metadata?.name).sort(), ["after", "running"]);
  for (const { id } of (await scene.client.listPodSandbox()).items) {
    pods.delete(id);
    await scene.client.removePodSandbox({ podSandboxId: id });
  }
  assertEquals([...pods], []);
  assertEquals([...Deno.readDirSync(join(root, "containers"))], []);
});

async function untilRefused(attempt: (count: number) => Promise<void>): Promise<string> {
  for (let count = 0; count < PODS_MAX; count++) {
    const refused = await attempt(count).then(() => undefined, (error) => error);
    if (refused !== undefined) return (await refusalOf(Promise.reject(refused)))[0];
  }
  throw new Error(`a full disk took ${PODS_MAX} pods`);
}

interface Disk extends AsyncDisposable {
  readonly folder: string;
  /** Leaves no block free. */
  fill(): Promise<void>;
  free(): Promise<void>;
}

/** A small disk of its own: a tmpfs. */
async function makeDisk(): Promise<Disk> {
  const folder = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "slipway-disk-" });
  const mounted = await new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", "size=24m", "tmpfs", folder],
  }).output();
  assert(mounted.success);
  const ballast = join(folder, "ballast");
  return {
    folder,
    async fill() {
      using file = await Deno.open(ballast, { create: true, write: true });
      const block = new Uint8Array(4096);
      try {
        while (true) await file.write(block);
      } catch (error) {
        assert(String(error).includes("No space left"), String(error));
      }
    },
    free: () => Deno.remove(ballast),
    async [Symbol.asyncDispose]() {
      await new Deno.Command("umount", { args: [folder] }).output();
      await Deno.remove(folder);
    },
  };
}
