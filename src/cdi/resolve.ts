import { type ErrorCode, RuntimeError } from "../errors.ts";
import { type Context, waitFor } from "../kernel/context.ts";
import { KernelError } from "../kernel/errno.ts";
import type { Files } from "../kernel/files.ts";
import type { Runtime } from "../runtime.ts";
import { type HostEdits, isBindMount } from "./apply_edits.ts";
import { type ContainerEdits, type EditHook, joinedEdits } from "./container_edits.ts";
import { type CdiDevice, findDevices, type SpecFault } from "./find_devices.ts";
import { type EditDevice, withHostNode } from "./host_nodes.ts";
import { shown } from "./spec_error.ts";

/** What of a container's spec its devices may be: the rest of it must fit, too (`SPEC_BYTES_MAX`). */
const EDITS_LENGTH_MAX = 2 * 1024 * 1024;
/** Of what is wrong with spec files, so many are told to a client; all are logged. */
const FAULTS_TOLD_MAX = 8;
const FAULT_LENGTH_MAX = 300;

/**
 * What CDI devices want of a container that asks for them, as spec files and the host say now. What comes of it is
 * in the container's spec from its creation on, so that it starts with that, whatever becomes of the files.
 *
 * A device that no file has is answered UNKNOWN. containerd and CRI-O pass on an error without a code, which gRPC
 * makes that; NOT_FOUND would say that the sandbox or the image is not there.
 *
 * @param names the devices' qualified names
 * @throws {RuntimeError} UNKNOWN for a device that is in no file, or in two of a folder; UNIMPLEMENTED when it wants
 * what we cannot do; FAILED_PRECONDITION when the host lacks what it needs; INVALID_ARGUMENT when it is too much;
 * DEADLINE_EXCEEDED.
 */
export async function resolveCdiDevices(
  runtime: Pick<Runtime, "kernel" | "config" | "telemetry">,
  names: readonly string[],
  context: Context,
): Promise<HostEdits> {
  const { kernel: { clock, files }, config: { cdi, bounds }, telemetry } = runtime;
  using bounded = context.within(clock, bounds.programMs, "read CDI spec files");
  const directories = cdi.specDirectories;
  const { devices, faults } = await findDevices(files, directories, new Set(names), bounded);
  for (const { path, why } of faults) {
    telemetry.log("warn", "a CDI spec file cannot be used", { path, error: why });
  }
  const missing = names.filter((it) => !devices.has(it));
  if (missing.length > 0) throw unresolvable(missing, directories, faults);
  const wanted = names.flatMap((name) => devices.get(name) ?? []);
  const edits = await withHost(files, joinedEdits(editsInOrder(wanted)), bounded);
  return { ...edits, hooks: boundedHooks(edits.hooks, bounds.programMs) };
}

/** A file's own edits come once, before those of the first of its devices. */
function editsInOrder(devices: readonly CdiDevice[]): readonly ContainerEdits[] {
  const seen = new Set<string>();
  return devices.flatMap(({ file, edits }) => {
    if (seen.has(file.path)) return [edits];
    seen.add(file.path);
    return [file.edits, edits];
  });
}

/**
 * What is executed after the end is awaited by `runc delete`, which is killed when its time is up, and would leave
 * behind the hook that it waits for: so the hooks have less, all together. For those before, the task's creation
 * has a bound, and with it ends what it has started.
 */
function boundedHooks(hooks: readonly EditHook[], programMs: number): readonly EditHook[] {
  const count = hooks.filter((it) => it.name === "poststop").length;
  const most = Math.max(1, Math.floor(programMs / 1_000 / (count + 1)));
  return hooks.map(({ name, hook }) => {
    const timeout = Math.min(hook.timeout ?? most, most);
    return { name, hook: name === "poststop" ? { ...hook, timeout } : hook };
  });
}

async function withHost(
  files: Files,
  edits: ContainerEdits,
  context: Context,
): Promise<HostEdits> {
  const { deviceNodes, unsupported, ...rest } = edits;
  if (unsupported.length > 0) {
    const fields = [...new Set(unsupported)].join(", ");
    throw refusal("UNIMPLEMENTED", `its CDI devices want ${fields}, which is not implemented`);
  }
  if (JSON.stringify(edits).length > EDITS_LENGTH_MAX) {
    throw refusal("INVALID_ARGUMENT", "its CDI devices want more than fits into a container");
  }
  await requireResources(files, rest, context);
  const devices: EditDevice[] = [];
  for (const node of deviceNodes) {
    context.throwIfCancelled();
    devices.push(await withHostNode(files, node));
  }
  return { ...rest, devices };
}

/** What it mounts and executes must be there when the container is created (CDI, SPEC.md, "Error Handling"). */
async function requireResources(
  files: Files,
  { mounts, hooks }: Pick<ContainerEdits, "mounts" | "hooks">,
  context: Context,
): Promise<void> {
  for (const mount of mounts.filter(isBindMount)) {
    await requirePath(files, mount.hostPath, "to mount", context);
  }
  // The others are executed outside of the container (OCI runtime-spec, config.md, POSIX-platform Hooks).
  for (const { hook } of hooks.filter((it) => it.name !== "startContainer")) {
    await requirePath(files, hook.path, "to execute as a hook", context);
  }
}

async function requirePath(
  files: Files,
  path: string,
  what: string,
  context: Context,
): Promise<void> {
  try {
    await waitFor(files.resolveInRoot("/", path), context);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    throw refusal(
      "FAILED_PRECONDITION",
      `the host has no ${shown(path)} ${what} for a CDI device (${error.errno})`,
      error,
    );
  }
}

function unresolvable(
  names: readonly string[],
  directories: readonly string[],
  faults: readonly SpecFault[],
): RuntimeError {
  const told = faults.slice(0, FAULTS_TOLD_MAX).map(({ path, why }) =>
    `; ${path}: ${why}`.slice(0, FAULT_LENGTH_MAX)
  );
  const more = faults.length > FAULTS_TOLD_MAX ? `; and ${faults.length - told.length} more` : "";
  const where = directories.length === 0 ? "no folder is configured" : directories.join(", ");
  const some = names.slice(0, FAULTS_TOLD_MAX).map((it) => it.slice(0, FAULT_LENGTH_MAX));
  return refusal(
    "UNKNOWN",
    `unresolvable CDI devices ${some.join(", ")} (${where})${told.join("")}${more}`,
  );
}

function refusal(code: ErrorCode, why: string, cause?: unknown): RuntimeError {
  return new RuntimeError(code, `Cannot create container: ${why}`, { cause });
}
