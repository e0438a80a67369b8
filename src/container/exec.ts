import { join } from "@std/path";
import { RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import type { ChildProcess, ExitStatus } from "../kernel/processes.ts";
import { conmonExecCommand, parseConmonAnswer, parseExitCode, SYNC_PIPE } from "../oci/conmon.ts";
import { readableMessage } from "../oci/runc.ts";
import { SPEC_BYTES_MAX } from "../oci/runtime_spec.ts";
import { newId } from "../registry/ids.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Runtime } from "../runtime.ts";
import { taskPaths } from "../task/paths.ts";
import type { Container } from "./container.ts";
import { endExec, type ExecTraces } from "./exec_end.ts";
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
  return await runtime.life.serve(() => execute(runtime, id, command, timeoutMs, context));
}

async function execute(
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
  const name = `exec-${newId(kernel.random).slice(0, 16)}`;
  const processFile = join(bundle, `${name}.json`);
  const pidFile = join(bundle, `${name}.pid`);
  // The last is there when the runtime was killed before it renamed it (runc, utils_linux.go).
  files.defer(() => kernel.files.remove(processFile, pidFile, join(bundle, `.${name}.pid`)));
  await inBundle(container, async () => {
    await kernel.files.writeFile(processFile, await processOf(runtime, container, command));
  });
  requireRunning(container);
  const conmon = conmonExecCommand({
    program: config.conmon,
    id: container.id,
    bundle,
    processFile,
    pidFile,
    runtime: runtime.ociRuntimeOf(container.record),
  });
  kernel.cgroups.expectMove();
  using child = await inBundle(container, () =>
    kernel.processes.spawn(conmon, {
      outputBytesMax: config.bounds.execOutputBytesMax,
      childWrites: [SYNC_PIPE],
    }));
  const exec = { processFile, pidFile, cgroup: container.record.cgroup };
  const status = await runToEnd(kernel, child, exec, timeoutMs, pass.context);
  const wasKilled = status.kind === "signaled";
  // Before anything that the client can cut off.
  if (wasKilled) await endExec(kernel, exec);
  const start = parseConmonAnswer(await child.readPipeLine(SYNC_PIPE, pass.context));
  const exitCode = parseExitCode(await child.readPipeLine(SYNC_PIPE, pass.context));
  using drain = pass.context.within(kernel.clock, config.bounds.execDrainMs, "output of exec");
  await child.outputEnded(drain).catch(() => {});
  const { stdout, stderr } = child.output();
  if (start.kind === "failed" && !wasKilled) throw notExecuted(container.id, stderr);
  if (exitCode === undefined) {
    requireRunning(container);
    throw codeUnknown(container.id);
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

/** Does something in a container's bundle. That goes with the container, which is then the reason. */
async function inBundle<T>(container: Container, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    requireRunning(container);
    throw error;
  }
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

/** Waits for the end of conmon, and returns how it ended; ends all of it when time or client are gone. */
async function runToEnd(
  kernel: Kernel,
  conmon: ChildProcess,
  exec: ExecTraces,
  timeoutMs: number,
  context: Context,
): Promise<ExitStatus> {
  using bounded = timeoutMs > 0 ? context.within(kernel.clock, timeoutMs, "exec") : context.child();
  try {
    return await conmon.exited(bounded);
  } catch (error) {
    await endExec(kernel, exec);
    if (context.cause === undefined && bounded.cause !== undefined) {
      throw new RuntimeError(
        "DEADLINE_EXCEEDED",
        `timeout ${timeoutMs / 1_000}s exceeded: context deadline exceeded`,
      );
    }
    throw error;
  }
}

/** Where conmon names no pid nothing was executed, and its code is the OCI runtime's failure (RACES.md H8). */
function notExecuted(id: string, stderr: Uint8Array): RuntimeError {
  const words = readableMessage(textOf(stderr).trim());
  return new RuntimeError("UNKNOWN", `failed to exec in container "${id}": ${words}`);
}

/** Whoever ends a container may end the conmon of a command in it, after the command. */
function codeUnknown(id: string): RuntimeError {
  return new RuntimeError(
    "UNKNOWN",
    `conmon did not tell how a command in container "${id}" ended`,
  );
}
