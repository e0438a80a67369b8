import { join } from "@std/path";
import { RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import type { ChildProcess, ExitStatus } from "../kernel/processes.ts";
import { SIGKILL } from "../kernel/processes.ts";
import { tolerate } from "../kernel/errno.ts";
import { execCommand, readableMessage } from "../oci/runc.ts";
import { newId } from "../registry/ids.ts";
import type { Runtime } from "../runtime.ts";
import { taskPaths } from "../task/paths.ts";
import type { Container } from "./container.ts";

/** What a command in a container printed and how it ended. */
export interface ExecResult {
  /** The first `execOutputBytesMax` bytes. */
  readonly stdout: Uint8Array;
  /** The first `execOutputBytesMax` bytes. */
  readonly stderr: Uint8Array;
  /** 128+n for signal n. */
  readonly exitCode: number;
}

const SPEC_BYTES_MAX = 4 * 1024 * 1024;
const PID_BYTES_MAX = 32;

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
  await kernel.files.writeFile(processFile, await processOf(runtime, container, command));
  requireRunning(container);
  const exec = execCommand(
    runtime.ociRuntime(container.record.handler),
    container.id,
    processFile,
    pidFile,
  );
  using child = await kernel.processes.spawn(exec, {
    outputBytesMax: config.bounds.execOutputBytesMax,
  });
  const status = await runToEnd(runtime, child, pidFile, timeoutMs, pass.context);
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
  const spec = JSON.parse(new TextDecoder().decode(content));
  return JSON.stringify({ ...spec.process, args: command, terminal: false });
}

async function runToEnd(
  runtime: Runtime,
  child: ChildProcess,
  pidFile: string,
  timeoutMs: number,
  context: Context,
): Promise<ExitStatus> {
  const { clock } = runtime.kernel;
  using bounded = timeoutMs > 0 ? context.within(clock, timeoutMs, "exec") : context.child();
  try {
    return await child.exited(bounded);
  } catch (error) {
    await killExec(runtime, child, pidFile);
    if (context.cause === undefined && bounded.cause !== undefined) {
      throw new RuntimeError(
        "DEADLINE_EXCEEDED",
        `timeout ${timeoutMs / 1_000}s exceeded: context deadline exceeded`,
      );
    }
    throw error;
  }
}

/** Kills the command, which the OCI runtime is only the parent of, and then the runtime. */
async function killExec(runtime: Runtime, child: ChildProcess, pidFile: string): Promise<void> {
  const { files, processes } = runtime.kernel;
  if (await files.stat(pidFile) !== undefined) {
    const pid = Number(new TextDecoder().decode(await files.readFile(pidFile, PID_BYTES_MAX)));
    const entry = (await processes.list()).find((process) =>
      process.pid === pid && process.parentPid === child.identity.pid
    );
    if (entry !== undefined) {
      using handle = await processes.open(entry);
      await tolerate(handle.signal(SIGKILL), "ESRCH");
    }
  }
  await tolerate(child.signal(SIGKILL), "ESRCH");
  using bounded = runtime.rollbackContext();
  await child.exited(bounded);
}

/** Without a pid file the exit code is the OCI runtime's own: the command never ran (RACES.md H8). */
function notExecuted(id: string, stderr: Uint8Array): RuntimeError {
  const words = readableMessage(new TextDecoder().decode(stderr).trim());
  return new RuntimeError("UNKNOWN", `failed to exec in container "${id}": ${words}`);
}

function exitCodeOf(status: ExitStatus): number {
  return status.kind === "exited" ? status.code : 128 + status.signal;
}
