import type { Container } from "../container/container.ts";
import { resourcesOf } from "../container/resources.ts";
import { hasErrno } from "../kernel/errno.ts";
import { type OciLimits, type OciSpec, SPEC_BYTES_MAX } from "../oci/runtime_spec.ts";
import { limitsOf, withLimits } from "../oci/spec.ts";
import type { Runtime } from "../runtime.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { taskPaths } from "../task/paths.ts";
import { textOf } from "../utf8.ts";

/** What verbose answers carry: JSON for people, under the names that other runtimes use. */
export type Info = Record<string, string>;

/** The daemon's set-up; of an environment the names alone, since a proxy's address may have a password. */
export function runtimeInfo({ config, kernel }: Runtime): Info {
  const images = { ...config.images, environment: Object.keys(config.images.environment) };
  return {
    config: JSON.stringify({ ...config, images }),
    kernel: JSON.stringify(kernel.name),
  };
}

/** What is known of a sandbox besides its status. */
export async function sandboxInfo(
  runtime: Runtime,
  { record, status }: Sandbox,
): Promise<Info> {
  return infoOf({
    pid: status.pause?.init.pid ?? 0,
    phase: status.phase,
    hostname: record.hostname,
    cgroup: record.cgroup,
    networkResult: parsed(status.network?.result),
    config: record.config,
    runtimeSpec: await readSpec(runtime, record.id),
  });
}

/** What is known of a container besides its status. */
export async function containerInfo(
  runtime: Runtime,
  { record, status, claim }: Container,
): Promise<Info> {
  return infoOf({
    sandboxID: record.sandboxId,
    pid: status.init?.pid ?? 0,
    removing: status.isRemoving || claim.kind === "removing",
    starting: claim.kind === "starting",
    cgroup: record.cgroup,
    runtimeType: record.handler,
    layers: record.image.layers,
    config: { ...record.config, resources: resourcesOf({ record, status }) },
    runtimeSpec: withPresentLimits(
      await readSpec(runtime, record.id),
      status.resources && limitsOf(status.resources, runtime.host),
    ),
  });
}

/** An answer of one entry, as crictl shows it. */
export function infoOf(content: Readonly<Record<string, unknown>>): Info {
  return { info: JSON.stringify(content) };
}

/** The OCI spec of a task, or null when it has none (any more). */
async function readSpec(runtime: Runtime, id: string): Promise<unknown> {
  const path = taskPaths(runtime.config, id).spec;
  try {
    const content = await runtime.kernel.files.readFile(path, SPEC_BYTES_MAX);
    return parsed(textOf(content));
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR", "EFBIG")) return null;
    throw error;
  }
}

/** A container's spec as it would be written now: the file is only as new as its task. */
function withPresentLimits(spec: unknown, limits: OciLimits | undefined): unknown {
  if (limits === undefined || typeof spec !== "object" || spec === null) return spec;
  return withLimits(spec as OciSpec, limits);
}

/** JSON from a program or the disk; what is none is shown as the text it is. */
function parsed(text: string | undefined): unknown {
  if (text === undefined) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
