import type { ChildProcess as NodeChild } from "node:child_process";
import { execa } from "execa";
import { KernelError } from "../src/kernel/errno.ts";
import type {
  ChildProcess,
  Command,
  ProcessEntry,
  Processes,
  ProcessHandle,
  ProcessIdentity,
  SpawnOptions,
} from "../src/kernel/processes.ts";
import { Child, release } from "./child.ts";
import { asKernelError } from "./errno.ts";
import { SpawnGate } from "./gate.ts";
import { openProcess } from "./pidfd.ts";
import type { Poller } from "./poller.ts";
import { processTable } from "./proc.ts";

/** PATH of a daemon that was started without one (man 8 init). */
const PATH_FALLBACK = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Programs through execa, other people's processes through pidfds. */
export class LinuxProcesses implements Processes {
  readonly #poller: Poller;
  readonly #gate: SpawnGate;
  readonly #path = Deno.env.get("PATH") ?? PATH_FALLBACK;
  /** Where a program was found in PATH; dropped when it is no longer there. */
  readonly #found = new Map<string, string>();

  constructor(poller: Poller, concurrentPrograms: number) {
    this.#poller = poller;
    this.#gate = new SpawnGate(concurrentPrograms);
  }

  async spawn(command: Command, options: SpawnOptions): Promise<ChildProcess> {
    const file = this.#lookUp(command.program);
    const place = await this.#gate.enter();
    try {
      const subprocess = this.#execute(file, command, options);
      // Where there is no pid there was no program, and what execa resolves with says why.
      if (subprocess.pid === undefined) throw this.#refusal(command, await subprocess);
      const node = subprocess.nodeChildProcess;
      node.once("exit", () => place[Symbol.dispose]());
      if (options.stdin !== undefined) node.stdin?.end(options.stdin);
      return adopt(node, options);
    } catch (error) {
      place[Symbol.dispose]();
      throw asKernelError("spawn", command.program, error);
    }
  }

  // deno-lint-ignore require-await
  async open(process: number | ProcessIdentity): Promise<ProcessHandle> {
    return openProcess(process, this.#poller);
  }

  // deno-lint-ignore require-await
  async list(): Promise<readonly ProcessEntry[]> {
    return processTable();
  }

  #execute(file: string, command: Command, options: SpawnOptions) {
    return execa(file, command.args, {
      // Not the numbers of files: Deno hands each of those down a second time, where a program that
      // stays would hold it open.
      stdio: stdioOf(options),
      env: { PATH: this.#path, ...command.env },
      extendEnv: false,
      detached: options.detached ?? false,
      buffer: false,
      reject: false,
      // Whether a program outlives the daemon is for the daemon to say.
      cleanup: false,
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    });
  }

  /** Ours rather than execa's, which looks in the program's PATH and not in the daemon's. */
  #lookUp(program: string): string {
    if (program.includes("/")) return program;
    const known = this.#found.get(program);
    if (known !== undefined && isProgram(known)) return known;
    const file = this.#path.split(":").map((folder) => `${folder || "."}/${program}`)
      .find(isProgram);
    if (file === undefined) {
      throw new KernelError("spawn", "ENOENT", program, { detail: "not in PATH" });
    }
    this.#found.set(program, file);
    return file;
  }

  #refusal(command: Command, result: Refused): KernelError {
    const detail = result.originalMessage;
    return new KernelError("spawn", result.code ?? "EIO", command.program, {
      ...(detail === undefined ? {} : { detail }),
    });
  }
}

/** A child that cannot be held (EMFILE) runs on, but nobody would ever dispose it. */
function adopt(node: NodeChild, options: SpawnOptions): Child {
  try {
    return new Child(node, options);
  } catch (error) {
    release(node);
    throw error;
  }
}

/** What execa says of a program that did not start. */
interface Refused {
  readonly code?: string | undefined;
  readonly originalMessage?: string | undefined;
}

type Stream = "ignore" | "pipe";
type Stdio = [Stream, Stream, Stream, ...Stream[]];

function stdioOf(options: SpawnOptions): Stdio {
  const output = options.outputBytesMax === 0 ? "ignore" : "pipe";
  const stdio: Stdio = [options.stdin === undefined ? "ignore" : "pipe", output, output];
  const pipes = [...options.childReads ?? [], ...options.childWrites ?? []];
  while (stdio.length <= Math.max(2, ...pipes)) stdio.push("ignore");
  for (const fd of pipes) stdio[fd] = "pipe";
  return stdio;
}

function isProgram(file: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(file);
    return isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch {
    return false;
  }
}
