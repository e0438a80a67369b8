import { isBug } from "./bug.ts";
import { messageOf } from "./errors.ts";
import type { Context } from "./kernel/context.ts";
import { isReleaseAtLeast } from "./kernel/release.ts";
import { mountOptionsOf } from "./oci/runc.ts";
import type { Runtime } from "./runtime.ts";

/** A runtime answers in a few milliseconds; whoever asks for the status is not to wait for one that hangs. */
const FEATURES_MS = 1_000;
/** The first kernel that can make all mounts below another read-only, for "rro" (man 2 mount_setattr). */
const MOUNT_SETATTR = "5.12";

/** CRI's RuntimeCondition: whether the node can run pods. */
export interface Condition {
  readonly type: "RuntimeReady" | "NetworkReady";
  readonly isMet: boolean;
  readonly reason: string;
  readonly message: string;
}

/** CRI's RuntimeHandler: what pods can be run with. */
export interface Handler {
  /** Empty for the default. */
  readonly name: string;
  /** Whether a mount can be made read-only with all mounts below it. */
  readonly hasRecursiveReadonly: boolean;
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

/**
 * CRI Status: the handlers that pods may name, the default first. Each OCI runtime is asked once in the
 * daemon's life for what it can do, when somebody wants to know, so that no start waits for it. One that
 * cannot be asked now can do nothing more until the next time.
 *
 * @throws {RuntimeError} the context's cause.
 */
export async function runtimeHandlers(
  runtime: Runtime,
  context: Context,
): Promise<readonly Handler[]> {
  const { handlers, defaultHandler } = runtime.config;
  const found: Handler[] = [];
  for (const name of Object.keys(handlers)) {
    found.push({ name, hasRecursiveReadonly: await hasRecursiveReadonly(runtime, name, context) });
  }
  const standard = found.filter((it) => it.name === defaultHandler);
  return [...standard.map((it) => ({ ...it, name: "" })), ...found];
}

async function hasRecursiveReadonly(
  runtime: Runtime,
  handler: string,
  context: Context,
): Promise<boolean> {
  const { kernel, recursiveReadonly } = runtime;
  const ociRuntime = runtime.ociRuntime(handler);
  const known = recursiveReadonly.get(ociRuntime.program);
  if (known !== undefined) return known;
  try {
    const answer = isReleaseAtLeast(kernel.machine.kernelRelease, MOUNT_SETATTR) &&
      (await mountOptionsOf(kernel, ociRuntime, FEATURES_MS, context)).includes("rro");
    recursiveReadonly.set(ociRuntime.program, answer);
    return answer;
  } catch (error) {
    context.throwIfCancelled();
    if (isBug(error)) throw error;
    const attributes = { handler, error: messageOf(error) };
    runtime.telemetry.log("debug", "an OCI runtime does not tell its features", attributes);
    return false;
  }
}
