import { join } from "@std/path";

import { NamespaceMode } from "../src/cri/gen/v1_pb.ts";
import type { CriClient } from "../test/system/client.ts";

/** A CRI server to measure. */
export interface Target {
  readonly name: string;
  readonly client: CriClient;
  readonly image: string;
  /** Where its containers log. */
  readonly logs: string;
  readonly network: "host" | "cni";
}

/** What is measured, in the order in which it is shown. Milliseconds at the client. */
export const MEASURES = [
  "RunPodSandbox",
  "CreateContainer",
  "StartContainer",
  "run → started",
  "whole cycle",
] as const;

/** One measure each. */
export type Timings = Readonly<Record<typeof MEASURES[number], number>>;

/** A pod with one sleeping container, from nothing to nothing again. */
export async function measureCycle(target: Target, index: number): Promise<Timings> {
  const { client, image, logs } = target;
  const name = `bench-${Deno.pid}-${index}`;
  const linux = { securityContext: { namespaceOptions: namespacesOf(target) } };
  const sandboxConfig = {
    metadata: { name, namespace: "default", uid: name },
    logDirectory: join(logs, name),
    linux,
  };
  const times = [performance.now()];
  const { podSandboxId } = await client.runPodSandbox({ config: sandboxConfig });
  times.push(performance.now());
  try {
    const { containerId } = await client.createContainer({
      podSandboxId,
      sandboxConfig,
      config: {
        metadata: { name: "main" },
        image: { image },
        command: ["/bin/sleep", "1000"],
        logPath: "main.log",
        linux,
      },
    });
    times.push(performance.now());
    await client.startContainer({ containerId });
    times.push(performance.now());
    await client.stopContainer({ containerId, timeout: 0n });
    await client.removeContainer({ containerId });
  } finally {
    await client.stopPodSandbox({ podSandboxId });
    await client.removePodSandbox({ podSandboxId });
  }
  const [begun = 0, run = 0, created = 0, started = 0] = times;
  return {
    "RunPodSandbox": run - begun,
    "CreateContainer": created - run,
    "StartContainer": started - created,
    "run → started": started - begun,
    "whole cycle": performance.now() - begun,
  };
}

/** As the kubelet asks for an ordinary pod, and for one on the host's network. */
function namespacesOf({ network }: Target) {
  const mode = network === "host" ? NamespaceMode.NODE : NamespaceMode.POD;
  return { network: mode, pid: NamespaceMode.CONTAINER };
}
