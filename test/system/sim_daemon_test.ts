import { assertEquals } from "@std/assert";

import { DEFAULT_CONFIG, SILENT, startDaemon } from "../../mod.ts";
import { ContainerState, NamespaceMode } from "../../src/cri/gen/v1_pb.ts";
import type { TracedSpan } from "../../src/program/trace.ts";
import { connect } from "./client.ts";
import { watchEvents } from "./watch_events.ts";

const NAMESPACES = { network: NamespaceMode.NODE, pid: NamespaceMode.CONTAINER };
const LINUX = { securityContext: { namespaceOptions: NAMESPACES } };

Deno.test("a CRI client can play with a daemon on a simulated machine", async () => {
  const folder = await Deno.makeTempDir();
  {
    await using daemon = await startDaemon({
      kernel: "sim",
      seed: 7,
      socketPath: `${folder}/run/slipway.sock`,
      config: DEFAULT_CONFIG,
      telemetry: SILENT,
      imports: [],
    });
    using client = connect(daemon.socketPath);
    using events = await watchEvents(client);
    const { runtimeHandlers } = await client.status();
    assertEquals(runtimeHandlers.map((it) => [it.name, it.features?.recursiveReadOnlyMounts]), [
      ["", true],
      ["runc", true],
    ]);
    const [image] = (await client.listImages()).images;
    const { podSandboxId } = await client.runPodSandbox({
      config: { metadata: { name: "pod", namespace: "default", uid: "1" }, linux: LINUX },
    });
    const create = (name: string, command: string[]) =>
      client.createContainer({
        podSandboxId,
        config: {
          metadata: { name },
          image: { image: image?.id ?? "" },
          command,
          linux: LINUX,
        },
      });
    const { containerId } = await create("main", ["sleep", "1000"]);
    await client.startContainer({ containerId });
    const { stdout } = await client.execSync({ containerId, cmd: ["echo", "hello"] });
    assertEquals(new TextDecoder().decode(stdout), "hello\n");
    const linux = { memoryLimitInBytes: 64n << 20n };
    await client.updateContainerResources({ containerId, linux, annotations: { any: "thing" } });
    const { status: limited, info } = await client.containerStatus({ containerId, verbose: true });
    assertEquals(limited?.resources?.linux?.memoryLimitInBytes, 64n << 20n);
    const { config, runtimeSpec } = JSON.parse(info["info"] ?? "{}");
    assertEquals(config.resources.memoryLimitBytes, 64 << 20);
    assertEquals(runtimeSpec.linux.resources.memory, { limit: 64 << 20 });
    await client.stopContainer({ containerId, timeout: 0n });
    const { status } = await client.containerStatus({ containerId });
    assertEquals([status?.state, status?.exitCode], [ContainerState.CONTAINER_EXITED, 137]);

    const { containerId: short } = await create("short", ["exit", "3", "50"]);
    await client.startContainer({ containerId: short });
    const { containersStatuses } = await events.until(short, "CONTAINER_STOPPED_EVENT");
    assertEquals(containersStatuses.find((it) => it.id === short)?.exitCode, 3);
    await client.removePodSandbox({ podSandboxId });
    assertEquals((await client.listContainers()).containers, []);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a daemon's trace keeps calls that go on at once apart", async () => {
  const folder = await Deno.makeTempDir();
  const traceFile = `${folder}/trace.jsonl`;
  {
    await using daemon = await startDaemon({
      kernel: "sim",
      seed: 7,
      socketPath: `${folder}/run/slipway.sock`,
      config: DEFAULT_CONFIG,
      telemetry: SILENT,
      imports: [],
      traceFile,
    });
    using client = connect(daemon.socketPath);
    await Promise.all(["a", "b"].map((name) =>
      client.runPodSandbox({
        config: { metadata: { name, namespace: "default", uid: name }, linux: LINUX },
      })
    ));
  }
  const lines = (await Deno.readTextFile(traceFile)).trimEnd().split("\n");
  const spans: readonly TracedSpan[] = lines.map((it) => JSON.parse(it));
  const calls = spans.filter((it) => it.name === "RunPodSandbox");
  assertEquals(calls.map((it) => it.parent), [null, null]);
  for (const { id } of calls) {
    const commits = spans.filter((it) => it.parent === id && it.name === "commit");
    assertEquals(commits.length, 2);
  }
  await Deno.remove(folder, { recursive: true });
});
