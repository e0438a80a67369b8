import { bug, made, type Mutant } from "../mutant.ts";

const CREATE = "src/task/create.ts";
const EXIT_FILES = "src/task/exit_files.ts";
const REAP = "src/task/reap.ts";
const RELEASE = "src/task/release.ts";
const RUNC = "src/oci/runc.ts";
const TASK = "src/task/task.ts";

/** Tasks of which something is left, or the wrong one ended. */
export const TASK_MUTANTS: readonly Mutant[] = [
  {
    name: "reaper-leaves-the-helpers",
    source: made("drop a step"),
    wrong: "conmon and runc are left at work, and make what was just removed once more.",
    invariant: "I17",
    edits: [{
      file: REAP,
      from: "if (options.mayHaveHelpers) await this.#killHelpers(task, context);",
      to: "",
    }],
  },
  {
    name: "reaper-leaves-what-helpers-started",
    source: bug("A1", "containerd/containerd/pull/11034"),
    wrong: "runc create is killed, and the init that it has just forked lives.",
    invariant: "I17",
    isFoundByNothingElse: true,
    scenario: "A1",
    edits: [{
      file: REAP,
      from: ": inOrder(familyOf(youngest, processes));",
      to: ": [youngest];",
    }],
  },
  {
    name: "reaper-looks-for-helpers-once",
    source: made("skip the second look"),
    wrong: "Helpers are looked for once; what they started meanwhile is not seen.",
    invariant: "I17",
    isFoundByNothingElse: true,
    scenario: "W1c",
    edits: [{
      file: REAP,
      from: "      await this.#kill(id, left, context);",
      to: "      await this.#kill(id, left, context);\n      if (helpers.length === 1) return;",
    }],
  },
  {
    name: "reaper-leaves-the-cgroup's-processes",
    source: bug("B11", "opencontainers/runc/issues/2632"),
    wrong: "Init is dead, and what it left in its cgroup runs on.",
    invariant: "I2",
    edits: [{
      file: REAP,
      from: "while ((await kernel.cgroups.processes(cgroup)).length > 0) {",
      to: "while (false) {",
    }],
  },
  {
    name: "reaper-waits-for-no-death",
    source: made("forget to wait"),
    wrong: "A process counts as dead as soon as it was sent SIGKILL.",
    invariant: "I4",
    isFoundByNothingElse: true,
    edits: [{ file: REAP, from: "  await handle.exited(context);\n", to: "" }],
  },
  {
    name: "reaper-forgets-whom-it-killed",
    source: made("forget to wait"),
    wrong: "A process that is slow to end is forgotten with the wait for it.",
    invariant: "I17",
    scenario: "A1b",
    edits: [{
      file: REAP,
      from: "await endProcess(this.kernel, process, context);\n      awaited.delete(process);",
      to: "awaited.delete(process);\n      await endProcess(this.kernel, process, context);",
    }],
  },
  {
    name: "reaper-fails-at-the-dead",
    source: made("miss an errno"),
    wrong: "A process that ends before its SIGKILL comes makes the reaper fail.",
    invariant: "I11",
    edits: [{
      file: REAP,
      from: 'await tolerate(handle.signal(SIGKILL), "ESRCH");',
      to: "await handle.signal(SIGKILL);",
    }],
  },
  {
    name: "reaper-forgets-orphaned-inits",
    source: made("drop a step"),
    wrong: "The init of a runtime that died with its conmon is not looked for.",
    invariant: "I17",
    scenario: "W1d",
    edits: [{
      file: REAP,
      from: "if (stateDirectoryOf(environment) === runtimeDirectory) orphans.push(init);",
      to: "if (stateDirectoryOf(environment) === id) orphans.push(init);",
    }],
  },
  {
    name: "reaper-kills-by-pid",
    source: bug("B15", "opencontainers/runc/pull/1934"),
    wrong: "Who has the pid now is killed, whoever that is.",
    invariant: "I15",
    isFoundByNothingElse: true,
    edits: [{
      file: REAP,
      from: "using handle = await openIfPresent(kernel, process);",
      to: `using handle = await openIfPresent(
    kernel,
    (await kernel.processes.list()).find((it) => it.pid === process?.pid),
  );`,
    }],
  },
  {
    name: "reaper-leaves-the-runtime's-state",
    source: made("drop a step"),
    wrong: "runc delete is left out where there is more to it than files.",
    invariant: "I4",
    edits: [{
      file: REAP,
      from: "if (await deleteContainer(kernel, task.runtime, task.id, programMs, context)) return;",
      to: "return void programMs;",
    }],
  },
  {
    name: "reaper-leaves-the-runtime's-folder",
    source: made("drop a step"),
    wrong: "What the OCI runtime keeps of an ordinary container stays.",
    invariant: "I4",
    edits: [{
      file: REAP,
      from: "return await kernel.files.remove(runtimeDirectory);",
      to: "return;",
    }],
  },
  {
    name: "reaper-minds-no-failure-of-runc",
    source: bug("E3", "opencontainers/runc/commit/e02822874"),
    wrong: "A runc delete that failed half-way counts as done.",
    invariant: "I4",
    scenario: "E3",
    edits: [{
      file: RUNC,
      from: "  throw runtimeFailed(runtime, DELETE, result);\n}\n\n/**\n * Has the runtime set",
      to: "  return true;\n}\n\n/**\n * Has the runtime set",
    }],
  },
  {
    name: "reaper-leaves-the-cgroup",
    source: bug("A11", "cri-o/cri-o/pull/8288"),
    wrong: "The cgroup of what was ended stays.",
    invariant: "I4",
    edits: [{ file: REAP, from: "    await this.#removeCgroup(task.cgroup, context);\n", to: "" }],
  },
  {
    name: "reaper-removes-the-cgroup-first",
    source: made("swap two steps"),
    wrong: "The cgroup is removed before it is empty.",
    invariant: "I11",
    edits: [
      { file: REAP, from: "    await this.#removeCgroup(task.cgroup, context);\n", to: "" },
      {
        file: REAP,
        from: "    await this.#kill(task.id, options.known, context);\n",
        to: `    await this.kernel.cgroups.remove(task.cgroup);
    await this.#kill(task.id, options.known, context);
`,
      },
    ],
  },
  {
    name: "handle-taken-by-pid",
    source: made("trust a pid"),
    wrong: "A process is taken hold of by its pid alone.",
    invariant: "I2",
    edits: [{
      file: TASK,
      from: "return await kernel.processes.open(process);",
      to:
        "return await kernel.processes.open((await kernel.processes.list()).find((it) => it.pid === process.pid) ?? process);",
    }],
  },
  {
    name: "handle-of-the-dead-is-an-error",
    source: made("miss an errno"),
    wrong: "Taking hold of a process that is gone fails.",
    invariant: "I11",
    edits: [{ file: TASK, from: 'if (hasErrno(error, "ESRCH")) return undefined;', to: "" }],
  },
  {
    name: "task-keeps-conmon's-pipes",
    source: made("forget an undo"),
    wrong: "The pipes to conmon stay open when its task is there.",
    invariant: "I12",
    edits: [{ file: CREATE, from: "using conmon = await", to: "const conmon = await" }],
  },
  {
    name: "task-keeps-its-fifo",
    source: made("forget an undo"),
    wrong: "exec.fifo stays open after the release.",
    invariant: "I12",
    edits: [{ file: RELEASE, from: "using fifo = await", to: "const fifo = await" }],
  },
  {
    name: "task-is-never-awaited",
    source: made("forget to wait"),
    wrong: "conmon is not waited for: its task is taken for created at once.",
    invariant: "I11",
    edits: [{
      file: CREATE,
      from: "parseConmonAnswer(await conmon.readPipeLine(SYNC_PIPE, bounded));",
      to: `parseConmonAnswer(await Promise.race([
    conmon.readPipeLine(SYNC_PIPE, bounded),
    Promise.resolve('{"data": 2}'),
  ]));`,
    }],
  },
  {
    name: "exit-file-stays",
    source: made("drop a step"),
    wrong: "What conmon recorded stays when its container is removed.",
    invariant: "I4",
    edits: [{
      file: EXIT_FILES,
      from: "names.filter((name) => name === id || name.startsWith(`${id}.`))",
      to: "names.filter((name) => name.startsWith(`${id}.`))",
    }],
  },
  {
    name: "half-an-exit-file-stays",
    source: made("drop a guard"),
    wrong: "The half of an exit file that a killed conmon left is not looked for.",
    invariant: "I12",
    edits: [{
      file: EXIT_FILES,
      from: "names.filter((name) => name === id || name.startsWith(`${id}.`))",
      to: "names.filter((name) => name === id)",
    }],
  },
];
