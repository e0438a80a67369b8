import { join } from "@std/path";
import { RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ChildProcess, Command, ExitStatus } from "../kernel/processes.ts";
import { shared } from "../kernel/shared_memory.ts";
import {
  type ConmonAnswer,
  conmonExecCommand,
  parseConmonAnswer,
  parseExitCode,
  SYNC_PIPE,
} from "../oci/conmon.ts";
import { SPEC_BYTES_MAX } from "../oci/runtime_spec.ts";
import { newId } from "../registry/ids.ts";
import type { Runtime } from "../runtime.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { taskPaths } from "../task/paths.ts";
import { textOf } from "../utf8.ts";
import type { Container } from "./container.ts";
import { endExec, type ExecTraces } from "./exec_end.ts";

/** A command in a container. */
export interface ExecRequest {
  /** Its full id, or the beginning of it. */
  readonly containerId: string;
  /** The program, looked up in the container's PATH, and its arguments. */
  readonly command: readonly string[];
  /** Whether it gets a terminal. */
  readonly tty: boolean;
}

/** In which container of which pod a command is to be executed. */
export interface ExecTarget {
  readonly container: Container;
  readonly sandbox: Sandbox;
}

/**
 * The container of a command that could be executed now.
 *
 * @throws {RuntimeError} NOT_FOUND; FAILED_PRECONDITION when it does not run; INVALID_ARGUMENT for an
 * empty command.
 */
export function execTarget(runtime: Runtime, request: ExecRequest): ExecTarget {
  const container = runtime.containers.find(request.containerId);
  if (request.command.length === 0) {
    throw new RuntimeError("INVALID_ARGUMENT", "exec: command must not be empty");
  }
  const sandbox = runtime.sandboxes.get(container.sandboxId);
  requireRunning(container);
  if (sandbox === undefined) {
    throw new RuntimeError("NOT_FOUND", `sandbox "${container.sandboxId}" not found`);
  }
  return { container, sandbox };
}

/** @throws {RuntimeError} FAILED_PRECONDITION when it does not run. */
export function requireRunning(container: Container): void {
  if (container.status.state === "RUNNING") return;
  throw new RuntimeError(
    "FAILED_PRECONDITION",
    `Cannot execute in container "${container.id}": ` +
      `container is in CONTAINER_${container.status.state} state`,
  );
}

/** How a command ended, as its conmon tells. */
export interface ExecEnd {
  readonly start: ConmonAnswer;
  /** Undefined when nobody knows: its conmon was killed. */
  readonly exitCode: number | undefined;
  readonly wasKilled: boolean;
}

/** A command on its way through a container. Disposing it removes its files. */
export class Execution implements AsyncDisposable {
  readonly traces: ExecTraces;
  /** A folder for the fifos and the socket of a terminal. */
  readonly consoleFolder: string;
  readonly #runtime: Runtime;
  readonly #container: Container;
  readonly #request: ExecRequest;
  readonly #bundle: string;
  @shared
  accessor #answer: Promise<ConmonAnswer> | undefined;
  /** Here when the OCI runtime was killed before it renamed it (runc, utils_linux.go). */
  readonly #pidFileDraft: string;

  constructor(runtime: Runtime, container: Container, request: ExecRequest) {
    this.#runtime = runtime;
    this.#container = container;
    this.#request = request;
    this.#bundle = taskPaths(runtime.config, container.id).bundle;
    const name = `exec-${newId(runtime.kernel.random).slice(0, 16)}`;
    this.consoleFolder = join(this.#bundle, name);
    this.#pidFileDraft = join(this.#bundle, `.${name}.pid`);
    this.traces = {
      processFile: join(this.#bundle, `${name}.json`),
      pidFile: join(this.#bundle, `${name}.pid`),
      cgroup: container.record.cgroup,
    };
  }

  /** Writes down what is to be executed: the container's own process with other arguments. */
  async prepare(): Promise<void> {
    const { files } = this.#runtime.kernel;
    await this.inBundle(async () => {
      const path = taskPaths(this.#runtime.config, this.#container.id).spec;
      const spec = JSON.parse(textOf(await files.readFile(path, SPEC_BYTES_MAX)));
      // OCI runtime-spec, config.md, process.
      const { command, tty } = this.#request;
      const process = { ...spec.process, args: command, terminal: tty };
      await files.writeFile(this.traces.processFile, JSON.stringify(process));
    });
    requireRunning(this.#container);
  }

  /** Whether it was executed, as soon as its conmon says so. */
  async answer(conmon: ChildProcess, context: Context): Promise<ConmonAnswer> {
    this.#answer ??= conmon.readPipeLine(SYNC_PIPE, context).then(parseConmonAnswer);
    return await this.#answer;
  }

  /** Its conmon's command line. */
  get command(): Command {
    const { config } = this.#runtime;
    return conmonExecCommand({
      program: config.conmon,
      id: this.#container.id,
      bundle: this.#bundle,
      processFile: this.traces.processFile,
      pidFile: this.traces.pidFile,
      runtime: this.#runtime.ociRuntimeOf(this.#container.record),
      consoleFolder: this.#request.tty ? this.consoleFolder : undefined,
    });
  }

  /** Does something in the container's bundle. That goes with the container, which is then the reason. */
  async inBundle<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      requireRunning(this.#container);
      throw error;
    }
  }

  /**
   * Waits until the command and its conmon have ended; ends both when time or client are gone. The answers
   * that conmon has left are read then.
   *
   * @param timeoutMs 0 for no limit
   * @throws {RuntimeError} the context's cause; DEADLINE_EXCEEDED when the time is up.
   */
  async end(conmon: ChildProcess, timeoutMs: number, context: Context): Promise<ExecEnd> {
    const { kernel } = this.#runtime;
    const status = await runToEnd(kernel, conmon, this.traces, timeoutMs, context);
    const wasKilled = status.kind === "signaled";
    // Before anything that the client can cut off.
    if (wasKilled) await endExec(kernel, this.traces);
    const start = await this.answer(conmon, context);
    const exitCode = parseExitCode(await conmon.readPipeLine(SYNC_PIPE, context));
    return { start, exitCode, wasKilled };
  }

  /**
   * The code that a command has ended with. `words` is what its conmon and its OCI runtime have printed.
   *
   * @throws {RuntimeError} UNKNOWN when nothing was executed, or nobody knows.
   */
  codeOf({ start, exitCode, wasKilled }: ExecEnd, words: string): number {
    const { id } = this.#container;
    if (start.kind === "failed" && !wasKilled) {
      // Where conmon names no pid its code is the OCI runtime's failure (RACES.md H8).
      throw new RuntimeError("UNKNOWN", `failed to exec in container "${id}": ${words}`);
    }
    if (exitCode !== undefined) return exitCode;
    requireRunning(this.#container);
    // Whoever ends a container may end the conmon of a command in it, after the command.
    throw new RuntimeError(
      "UNKNOWN",
      `conmon did not tell how a command in container "${id}" ended`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { processFile, pidFile } = this.traces;
    const folders = this.#request.tty ? [this.consoleFolder] : [];
    await this.#runtime.kernel.files.remove(processFile, pidFile, this.#pidFileDraft, ...folders);
  }
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
