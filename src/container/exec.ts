import { join } from "@std/path";
import { RuntimeError } from "../errors.ts";
import { Context } from "../kernel/context.ts";
import type { ChildProcess, ExitStatus } from "../kernel/processes.ts";
import { SIGKILL } from "../kernel/processes.ts";
import { tolerate } from "../kernel/errno.ts";
import { execCommand, readableMessage } from "../oci/runc.ts";
import { SPEC_BYTES_MAX } from "../oci/runtime_spec.ts";
import { newId } from "../registry/ids.ts";
import type { Runtime } from "../runtime.ts";
import { taskPaths } from "../task/paths.ts";
import { openIfPresent } from "../task/task.ts";
import type { Container } from "./container.ts";
import { textOf } from "../utf8.ts";

/** What a command in a container printed and how it ended. */
export interface ExecResult {
  /** The first `execOutputBytesMax` bytes. */
  readonly stdout: Uint8Array;
  /** The first `execOutputBytesMax` bytes. */
  readonly stderr: Uint8Array;
  /** 128+n for signal n. */
  readonly exitCode: number;
}

/** The OCI runtime ends soon after its command; one that does not hangs. */
const KILL_MS = 5_000;
/** Between two looks for what the OCI runtime has started. */
const LOOK_AGAIN_MS = 10;

/**
 * CRI ExecSync: runs a command in a running container to its end. Of each stream the first
 * `execOutputBytesMax` bytes are kept. After its end a descendant may hold its output open; that is
 * waited for only `execDrainMs` (RACES.md W22).
 *
 * @param timeoutMs 0 for no limit
 * @throws {RuntimeError} NOT_FOUND; FAILED_PRECONDITION when it does not run; INVALID_ARGUMENT for an
 * empty command; DEADLINE_EXCEEDED when the time is up: the command was killed then.
 */
export async function execSync(
  runtime: Runtime,
  id: string,
  command: readonly string[],
  timeoutMs: number,
  context: Context,
): Promise<ExecResult> {
  const { kernel, config } = runtime;
  const container = runtime.containers.find(id);
  if (command.length === 0) {
    throw new RuntimeError("INVALID_ARGUMENT", "exec: command must not be empty");
  }
  const sandbox = runtime.sandboxes.get(container.sandboxId);
  requireRunning(container);
  if (sandbox === undefined) {
    throw new RuntimeError("NOT_FOUND", `sandbox "${container.sandboxId}" not found`);
  }
  using pass = sandbox.gate.enter(context);
  await using files = new AsyncDisposableStack();
  const { bundle } = taskPaths(config, container.id);
  const base = join(bundle, `exec-${newId(kernel.random).slice(0, 16)}`);
  const processFile = `${base}.json`;
  const pidFile = `${base}.pid`;
  files.defer(() => kernel.files.remove(processFile));
  files.defer(() => kernel.files.remove(pidFile));
  try {
    await kernel.files.writeFile(processFile, await processOf(runtime, container, command));
  } finally {
    // A bundle goes with its container, and that is then the reason.
    requireRunning(container);
  }
  const exec = execCommand(
    runtime.ociRuntime(container.record.handler),
    container.id,
    processFile,
    pidFile,
  );
  using child = await kernel.processes.spawn(exec, {
    outputBytesMax: config.bounds.execOutputBytesMax,
  });
  const status = await runToEnd(runtime, child, timeoutMs, pass.context);
  using drain = pass.context.within(kernel.clock, config.bounds.execDrainMs, "output of exec");
  await child.outputEnded(drain).catch(() => {});
  const { stdout, stderr } = child.output();
  const exitCode = exitCodeOf(status);
  if (exitCode !== 0 && await kernel.files.stat(pidFile) === undefined) {
    throw notExecuted(container.id, stderr);
  }
  return { stdout, stderr, exitCode };
}

function requireRunning(container: Container): void {
  if (container.status.state === "RUNNING") return;
  throw new RuntimeError(
    "FAILED_PRECONDITION",
    `Cannot execute in container "${container.id}": ` +
      `container is in CONTAINER_${container.status.state} state`,
  );
}

/** The container's own process with other arguments (OCI runtime-spec, config.md, process). */
async function processOf(
  runtime: Runtime,
  container: Container,
  command: readonly string[],
): Promise<string> {
  const path = taskPaths(runtime.config, container.id).spec;
  const content = await runtime.kernel.files.readFile(path, SPEC_BYTES_MAX);
  const spec = JSON.parse(textOf(content));
  return JSON.stringify({ ...spec.process, args: command, terminal: false });
}

async function runToEnd(
  runtime: Runtime,
  child: ChildProcess,
  timeoutMs: number,
  context: Context,
): Promise<ExitStatus> {
  const { clock } = runtime.kernel;
  using bounded = timeoutMs > 0 ? context.within(clock, timeoutMs, "exec") : context.child();
  try {
    return await child.exited(bounded);
  } catch (error) {
    await killExec(runtime, child);
    if (context.cause === undefined && bounded.cause !== undefined) {
      throw new RuntimeError(
        "DEADLINE_EXCEEDED",
        `timeout ${timeoutMs / 1_000}s exceeded: context deadline exceeded`,
      );
    }
    throw error;
  }
}

/**
 * Kills the command and awaits its end. The OCI runtime is its parent and knows alone whether there is
 * one yet, so what it has started is killed until it ends of itself. Killed before, it could leave a
 * command that nobody finds: it writes the pid down after the command can run (runc, utils_linux.go).
 */
async function killExec({ kernel }: Runtime, child: ChildProcess): Promise<void> {
  using bounded = Context.background().within(kernel.clock, KILL_MS, "killed exec");
  while (bounded.cause === undefined) {
    for (const process of await child.children()) {
      using handle = await openIfPresent(kernel, process);
      if (handle !== undefined) await tolerate(handle.signal(SIGKILL), "ESRCH");
    }
    using soon = bounded.within(kernel.clock, LOOK_AGAIN_MS, "killed exec");
    if (await hasExited(child, soon)) return;
  }
  await tolerate(child.signal(SIGKILL), "ESRCH");
  using atLast = Context.background().within(kernel.clock, KILL_MS, "killed OCI runtime");
  await child.exited(atLast);
}

async function hasExited(child: ChildProcess, context: Context): Promise<boolean> {
  try {
    await child.exited(context);
    return true;
  } catch (error) {
    if (context.cause !== undefined) return false;
    throw error;
  }
}

/** Without a pid file the exit code is the OCI runtime's own: the command never ran (RACES.md H8). */
function notExecuted(id: string, stderr: Uint8Array): RuntimeError {
  const words = readableMessage(textOf(stderr).trim());
  return new RuntimeError("UNKNOWN", `failed to exec in container "${id}": ${words}`);
}

function exitCodeOf(status: ExitStatus): number {
  return status.kind === "exited" ? status.code : 128 + status.signal;
}
