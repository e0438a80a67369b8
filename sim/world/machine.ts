import { footprints } from "../footprint.ts";
import type { Program } from "../programs/program.ts";
import { Prng } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import type { WaitQueue } from "../step.ts";
import type { Task } from "../task.ts";
import { Cgroups } from "./cgroups.ts";
import { refuse } from "./errors.ts";
import { FileSystem } from "./file_system.ts";
import { furnishedDisk } from "./furniture.ts";
import { Inode } from "./inode.ts";
import { type Namespace, Namespaces } from "./namespaces.ts";
import type { MachineObserver } from "./observer.ts";
import type { ContainerRole, Process } from "./process.ts";
import { ProcessTable, SIGKILL } from "./process_table.ts";
import { StateDatabase } from "./state_database.ts";
import { SystemCalls } from "./system_calls/system_calls.ts";
import { Tree } from "./tree.ts";
import type { WatchFaults } from "./watch.ts";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const NOT_EXECUTABLE = 126;

/** A container's process that became the user's program. */
export interface Execution extends ContainerRole {
  /** The pid that it had. */
  readonly pid: number;
  /** The program and its arguments. */
  readonly args: readonly string[];
  /** CLOCK_REALTIME when it was executed, in microseconds since 1970. */
  readonly realtimeMicros: number;
}

/** How programs misbehave. */
export interface ProgramFaults {
  readonly isOn: boolean;
  /** Woken when they are switched off. */
  readonly healed: WaitQueue;
  atSystemCall(task: Task): { readonly kind: string; readonly slowMs?: number } | undefined;
  replace(commandLine: string, program: Program): Program;
}

/** What a machine is made of. */
export interface MachineOptions {
  readonly seed: number;
  /** How many pids there are. */
  readonly pidMax: number;
  /** Executable on the machine, by base name. */
  readonly programs: ReadonlyMap<string, Program>;
  /** Executable inside containers, by base name. */
  readonly workloads: ReadonlyMap<string, Program>;
}

/** A Linux machine in memory: everything in it is open to oracles. */
export class Machine {
  /** @internal */
  readonly scheduler: Scheduler;
  /** @internal */
  readonly random: Prng;
  /** Executable on the machine, by base name. */
  readonly programs: ReadonlyMap<string, Program>;
  /** Executable inside of containers, by base name. */
  readonly workloads: ReadonlyMap<string, Program>;
  /** @internal */
  readonly store: StateDatabase = new StateDatabase();
  /** @internal */
  readonly disk: FileSystem;
  /** @internal The root of the machine, its file systems and mounts. */
  tree!: Tree;
  /** @internal */
  processes!: ProcessTable;
  /** @internal */
  cgroups!: Cgroups;
  /** @internal */
  namespaces!: Namespaces;
  /** Every user program that was ever executed in a container, over all boots. */
  readonly executions: Execution[] = [];
  /** The last init of each container, dead or alive, whether it executed the user's program or not. */
  readonly inits: Map<string, Process> = new Map();
  /** How often the machine was switched on. */
  bootCount = 0;
  /** What /proc/sys/kernel/random/boot_id says: another one each time it is switched on. */
  bootId = "";
  /** @internal */
  watchFaults: WatchFaults | undefined;
  /** @internal */
  programFaults: ProgramFaults | undefined;
  /** A mistake of the simulator or of a program's code; ends the run. */
  failure: unknown;
  readonly #pidMax: number;
  #observer: MachineObserver | undefined;
  #nsfs: FileSystem = new FileSystem("nsfs", 4);

  /** @internal A simulation has its own. */
  constructor(scheduler: Scheduler, options: MachineOptions) {
    this.scheduler = scheduler;
    this.random = new Prng(options.seed, "machine");
    this.#pidMax = options.pidMax;
    this.programs = options.programs;
    this.workloads = options.workloads;
    this.disk = furnishedDisk([...this.programs.keys()], scheduler.clock.realtimeMicros);
    this.#powerOn();
  }

