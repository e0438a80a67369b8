import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { execa } from "execa";

import { ContainerState } from "../../src/cri/gen/v1_pb.ts";
import { atMost } from "./daemon.ts";
import { HOST_NETWORK, refusalOf, Scene, systemTest } from "./scene.ts";
import { untilLogged } from "./watch_log.ts";

const KIND = "vendor.example.com/thing";

/** A scene with folders for spec files, and for what they speak of. */
class CdiScene implements AsyncDisposable {
  private constructor(readonly scene: Scene, readonly folder: string) {}

  static async open(): Promise<CdiScene> {
    const folder = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "slipway-test-cdi-" });
    try {
      for (const name of ["static", "dynamic", "seen"]) await Deno.mkdir(join(folder, name));
      const directories = ["static", "dynamic"].map((name) => join(folder, name));
      const flags = directories.flatMap((it) => ["--cdi-spec-dir", it]);
      return new CdiScene(await Scene.open({ flags }), folder);
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  /** Describes devices, by name what each wants. */
  async describe(file: string, devices: Readonly<Record<string, object>>, more: object = {}) {
    const entries = Object.entries(devices).map(([name, it]) => ({ name, containerEdits: it }));
    const spec = { cdiVersion: "1.1.0", kind: KIND, devices: entries, ...more };
    await Deno.writeTextFile(this.path(file), JSON.stringify(spec));
  }

  /** A hook that leaves a file by its name, whole from the first moment: what it was told of the container. */
  hook(hookName: string): object {
    const script = `cd ${this.path("seen")} && cat > ../part && mv ../part $0`;
    return { hookName, path: "/bin/sh", args: ["sh", "-c", script, hookName] };
  }

  /** The hooks that were executed, in the order of their names. */
  get seen(): readonly string[] {
    return [...Deno.readDirSync(this.path("seen"))].map((it) => it.name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.scene[Symbol.asyncDispose]();
    } finally {
      await Deno.remove(this.folder, { recursive: true });
    }
  }
}

function asking(...names: readonly string[]) {
  return { CDIDevices: names.map((name) => ({ name: `${KIND}=${name}` })) };
}

async function output(scene: Scene, containerId: string, script: string): Promise<string> {
  const answer = await scene.client.execSync({ containerId, cmd: ["sh", "-c", script] });
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return answer.exitCode === 0 ? text(answer.stdout) : `${answer.exitCode} ${text(answer.stderr)}`;
}

systemTest("a container has what its CDI devices want for it", async () => {
  await using cdi = await CdiScene.open();
  const { scene } = cdi;
  await Deno.writeTextFile(cdi.path("library"), "of the vendor");
  await cdi.describe("static/vendor.json", {
    zero: { deviceNodes: [{ path: "/dev/vendor/zero", hostPath: "/dev/zero" }] },
    quiet: {
      deviceNodes: [
        { path: "/dev/quiet", type: "c", major: 1, minor: 3, fileMode: 0o640, gid: 44 },
        { path: "/dev/mem", type: "c", major: 1, minor: 1, permissions: "none" },
      ],
      mounts: [{
        hostPath: cdi.path("library"),
        containerPath: "/usr/lib/vendor/library",
        options: ["ro", "nosuid", "nodev", "bind"],
      }],
      additionalGids: [44],
    },
    unasked: { env: ["UNASKED=1"] },
  }, { containerEdits: { env: ["VENDOR=all"] } });
  await Deno.writeTextFile(cdi.path("static/broken.yaml"), "cdiVersion: [");
  const pod = await scene.runPod("pod");
  const id = await scene.startContainer(pod, "main", "sleep 1000", {
    ...asking("zero", "quiet"),
    linux: {
      securityContext: { namespaceOptions: HOST_NETWORK, runAsUser: { value: 1_000n } },
    },
  });
  const mode = (await execa("stat", ["--format=%a", "/dev/zero"])).stdout;
  const nodes = "stat -c '%t:%T %a %u:%g' /dev/vendor/zero /dev/quiet";
  assertEquals((await output(scene, id, nodes)).split("\n"), [
    `1:5 ${mode} 1000:0`,
    "1:3 640 1000:44",
  ]);
  assertEquals(await output(scene, id, "head -c 3 /dev/vendor/zero | od -An -tx1"), "00 00 00");
  assertEquals(await output(scene, id, "echo gone > /dev/quiet && id -G"), "0 44");
  assertStringIncludes(await output(scene, id, "head -c 1 /dev/mem"), "not permitted");
  assertEquals(await output(scene, id, "cat /usr/lib/vendor/library"), "of the vendor");
  assertStringIncludes(
    await output(scene, id, "echo x > /usr/lib/vendor/library"),
    "Read-only file system",
  );
  assertEquals(await output(scene, id, "echo $VENDOR $UNASKED"), "all");
  const { status } = await scene.client.containerStatus({ containerId: id });
  assertEquals(status?.user?.linux?.supplementalGroups, [0n, 44n]);
  assert(scene.daemon.lines.some((it) => it.includes("broken.yaml")), "nobody heard of it");
});

