import type { Context } from "../kernel/context.ts";
import { SYNC_PIPE } from "../oci/conmon.ts";
import { readableMessage } from "../oci/runc.ts";
import type { Runtime } from "../runtime.ts";
import { textOf } from "../utf8.ts";
import { type ExecRequest, execTarget, Execution } from "./execution.ts";

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
  const request = { containerId: id, command, tty: false };
  return await runtime.life.serve(() => execute(runtime, request, timeoutMs, context));
}

async function execute(
  runtime: Runtime,
  request: ExecRequest,
  timeoutMs: number,
  context: Context,
): Promise<ExecResult> {
  const { kernel, config } = runtime;
  const { container, sandbox } = execTarget(runtime, request);
  using pass = sandbox.gate.enter(context);
  await using exec = new Execution(runtime, container, request);
  await exec.prepare();
  kernel.cgroups.expectMove();
  using child = await exec.inBundle(() =>
    kernel.processes.spawn(exec.command, {
      outputBytesMax: config.bounds.execOutputBytesMax,
      childWrites: [SYNC_PIPE],
    })
  );
  const end = await exec.end(child, timeoutMs, pass.context);
  using drain = pass.context.within(kernel.clock, config.bounds.execDrainMs, "output of exec");
  await child.outputEnded(drain).catch(() => {});
  const { stdout, stderr } = child.output();
  const exitCode = exec.codeOf(end, readableMessage(textOf(stderr).trim()));
  return { stdout, stderr, exitCode };
}
