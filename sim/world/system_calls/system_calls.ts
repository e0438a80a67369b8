import type { ForkOptions, Program, SpawnFiles, Sys } from "../../programs/program.ts";
import { refuse } from "../errors.ts";
import type { ContainerRole, Process } from "../process.ts";
import { isErrno } from "./caller.ts";
import { ProcessCalls } from "./process_calls.ts";

const EXEC_FAILED = 127;

/**
 * The system calls of one process. A class for each concern, every one on top of the one before:
 *
 * | class             | concern                                                    |
 * | ----------------- | ---------------------------------------------------------- |
 * | `Caller`          | how a call becomes a step of the process's task            |
 * | `FileCalls`       | files by their paths                                       |
 * | `DescriptorCalls` | open files, pipes and fifos                                |
 * | `IsolationCalls`  | root, mounts, namespaces, network interfaces, cgroups      |
 * | `ProcessCalls`    | signals, and waiting for children, descriptors and time    |
 * | `SystemCalls`     | who the process is, what it starts, and what it becomes    |
 */
export class SystemCalls extends ProcessCalls implements Sys {
  get pid(): number {
    return this.process.pid;
  }

  get pidSeen(): number {
    return this.process.isNamespaceInit ? 1 : this.process.pid;
  }

  get parentPid(): number {
    return this.process.parent?.pid ?? 0;
  }

  get args(): readonly string[] {
    return this.process.args;
  }

  get env(): Readonly<Record<string, string>> {
    return this.process.env;
  }

  get cwd(): string {
    return this.process.cwd;
  }

  get hasChildren(): boolean {
    return this.process.children.size > 0;
  }

  realtimeMicros(): number {
    return this.machine.scheduler.clock.realtimeMicros;
  }

  randomBytes(length: number): Uint8Array {
    return this.machine.randomBytes(length);
  }

  fork(name: string, program: Program, options: ForkOptions = {}): Promise<number> {
    return this.call("fork", name, () => {
      const machine = this.machine;
      const parent = options.toParent ? this.process.parent ?? this.process : this.process;
      const namespace = options.newPidNamespace ? machine.namespaces.make("pid") : undefined;
      const task = machine.scheduler.newTask(name, { parent: this.process.task });
      const child = machine.processes.fork("fork", this.process, task, namespace);
      if (parent !== this.process) {
        this.process.children.delete(child);
        parent.children.add(child);
        child.parent = parent;
      }
      if (options.files !== undefined) this.#replaceFiles(child, options.files);
      if (options.args !== undefined) child.args = options.args;
      if (options.env !== undefined) child.env = options.env;
      if (options.cwd !== undefined) child.cwd = options.cwd;
      child.parentDeathSignal = options.parentDeathSignal ?? 0;
      machine.start(child, program);
      return child.pid;
    });
  }

  async exec(
    name: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<number> {
    const program = await this.call("execve", [name, ...args], () => {
      const process = this.process;
      const found = this.machine.findProgram("execve", name, args, {
        root: process.root,
        env: env ?? process.env,
      });
      process.args = [name, ...args];
      if (env !== undefined) process.env = env;
      process.task.name = process.args.join(" ");
      for (const [signal, action] of process.dispositions) {
        if (action === "catch") process.dispositions.delete(signal);
      }
      for (const [fd, file] of process.files) {
        if (!file.closesOnExec) continue;
        file.close();
        process.files.delete(fd);
      }
      this.#recordExecution();
      return found;
    });
    return await program(this);
  }

  canExecute(name: string): Promise<boolean> {
    return this.call("access", name, () => {
      try {
        this.machine.findProgram("access", name, [], this.process);
        return true;
      } catch (error) {
        if (!isErrno(error)) throw error;
        return false;
      }
    });
  }

  spawn(name: string, args: readonly string[], options: SpawnFiles = {}): Promise<number> {
    return this.fork(
      [name, ...args].join(" "),
      async (child) => {
        try {
          return await child.exec(name, args);
        } catch (error) {
          if (!isErrno(error)) throw error;
          await child.write(2, `${name}: ${error.errno}\n`).catch(() => {});
          return EXEC_FAILED;
        }
      },
      options,
    );
  }

  setContainer(role: ContainerRole): void {
    if (role.role === "init") this.machine.inits.set(role.containerId, this.process);
    this.machine.processes.joinContainer(this.process, role);
  }

  #replaceFiles(child: Process, files: Readonly<Record<number, number>>): void {
    const inherited = new Map(child.files);
    child.files.clear();
    for (const [to, from] of Object.entries(files)) {
      const file = inherited.get(from) ?? refuse("dup2", "EBADF", String(from));
      child.files.set(Number(to), file.share());
    }
    for (const file of inherited.values()) file.close();
  }

  #recordExecution(): void {
    const process = this.process;
    if (process.container === undefined || process.hasExecuted) return;
    process.hasExecuted = true;
    // From here on it is the program that its group limits.
    process.cgroup.touchLimits("read");
    this.machine.executions.push({
      ...process.container,
      pid: process.pid,
      args: process.args,
      realtimeMicros: this.realtimeMicros(),
    });
    this.machine.observer?.executed?.(process);
  }
}
