import {
  assert,
  assertEquals,
  assertGreater,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";

import { NamespaceMode, type NamespaceOption, PodSandboxState } from "../../src/cri/gen/v1_pb.ts";
import { refusalOf, Scene, systemTest } from "./scene.ts";
import { untilLogged } from "./watch_log.ts";

/** The pod's network, and for each container a PID namespace of its own. */
const POD_NETWORK = { network: NamespaceMode.POD, pid: NamespaceMode.CONTAINER };
const SHARED_PIDS = { network: NamespaceMode.NODE, pid: NamespaceMode.POD };

systemTest("pods on a bridge have addresses and reach each other", async () => {
  await using network = await makeNetwork();
  await using scene = await Scene.open({ networkNamespace: network.path });
  await writeBridgeList(scene);
  const { client } = scene;
  const [a, b] = await Promise.all([runPod(scene, "a"), runPod(scene, "b")]);
  assertNotEquals(a.ip, b.ip);

  const containerId = await startContainer(scene, a.id, "ip -4 addr show eth0; sleep 1000");
  const entries = await untilLogged(scene.log("a", "main"), (it) => it.length >= 2);
  assertStringIncludes(entries.map((it) => it.text).join("\n"), `inet ${a.ip}/`);
  const ping = ["ping", "-c", "1", "-W", "10", b.ip];
  assertEquals((await client.execSync({ containerId, cmd: ping })).exitCode, 0);

  const { stats } = await client.podSandboxStats({ podSandboxId: a.id });
  const { defaultInterface, interfaces } = stats?.linux?.network ?? {};
  assertEquals([defaultInterface?.name, interfaces], ["eth0", []]);
  assertGreater(defaultInterface?.rxBytes?.value ?? 0n, 0n);
  assertGreater(defaultInterface?.txBytes?.value ?? 0n, 0n);
  // Nobody runs in it who could show its network.
  const { stats: ofOther } = await client.podSandboxStats({ podSandboxId: b.id });
  assertEquals([ofOther?.linux?.network, ofOther?.linux?.process?.processCount?.value], [
    undefined,
    0n,
  ]);

  await scene.restart("SIGKILL");
  const { status } = await scene.client.podSandboxStatus({ podSandboxId: a.id });
  assertEquals([status?.state, status?.network?.ip], [PodSandboxState.SANDBOX_READY, a.ip]);
  assertEquals((await scene.client.execSync({ containerId, cmd: ping })).exitCode, 0);

  for (const { id } of [a, b]) {
    await scene.client.stopPodSandbox({ podSandboxId: id });
    const { status } = await scene.client.podSandboxStatus({ podSandboxId: id });
    assertEquals(status?.network?.ip, "");
    await scene.client.removePodSandbox({ podSandboxId: id });
  }
  assertEquals(await network.links(), ["lo", "slipway0"]);
  assertEquals(await leases(scene), []);
});

systemTest("without a network configuration only pods on the host's network run", async () => {
  await using scene = await Scene.open();
  const { status } = await scene.client.status();
  const ready = Object.fromEntries(status?.conditions.map((it) => [it.type, it.status]) ?? []);
  assertEquals(ready, { RuntimeReady: true, NetworkReady: false });
  const [code] = await refusalOf(scene.runPod("net", podConfig(POD_NETWORK)));
  assertEquals(code, "UNAVAILABLE");
  await scene.runPod("host");
});

systemTest("a pod that gets no address fails, and nothing of it is left", async () => {
  await using network = await makeNetwork();
  await using scene = await Scene.open({ networkNamespace: network.path });
  // Room for the gateway and for one pod.
  await writeBridgeList(scene, "10.99.0.0/30");
  const only = await runPod(scene, "only");
  const before = await scene.place.leftovers();
  const [, words] = await refusalOf(scene.runPod("net", podConfig(POD_NETWORK)));
  assertStringIncludes(words, "no IP addresses available");
  assertEquals((await scene.client.listPodSandbox()).items.map((it) => it.id), [only.id]);
  assertEquals(await scene.place.leftovers(), before);
});

systemTest("a pod has its kernel parameters from the start, or fails", async () => {
  await using scene = await Scene.open();
  const before = await scene.place.leftovers();
  const { linux } = podConfig({ network: NamespaceMode.NODE, pid: NamespaceMode.CONTAINER });
  const withSysctls = (sysctls: Record<string, string>) => ({ linux: { ...linux, sysctls } });
  for (const [name, value] of [["fs.mqueue.nothing", "1"], ["kernel.shmmni", "many"]] as const) {
    const refused = await refusalOf(scene.runPod("wrong", withSysctls({ [name]: value })));
    assertEquals(refused, [
      "INVALID_ARGUMENT",
      `Cannot set sysctl "${name}" to "${value}": this kernel refuses it`,
    ]);
    assertEquals((await scene.client.listPodSandbox()).items, []);
    assertEquals(await scene.place.leftovers(), before);
  }
  const pod = await scene.runPod("right", withSysctls({ "kernel.shmmni": "77" }));
  const containerId = await scene.startContainer(pod, "main", "exec sleep 1000");
  const { stdout } = await scene.client.execSync({
    containerId,
    cmd: ["cat", "/proc/sys/kernel/shmmni"],
  });
  assertEquals(new TextDecoder().decode(stdout), "77\n");
});

systemTest("containers of a pod may share its PID namespace", async () => {
  await using scene = await Scene.open();
  const { client } = scene;
  const pod = await scene.runPod("shared", podConfig(SHARED_PIDS));
  const config = { linux: { securityContext: { namespaceOptions: SHARED_PIDS } } };
  await scene.startContainer(pod, "one", "exec sleep 1001", config);
  const containerId = await scene.startContainer(pod, "two", "exec sleep 1002", config);
  const { stdout } = await client.execSync({ containerId, cmd: ["ps", "-o", "pid,args"] });
  const processes = new TextDecoder().decode(stdout);
  assertStringIncludes(processes, "sleep 1001");
  assertStringIncludes(processes, "sleep 1002");
  await scene.restart("SIGKILL");
  await scene.client.stopPodSandbox({ podSandboxId: pod });
  await scene.client.removePodSandbox({ podSandboxId: pod });
  assertEquals(await scene.place.leftovers(), []);
});

function podConfig(namespaceOptions: Partial<Omit<NamespaceOption, "$typeName">>) {
  return { linux: { securityContext: { namespaceOptions } } };
}

async function runPod(
  scene: Scene,
  name: string,
): Promise<{ readonly id: string; readonly ip: string }> {
  const id = await scene.runPod(name, podConfig(POD_NETWORK));
  const { status } = await scene.client.podSandboxStatus({ podSandboxId: id });
  const ip = status?.network?.ip ?? "";
  assert(ip.startsWith("10.99.0."), `pod ${name} has the address ${JSON.stringify(ip)}`);
  return { id, ip };
}

function startContainer(scene: Scene, pod: string, script: string): Promise<string> {
  return scene.startContainer(pod, "main", script, podConfig(POD_NETWORK));
}

async function writeBridgeList(scene: Scene, subnet = "10.99.0.0/24"): Promise<void> {
  await writeList(scene, [{
    type: "bridge",
    bridge: "slipway0",
    isGateway: true,
    ipam: {
      type: "host-local",
      dataDir: leaseFolder(scene),
      ranges: [[{ subnet }]],
    },
  }]);
}

async function writeList(scene: Scene, plugins: readonly unknown[]): Promise<void> {
  const list = { cniVersion: "1.0.0", name: "test", plugins };
  await Deno.writeTextFile(
    join(scene.place.cniConfig, "10-test.conflist"),
    JSON.stringify(list),
  );
}

function leaseFolder(scene: Scene): string {
  return join(scene.place.folder, "leases");
}

/** The addresses that are taken. */
async function leases(scene: Scene): Promise<readonly string[]> {
  const files = await Array.fromAsync(Deno.readDir(join(leaseFolder(scene), "test")));
  return files.map((it) => it.name).filter((it) => it.startsWith("10."));
}

/** A network of its own for a daemon, so that no bridge meets this host's. */
interface TestNetwork extends AsyncDisposable {
  readonly path: string;
  /** The names of its interfaces, sorted. */
  links(): Promise<readonly string[]>;
}

async function makeNetwork(): Promise<TestNetwork> {
  const name = `slipway-test-${crypto.randomUUID().slice(0, 8)}`;
  await ip("netns", "add", name);
  return {
    path: `/run/netns/${name}`,
    async links() {
      const links: readonly { readonly ifname: string }[] = JSON.parse(
        await ip("-n", name, "-json", "link"),
      );
      return links.map((it) => it.ifname).sort();
    },
    [Symbol.asyncDispose]: async () => void await ip("netns", "delete", name),
  };
}

async function ip(...args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("ip", { args: [...args] }).output();
  const text = new TextDecoder();
  assert(success, `ip ${args.join(" ")}: ${text.decode(stderr)}`);
  return text.decode(stdout);
}