  /** @internal Whoever looks on, over all boots; told of things as they happen. */
  set observer(observer: MachineObserver | undefined) {
    this.#observer = observer;
    this.processes.observer = observer;
  }

  /** @internal */
  get observer(): MachineObserver | undefined {
    return this.#observer;
  }

  /** @internal getrandom. Who draws first gets what the other would have got. */
  randomBytes(length: number): Uint8Array {
    footprints.present?.touch("random", "write");
    return this.random.bytes(length);
  }

  /** How often a user program was executed as the init of a container: more than once is wrong. */
  startCount(containerId: string): number {
    return this.executions.filter((it) => it.containerId === containerId && it.role === "init")
      .length;
  }

  /** The living processes of a container's own, its runc init before it executes among them. */
  processesOf(containerId: string): Process[] {
    return this.processes.all().filter((it) =>
      it.isAlive && it.container?.containerId === containerId
    );
  }

  /**
   * @internal The power is gone and comes back: nothing runs, memory is lost, the disk has what was synced and
   * some of the rest, the boot id is another.
   */
  crash(): void {
    this.processes.clear();
    this.tree.losePower(this.random);
    this.store.losePower(this.random);
    this.scheduler.clock.elapsedMicros += 20_000_000;
    this.#powerOn();
  }

  /** @internal Binds a namespace to an existing file (nsfs): it lives as long as that mount. */
  pin(verb: string, namespace: Namespace, path: string): void {
    const at = this.tree.resolve(verb, path);
    if (at.inode.kind === "directory") refuse(verb, "ENOTDIR", path);
    const root = new Inode(this.#nsfs, "file", 0o444);
    root.namespace = namespace;
    this.namespaces.acquire(namespace);
    this.tree.attach(at, {
      source: `${namespace.kind}:[${namespace.number}]`,
      type: "nsfs",
      options: [],
      fileSystem: this.#nsfs,
      root,
    });
  }

  /** @internal Takes away the topmost mount on a path; a namespace that it pinned may end. */
  unmount(verb: string, path: string): void {
    for (const { root } of this.tree.unmount(verb, path)) {
      if (root.namespace !== undefined) this.namespaces.release(root.namespace);
    }
  }

  /** The kernel kills for want of memory: `victim`, or else the youngest of the group. */
  oomKill(path: string, victim?: Process): void {
    const group = this.cgroups.find(path);
    const chosen = victim ?? group?.allProcesses().at(-1);
    if (group === undefined || chosen === undefined) return;
    group.touch("write");
    for (let at = group; at.parent !== undefined; at = at.parent) at.oomKills++;
    this.#observer?.oomKilled?.(chosen);
    this.processes.signal(chosen, SIGKILL);
  }

  /** @internal Where a process hangs, unless somebody kills it, until faults are switched off. */
  hang(process: Process): Promise<void> {
    this.#observer?.hung?.(process);
    const faults = this.programFaults;
    return this.scheduler.callWhen(
      process.task,
      process,
      "hung",
      undefined,
      faults?.healed ?? [],
      () => faults?.isOn === false,
      () => undefined,
    );
  }

  /** @internal Starts a process that has nothing to do with anybody, under a pid that is free. */
  startStranger(name: string, pid: number): void {
    const { init } = this.processes;
    this.processes.skipTo(pid);
    const task = this.scheduler.newTask(name, { parent: init.task });
    const process = this.processes.fork("fork", init, task);
    process.args = [name];
    this.start(process, async (sys) => {
      for (;;) await sys.poll({});
    });
  }

  /** @internal Runs a program up to its first system call, which the scheduler places; its end ends the process. */
  start(process: Process, program: Program): void {
    program(new SystemCalls(this, process)).then(
      (code) => this.processes.die(process, { kind: "exited", code: code & 0xff }),
      (error: unknown) => this.#programThrew(process, error),
    );
  }

  /**
   * @internal The program that `name` stands for (man 3 execvp).
   *
   * @throws {KernelError} ENOENT, EACCES.
   */
  findProgram(
    verb: string,
    name: string,
    args: readonly string[],
    process: { readonly root: Process["root"]; readonly env: Process["env"] },
  ): Program {
    const found = this.#lookUpProgram(verb, name, process);
    return this.programFaults?.replace([name, ...args].join(" "), found) ?? found;
  }

  #lookUpProgram(
    verb: string,
    name: string,
    process: { readonly root: Process["root"]; readonly env: Process["env"] },
  ): Program {
    const base = name.slice(name.lastIndexOf("/") + 1);
    if (process.root !== undefined) {
      return this.workloads.get(base) ?? refuse(verb, "ENOENT", name);
    }
    const candidates = name.includes("/")
      ? [name]
      : (process.env.PATH ?? PATH).split(":").map((folder) => `${folder}/${name}`);
    for (const candidate of candidates) {
      const place = this.tree.find(candidate);
      if (place === undefined || place.inode.kind !== "file") continue;
      if ((place.inode.mode & 0o111) === 0) refuse(verb, "EACCES", name);
      const program = this.programs.get(base);
      if (program === undefined) return refuse(verb, "ENOEXEC", name);
      return program;
    }
    return refuse(verb, "ENOENT", name);
  }