systemTest("hooks of CDI devices are executed, each at its time", async () => {
  await using cdi = await CdiScene.open();
  const { scene } = cdi;
  const { client } = scene;
  const before = ["prestart", "createRuntime", "createContainer", "poststart"];
  const inside = { path: "/bin/sh", args: ["sh", "-c", "echo inside > /started"] };
  const hooks = [
    ...[...before, "poststop"].map((name) => cdi.hook(name)),
    { hookName: "startContainer", ...inside },
  ];
  await cdi.describe("static/vendor.json", { hooked: { hooks } });
  const pod = await scene.runPod("pod");
  const script = "cat /started; sleep 1000";
  const containerId = await scene.startContainer(pod, "main", script, {
    ...asking("hooked"),
    logPath: "main.log",
  });
  assertEquals(cdi.seen, before.toSorted());
  const [entry] = await untilLogged(scene.log("pod", "main"), (it) => it.length === 1);
  assertEquals(entry?.text, "inside");
  const told = JSON.parse(await Deno.readTextFile(cdi.path("seen/createRuntime")));
  assertEquals([told.id, told.status], [containerId, "creating"]);

  await client.stopContainer({ containerId });
  assertEquals(cdi.seen, [...before, "poststop"].toSorted());
  await client.removeContainer({ containerId });
});

systemTest("hooks after a container's end are executed for one that is never started", async () => {
  await using cdi = await CdiScene.open();
  const { scene } = cdi;
  const hooks = [cdi.hook("createRuntime"), cdi.hook("poststop")];
  await cdi.describe("static/vendor.json", { hooked: { hooks } });
  const pod = await scene.runPod("pod");
  using watch = Deno.watchFs(cdi.path("seen"));
  const containerId = await scene.createContainer(pod, "main", "true", asking("hooked"));
  // Its task is created beside the answer.
  const created = async () => {
    if (cdi.seen.length > 0) return;
    for await (const _change of watch) if (cdi.seen.length > 0) return;
  };
  await atMost(created(), "the hook");
  await scene.client.removeContainer({ containerId });
  assertEquals(cdi.seen, ["createRuntime", "poststop"]);
});

systemTest("a hook that fails ends a start, or is passed over after the end", async () => {
  await using cdi = await CdiScene.open();
  const { scene } = cdi;
  const { client } = scene;
  const failing = (hookName: string) => (
    { hooks: [{ hookName, path: "/bin/sh", args: ["sh", "-c", "echo broken >&2; exit 3"] }] }
  );
  await cdi.describe("static/vendor.json", {
    early: failing("createRuntime"),
    late: failing("poststop"),
  });
  const pod = await scene.runPod("pod");
  const early = await scene.createContainer(pod, "early", "true", asking("early"));
  const [code, words] = await refusalOf(client.startContainer({ containerId: early }));
  assertEquals(code, "UNKNOWN");
  assertStringIncludes(words, "broken");
  const stateOf = async (containerId: string) => {
    const { status } = await client.containerStatus({ containerId });
    return [status?.state, status?.exitCode, status?.reason];
  };
  assertEquals(await stateOf(early), [ContainerState.CONTAINER_EXITED, 128, "StartError"]);

  const late = await scene.startContainer(pod, "late", "sleep 1000", asking("late"));
  await client.stopContainer({ containerId: late });
  assertEquals(await stateOf(late), [ContainerState.CONTAINER_EXITED, 137, "Error"]);
});

systemTest("CDI devices are looked up when a container is created, and then kept", async () => {
  await using cdi = await CdiScene.open();
  const { scene } = cdi;
  await cdi.describe("static/vendor.json", { a: { env: ["A=static"] }, b: { env: ["B=1"] } });
  await cdi.describe("dynamic/vendor.json", { a: { env: ["A=dynamic"] } });
  const pod = await scene.runPod("pod");
  const kept = await scene.createContainer(pod, "kept", "sleep 1000", asking("a", "b"));
  await Deno.remove(cdi.path("dynamic/vendor.json"));
  await scene.restart("SIGKILL");
  await scene.client.startContainer({ containerId: kept });
  assertEquals(await output(scene, kept, "echo $A $B"), "dynamic 1");
  const annotations = { "cdi.k8s.io/plugin_1": `${KIND}=a,${KIND}=b` };
  const next = await scene.startContainer(pod, "next", "sleep 1000", { annotations });
  assertEquals(await output(scene, next, "echo $A $B"), "static 1");
});

systemTest("a CDI device that there is not is refused before anything is made", async () => {
  await using cdi = await CdiScene.open();
  const { scene } = cdi;
  await cdi.describe("static/one.json", { twice: { env: ["A=1"] } });
  await cdi.describe("static/two.json", { twice: { env: ["A=2"] } });
  await cdi.describe("static/three.json", {
    bare: { deviceNodes: [{ path: "/dev/slipway-none" }] },
    net: { netDevices: [{ hostInterfaceName: "eth1", name: "eth1" }] },
  });
  await Deno.symlink("nowhere", cdi.path("static/dangling.json"));
  await execa("mkfifo", [cdi.path("static/fifo.json")]);
  const pod = await scene.runPod("pod");
  const before = await scene.place.leftovers();
  const cases: readonly [name: string, code: string, words: string][] = [
    ["none", "UNKNOWN", `unresolvable CDI devices ${KIND}=none`],
    ["twice", "UNKNOWN", `two.json: ${KIND}=twice is in ${cdi.path("static/one.json")} as well`],
    ["bare", "FAILED_PRECONDITION", "there is no device"],
    ["net", "UNIMPLEMENTED", "netDevices"],
    ["-", "INVALID_ARGUMENT", "is the name of no CDI device"],
  ];
  for (const [name, code, words] of cases) {
    const [found, details] = await refusalOf(scene.createContainer(pod, "c", "true", asking(name)));
    assertEquals(found, code);
    assertStringIncludes(details, words);
    assertEquals(await scene.place.leftovers(), before);
  }
  assertEquals((await scene.client.listContainers()).containers, []);
});
