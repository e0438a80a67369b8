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
import { startChild } from "./child.ts";
import { Executions } from "./executions.ts";
import { SpawnGate } from "./gate.ts";
import { openProcess } from "./pidfd.ts";
import type { Poller } from "./poller.ts";
import { environmentOf, processTable } from "./proc.ts";
import { ProcessMemory } from "./process_memory.ts";

/** PATH of a daemon that was started without one (man 8 init). */
const PATH_FALLBACK = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Programs through posix_spawn, other people's processes through pidfds. */
export class LinuxProcesses implements Processes {
  readonly #poller: Poller;
  readonly #gate: SpawnGate;
  readonly #memory = new ProcessMemory();
  readonly #executions = new Executions();
  readonly #path = Deno.env.get("PATH") ?? PATH_FALLBACK;
  /** Where a program was found in PATH; dropped when it is no longer there. */
  readonly #found = new Map<string, string>();
  readonly #onSpawn: () => void;
  #lastSpawnMs = -Infinity;

  /** @param onSpawn a program is about to be started, by {@linkcode spawn} */
  constructor(poller: Poller, concurrentPrograms: number, onSpawn: () => void = () => {}) {
    this.#poller = poller;
    this.#onSpawn = onSpawn;
    this.#gate = new SpawnGate(concurrentPrograms);
  }

  async spawn(command: Command, options: SpawnOptions): Promise<ChildProcess> {
    const file = this.#lookUp(command.program);
    const place = await this.#gate.enter();
    this.#lastSpawnMs = performance.now();
    this.#onSpawn();
    try {
      return await this.#start(file, command, options, place);
    } catch (error) {
      place[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * As {@linkcode spawn}, but of a program that nobody waits for: it takes no place among those that start.
   *
   * @throws {KernelError} as `spawn` does.
   */
  async spawnAside(command: Command, options: SpawnOptions): Promise<ChildProcess> {
    return await this.#start(this.#lookUp(command.program), command, options, NO_PLACE);
  }

  /** For how long {@linkcode spawn} has started no program, in milliseconds. */
  idleMs(): number {
    return performance.now() - this.#lastSpawnMs;
  }

  // deno-lint-ignore require-await
  async open(process: number | ProcessIdentity): Promise<ProcessHandle> {
    return openProcess(process, this.#poller);
  }

  async list(): Promise<readonly ProcessEntry[]> {
    return await processTable(this.#memory, this.#executions);
  }

  async environment(process: ProcessIdentity): Promise<Readonly<Record<string, string>>> {
    return await environmentOf(process, this.#memory);
  }

  async #start(
    file: string,
    command: Command,
    options: SpawnOptions,
    place: Disposable,
  ): Promise<ChildProcess> {
    const env = { PATH: this.#path, ...command.env };
    return await startChild({ ...command, file, env }, options, this.#poller, place);
  }

  /** In the daemon's PATH and not in the program's. */
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
}

const NO_PLACE: Disposable = { [Symbol.dispose]() {} };

function isProgram(file: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(file);
    return isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch {
    return false;
  }
}
