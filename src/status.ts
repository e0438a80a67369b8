import type { Runtime } from "./runtime.ts";

/** CRI's RuntimeCondition: whether the node can run pods. */
export interface Condition {
  readonly type: "RuntimeReady" | "NetworkReady";
  readonly isMet: boolean;
  readonly reason: string;
  readonly message: string;
}

/** CRI Status: what the kubelet asks before it gives the node pods. */
export async function runtimeConditions(runtime: Runtime): Promise<readonly Condition[]> {
  const network = await runtime.network.readiness();
  return [
    { type: "RuntimeReady", isMet: true, reason: "", message: "" },
    {
      type: "NetworkReady",
      isMet: network.isReady,
      reason: network.isReady ? "" : "NetworkPluginNotReady",
      message: network.isReady ? "" : `Network plugin returns error: ${network.message}`,
    },
  ];
}