  #powerOn(): void {
    this.bootCount++;
    this.scheduler.clock.bootedAtMicros = this.scheduler.clock.elapsedMicros;
    this.bootId = uuid(this.random);
    this.namespaces = new Namespaces();
    this.cgroups = new Cgroups(() => this.scheduler.clock.elapsedMicros);
    this.tree = new Tree(this.disk, () => this.scheduler.clock.realtimeMicros);
    this.processes = new ProcessTable(
      this.scheduler,
      this.cgroups,
      this.namespaces,
      this.#pidMax,
      this.scheduler.newTask("init"),
    );
    this.processes.observer = this.#observer;
    for (const [target, type] of [["/run", "tmpfs"], ["/dev/shm", "tmpfs"]] as const) {
      this.tree.mkdirs("mount", target, 0o755);
      this.tree.mount("mount", type, target, type, []);
    }
    this.#mountProc();
  }

  #mountProc(): void {
    this.tree.mkdirs("mount", "/proc", 0o555);
    this.tree.mkdirs("mount", "/sys/fs/cgroup", 0o555);
    this.tree.mount("mount", "proc", "/proc", "proc", []);
    const files: Record<string, () => string> = {
      "/proc/sys/kernel/random/boot_id": () => `${this.bootId}\n`,
      "/proc/self/oom_score_adj": () => "0\n",
      "/proc/self/status": () => "Name:\tslipway\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n",
      "/proc/sys/kernel/pid_max": () => `${this.#pidMax}\n`,
      "/proc/uptime": () => `${(this.scheduler.clock.monotonicMicros / 1e6).toFixed(2)} 0.00\n`,
      "/sys/fs/cgroup/cgroup.controllers": () => "cpuset cpu memory pids\n",
      "/proc/filesystems": () => "nodev\ttmpfs\nnodev\toverlay\n\text4\n",
    };
    for (const path in files) {
      this.tree.mkdirs("mount", path.slice(0, path.lastIndexOf("/")), 0o555);
      this.tree.write("mount", path, "", 0o444).generate = files[path];
    }
  }

  #programThrew(process: Process, error: unknown): void {
    if (!(error instanceof Error && error.name === "KernelError")) {
      this.failure ??= error;
      return;
    }
    const pipe = process.files.get(2)?.pipe;
    if (pipe !== undefined) {
      const bytes = new TextEncoder().encode(`${process.args[0] ?? ""}: ${error.message}\n`);
      pipe.write(bytes);
      if (process.container !== undefined) this.#observer?.wrote?.(process, pipe, bytes);
    }
    this.processes.die(process, {
      kind: "exited",
      code: error.message.startsWith("execve") ? NOT_EXECUTABLE : 1,
    });
  }
}

function uuid(random: Prng): string {
  const hex = [...random.bytes(16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
    .join("-");
}
