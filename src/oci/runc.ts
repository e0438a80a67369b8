import type { KernelError } from "../kernel/errno.ts";
import { type Command, SIGKILL } from "../kernel/processes.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Context } from "../kernel/context.ts";
import {
  hasSucceeded,
  programFailed,
  run,
  type RunOptions,
  type RunResult,
} from "../kernel/run.ts";
import type { OciLimits } from "./runtime_spec.ts";

/** runc, or what wraps it: besides its command line (man 8 runc) its state.json and its exec.fifo are used. */
export interface OciRuntime {
  readonly program: string;
  /** Its `--root`: where it keeps the state of its containers. */
  readonly root: string;
}

/**
 * Removes what the runtime keeps of a container, killing it first if need be. Idempotent: an unknown id
 * is fine (runc delete.go, --force). False: somebody has killed the runtime before it was done.
 *
 * @throws {KernelError} with what the runtime printed.
 */
export async function deleteContainer(
  kernel: Kernel,
  runtime: OciRuntime,
  id: string,
  timeoutMs: number,
  context: Context,
): Promise<boolean> {
  const command = runtimeCommand(runtime, DELETE, "--force", id);
  const result = await run(kernel, command, { context, timeoutMs });
  if (hasSucceeded(result)) return true;
  const { status } = result;
  if (status.kind === "signaled" && status.signal === SIGKILL) return false;
  throw runtimeFailed(runtime, DELETE, result);
}

/**
 * Has the runtime set the limits of a container that has its init, running or not (runc update.go). What
 * the limits leave out stays as it is. After an error any of them may be in effect.
 *
 * @returns the runtime's words when it refuses, and then, too, any of them may be in effect; else undefined
 * @throws {KernelError} when it cannot be executed, or somebody has killed it; {RuntimeError} the context's
 * cause, or DEADLINE_EXCEEDED.
 */
export async function updateContainer(
  kernel: Kernel,
  runtime: OciRuntime,
  id: string,
  limits: OciLimits,
  options: Omit<RunOptions, "stdin">,
): Promise<string | undefined> {
  const command = runtimeCommand(runtime, UPDATE, "--resources", "-", id);
  const result = await run(kernel, command, { ...options, stdin: JSON.stringify(limits) });
  const { status, stderr } = result;
  if (status.kind === "signaled") throw runtimeFailed(runtime, UPDATE, result);
  return status.code === 0 ? undefined : readableMessage(stderr.trim());
}

/**
 * The mount options that the runtime knows, in its own words (OCI runtime-spec, features.md); none of one that
 * does not tell, as runc before 1.1.
 *
 * @throws {KernelError} when it cannot be executed, or somebody has killed it; {RuntimeError} the context's
 * cause, or DEADLINE_EXCEEDED.
 */
export async function mountOptionsOf(
  kernel: Kernel,
  runtime: OciRuntime,
  timeoutMs: number,
  context: Context,
): Promise<readonly string[]> {
  const result = await run(kernel, runtimeCommand(runtime, FEATURES), { context, timeoutMs });
  if (result.status.kind === "signaled") throw runtimeFailed(runtime, FEATURES, result);
  if (!hasSucceeded(result)) return [];
  const options = mountOptionsIn(result.stdout);
  return Array.isArray(options) ? options.filter((it) => typeof it === "string") : [];
}

/** Whether a process is one that {@linkcode updateContainer} has started for a container. */
export function isUpdate({ root }: OciRuntime, id: string, args: readonly string[]): boolean {
  return [UPDATE, root, id].every((it) => args.includes(it));
}

/** Whether the runtime has refused since the container has ended, in the words of runc and of crun. */
export function hasEnded(refusal: string): boolean {
  return /container (is )?not running/.test(refusal);
}

/**
 * Whether the runtime has refused since it has no state of the container, so that it has done nothing at all
 * (libcontainer, factory_linux.go, Load).
 */
export function hasNoState(refusal: string): boolean {
  return /container (\S+ )?does not exist/.test(refusal);
}

/** Whether a process is still the runtime's init: the user's program has not been executed. */
export function isRuntimeInit(runtime: OciRuntime, args: readonly string[]): boolean {
  return args[0] === runtime.program && args[1] === "init" && args.length === 2;
}

/** Where the init of a runtime keeps the state of its container (runc, libcontainer/container_linux.go). */
export function stateDirectoryOf(
  environment: Readonly<Record<string, string>>,
): string | undefined {
  return environment._LIBCONTAINER_STATEDIR;
}

/** What runc printed, for people: of its logrus lines the part in msg="…" is what matters. */
export function readableMessage(text: string): string {
  const messages = [...text.matchAll(/msg="((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? "");
  const last = messages.at(-1);
  if (last !== undefined) return last.replaceAll('\\"', '"');
  return text === "" ? "the OCI runtime failed without a word" : text;
}

const DELETE = "delete";
const FEATURES = "features";
const UPDATE = "update";

function runtimeCommand(runtime: OciRuntime, ...args: readonly string[]): Command {
  return { program: runtime.program, args: ["--root", runtime.root, ...args] };
}

function mountOptionsIn(features: string): unknown {
  try {
    return JSON.parse(features)?.mountOptions;
  } catch {
    return undefined;
  }
}

/** Names what was to be done; the flags in front of that are the same each time. */
function runtimeFailed({ program }: OciRuntime, verb: string, result: RunResult): KernelError {
  return programFailed({ program, args: [verb] }, result);
}
