import { bug, gap, made, type Mutant } from "../mutant.ts";

const EXEC = "src/container/exec.ts";
const EXECUTION = "src/container/execution.ts";
const EXEC_END = "src/container/exec_end.ts";
const LOGS = "src/container/logs.ts";
const REAP = "src/task/reap.ts";
const SETTLE = "src/container/settle.ts";

/** The last that is read of what the conmon of a command tells. */
const EXIT_CODE =
  "    const exitCode = parseExitCode(await conmon.readPipeLine(SYNC_PIPE, context));\n";
const END_LEFT = "    if (wasKilled) await endExec(kernel, this.traces);\n";

/** Commands in containers, and logs. */
export const EXEC_MUTANTS: readonly Mutant[] = [
  {
    name: "exec-enters-no-gate",
    source: bug("B10", "cri-o/cri-o/pull/9614"),
    wrong: "A command is executed in a container whose pod is being stopped.",
    invariant: "I5",
    scenario: "B10",
    edits: [{
      file: EXEC,
      from: "using pass = sandbox.gate.enter(context);",
      to: "const pass = { context };",
    }],
  },
  {
    name: "exec-that-never-ran-has-a-code",
    source: bug("H8", "containers/conmon/commit/05eff51"),
    wrong: "The code of an OCI runtime that could not execute a command is told as the command's.",
    invariant: "I9",
    edits: [{
      file: EXECUTION,
      from: 'start.kind === "failed" && !wasKilled) {',
      to: 'start.kind === "failed" && !wasKilled) {\n      return 1;',
    }],
  },
  {
    name: "exec-keeps-its-child",
    source: made("forget an undo"),
    wrong: "The pidfd and the pipes of a command stay open after its end.",
    invariant: "I12",
    edits: [{ file: EXEC, from: "using child = await", to: "const child = await" }],
  },
  {
    name: "exec-drains-for-ever",
    source: bug("W22", "containerd/containerd/issues/9568"),
    wrong: "What a descendant holds open is waited for without a bound.",
    invariant: "I13",
    scenario: "W22",
    edits: [{
      file: EXEC,
      from:
        'using drain = pass.context.within(kernel.clock, config.bounds.execDrainMs, "output of exec");',
      to: "using drain = pass.context.child();",
    }],
  },
  {
    name: "exec-is-killed-with-its-conmon",
    source: made("forget to wait"),
    wrong: "When the time is up conmon is killed, and what the OCI runtime starts is nobody's.",
    invariant: "I21",
    scenario: "X3",
    edits: [{
      file: EXEC_END,
      from: "family.filter((it) => !helpers.includes(it))",
      to: "helpers",
    }],
  },
  {
    name: "exec-lives-on-after-its-time",
    source: made("drop a step"),
    wrong: "A command whose time is up is not killed.",
    invariant: "I21",
    edits: [{ file: EXECUTION, from: "    await endExec(kernel, exec);\n", to: "" }],
  },
  {
    name: "exec-is-left-by-its-conmon",
    source: made("drop a step"),
    wrong: "A command whose conmon is killed goes on when its caller has been answered.",
    invariant: "I21",
    scenario: "X2",
    edits: [{
      file: EXECUTION,
      from: END_LEFT,
      to: "",
    }],
  },
  {
    name: "exec-that-was-not-named-never-ran",
    source: made("drop a guard"),
    wrong: "A conmon that is killed before it has named its command counts as one that has none.",
    invariant: "I21",
    scenario: "X2b",
    edits: [
      { file: EXECUTION, from: END_LEFT, to: "" },
      {
        file: EXECUTION,
        from: EXIT_CODE,
        to:
          `${EXIT_CODE}    if (wasKilled && start.kind === "created") await endExec(kernel, this.traces);\n`,
      },
    ],
  },
  {
    name: "exec-is-left-by-its-conmon-and-its-client",
    source: made("swap two steps"),
    wrong: "A command whose conmon is killed goes on when its client gives up right then.",
    invariant: "I21",
    scenario: "X2f",
    edits: [
      { file: EXECUTION, from: END_LEFT, to: "" },
      {
        file: EXECUTION,
        from: EXIT_CODE,
        to: `${EXIT_CODE}${END_LEFT}`,
      },
    ],
  },
  {
    name: "exec-is-left-when-its-time-is-up",
    source: made("drop a step"),
    wrong: "A command whose conmon is killed when its time is up goes on.",
    invariant: "I21",
    scenario: "X2c",
    edits: [{
      file: EXEC_END,
      from: "  await endNamed(kernel, exec, processes);\n",
      to: "  void endNamed;\n",
    }],
  },
  {
    name: "exec-is-brought-in-by-who-is-left",
    source: made("forget to wait"),
    wrong: "The OCI runtime of a conmon that was killed brings its command in after the answer.",
    invariant: "I21",
    scenario: "X2e",
    edits: [{
      file: EXEC_END,
      from: "  const processes = await endHelpers(kernel, exec);\n",
      to: "  void endHelpers;\n  const processes = await kernel.processes.list();\n",
    }],
  },
  {
    name: "exec-that-comes-late-holds-up-the-end",
    source: made("drop a guard"),
    wrong: "A command that is moved into an emptied group makes its container UNKNOWN.",
    invariant: "I2",
    scenario: "X4",
    edits: [{
      file: REAP,
      from: 'if (!hasErrno(error, "EBUSY") || tries === REMOVALS_MAX) throw error;',
      to: "if (tries > 0) throw error;",
    }],
  },
  {
    name: "exec-is-known-by-its-pid-alone",
    source: made("trust a pid"),
    wrong: "Who has got the pid of a command that has ended is killed for it.",
    invariant: "I15",
    scenario: "X2d",
    edits: [{
      file: EXEC_END,
      from: "if (command === undefined || !isLeft) return;",
      to: "if (command === undefined) return;",
    }],
  },
  {
    name: "log-keeps-its-watch",
    source: gap("W24"),
    wrong: "Each reopening of a log leaves a watch on its folder.",
    invariant: "I12",
    edits: [{ file: LOGS, from: "using watch = await", to: "const watch = await" }],
  },
  {
    name: "log-of-a-dead-conmon-is-an-error",
    source: made("miss an errno"),
    wrong: "A log whose conmon is gone fails with what Linux says.",
    invariant: "I11",
    scenario: "L2",
    edits: [{
      file: LOGS,
      from: 'if (!hasErrno(error, "ENOENT", "ENXIO")) throw error;',
      to: "if (error !== undefined) throw error;",
    }],
  },
  {
    name: "logs-are-made-by-the-daemon",
    source: made("forget to wait"),
    wrong: "The daemon puts a log in place itself, over the one that conmon has opened by then.",
    invariant: "I16",
    isFoundByNothingElse: true,
    scenario: "L1",
    edits: [{
      file: "src/container/logs.ts",
      from: '  using bounded = context.within(kernel.clock, REOPEN_MS, "reopen log");',
      to: `  await kernel.files.writeFile(logPath, "");
  using bounded = context.within(kernel.clock, REOPEN_MS, "reopen log");`,
    }],
  },
  {
    name: "exec-is-left-to-its-end",
    source: made("swap two steps"),
    wrong:
      "Of who ended by itself, what is executed in it is killed after the end is written down.",
    invariant: "I21",
    isFoundByNothingElse: true,
    scenario: "X1",
    edits: [
      {
        file: SETTLE,
        from: "{ mayHaveHelpers, known }, bounded);\n",
        to: "{ mayHaveHelpers, known, leavesCommands }, bounded);\n",
      },
      {
        file: SETTLE,
        from: "    life.throwIfCancelled();\n    container.preparation",
        to:
          "    life.throwIfCancelled();\n    const cleanUp = () => reaper.reap(identity, { mayHaveHelpers, known }, bounded);\n    container.preparation",
      },
      {
        file: SETTLE,
        from: "    container.task?.[Symbol.dispose]();\n",
        to: "    if (leavesCommands) await cleanUp();\n    container.task?.[Symbol.dispose]();\n",
      },
      {
        file: SETTLE,
        from: "    const { init, supervisor } = container.status;\n",
        to: `    const { init, supervisor } = container.status;
    const isAsked = container.isSignalled || container.status.stopRequest !== undefined;
    const leavesCommands = !mayHaveHelpers && !isAsked && ending.exitCode < 128;
`,
      },
      {
        file: REAP,
        from: "    await this.#emptyCgroup(task.cgroup, context);\n",
        to: `    if (options.leavesCommands) {
      const { cgroups, processes: table } = this.kernel;
      const processes = await table.list();
      const commands = processes.filter((it) => it.args.includes("--exec")).map((it) => it.pid);
      const left = processes.filter((it) => commands.includes(it.parentPid)).map((it) => it.pid);
      const members = await cgroups.processes(task.cgroup);
      for (const pid of members) {
        const process = processes.find((it) => it.pid === pid);
        if (!left.includes(pid)) await this.#kill(task.id, [process], context);
      }
      if (members.some((pid) => left.includes(pid))) return;
    }
    await this.#emptyCgroup(task.cgroup, context);
`,
      },
    ],
  },
];
