import { bug, gap, made, type Mutant } from "../mutant.ts";

const EXIT_FILES = "src/task/exit_files.ts";
const MONITOR = "src/container/monitor.ts";
const SETTLE = "src/container/settle.ts";

/** Ends that are missed, told twice, or told wrongly. */
export const EXIT_MUTANTS: readonly Mutant[] = [
  {
    name: "exit-never-clears-unknown",
    source: bug("C6", "containerd/containerd/pull/4656"),
    wrong: "A container that was UNKNOWN once is not brought to EXITED any more.",
    invariant: "I2",
    edits: [{
      file: SETTLE,
      from: '(status) => status.state === "EXITED" ? undefined : ended(status, ending),',
      to:
        '(status) => status.state === "EXITED" || status.state === "UNKNOWN" ? undefined : ended(status, ending),',
    }],
  },
  {
    name: "exit-overwrites-an-earlier-one",
    source: bug("C7", "containerd/containerd/issues/4769"),
    wrong: "The end of conmon is told as a second end of its container, with another code.",
    invariant: "I8",
    edits: [
      {
        file: MONITOR,
        from: "    await runtime.settler.settle(container, ending, false);\n",
        to: `    await runtime.settler.settle(container, ending, false);
    await container.transition((status) => ({ ...status, exitCode: 137 }));
`,
      },
    ],
  },
  {
    name: "exit-visible-before-it-is-clean",
    source: bug("C14", "cri-o/cri-o/pull/9613"),
    wrong: "A container is EXITED before what is left of it was ended.",
    invariant: "I2",
    edits: [{
      file: SETTLE,
      from: "    await reaper.reap(identity, { mayHaveHelpers, known }, bounded);\n",
      to: `    await container.transition(
      (status) => status.state === "EXITED" ? undefined : ended(status, ending),
      "STOPPED",
    );
    await reaper.reap(identity, { mayHaveHelpers, known }, bounded);
`,
    }],
  },
  {
    name: "exit-waits-for-a-dead-conmon",
    source: bug("C8", "containerd/containerd/pull/6452"),
    wrong: "Who waits for an exit code neither sees that conmon is dead nor looks at the time.",
    invariant: "I2",
    edits: [
      {
        file: EXIT_FILES,
        from: "        if (found.isReadable && writer === undefined) return undefined;\n",
        to: "",
      },
      {
        file: EXIT_FILES,
        from: "      this.config.bounds.exitFileMs,",
        to: "      1_000 * this.config.bounds.exitFileMs,",
      },
    ],
  },
  {
    name: "exit-code-waits-for-the-log's-disk",
    source: made("drop a guard"),
    wrong: "conmon syncs the log before it tells the exit code, which is given up meanwhile.",
    invariant: "I9",
    scenario: "L3",
    edits: [{ file: "src/oci/conmon.ts", from: '      "--no-sync-log",\n', to: "" }],
  },
  {
    name: "exit-code-is-read-once",
    source: bug("C11", "cri-o/cri-o/pull/9846"),
    wrong: "An exit file that is not there yet is taken for one that never comes.",
    invariant: "I9",
    edits: [{
      file: EXIT_FILES,
      from: "if (found.isReadable && writer === undefined) return undefined;",
      to: "if (found.isReadable) return undefined;",
    }],
  },
  {
    name: "exit-code-of-a-signal-is-its-number",
    source: made("drop a guard"),
    wrong: "Codes above 127 are told without the 128 that says that it was a signal.",
    invariant: "I9",
    isFoundByNothingElse: true,
    edits: [{
      file: MONITOR,
      from: "return { exitCode: code, reason:",
      to: "return { exitCode: code % 128, reason:",
    }],
  },
  {
    name: "exit-forgets-what-killed-it",
    source: gap("W21"),
    wrong:
      "That memory ran out is known to the cgroup alone, which goes before the end is recorded.",
    invariant: "I20",
    scenario: "W21",
    edits: [{
      file: MONITOR,
      from: "return await files.stat(oomFile) !== undefined;",
      to: "return false;",
    }],
  },
  {
    name: "exit-calls-every-kill-a-lack-of-memory",
    source: made("drop a guard"),
    wrong: "Who is killed was killed for want of memory, whoever did it.",
    invariant: "I20",
    isFoundByNothingElse: true,
    edits: [{
      file: MONITOR,
      from: "code === SIGKILL_EXIT_CODE && await hasOomKills(runtime, container)",
      to: "code === SIGKILL_EXIT_CODE",
    }],
  },
  {
    name: "exit-knows-of-no-lack-of-memory",
    source: made("drop a step"),
    wrong: "Nobody asks the cgroup why the program was killed.",
    invariant: "I20",
    isFoundByNothingElse: true,
    edits: [{
      file: MONITOR,
      from: "if (await cgroups.oomKills(record.cgroup) === 0) return",
      to: "if (true) return",
    }],
  },
  {
    name: "exit-is-tried-once",
    source: made("drop a step"),
    wrong: "A container that could not be ended at the first try is left to itself.",
    invariant: "I2",
    edits: [{
      file: SETTLE,
      from: "        firstTry.reject(error);\n",
      to: "        firstTry.reject(error);\n        return;\n",
    }],
  },
  {
    name: "exit-lets-go-of-no-handle",
    source: made("forget an undo"),
    wrong: "The pidfds of a container that has ended stay open.",
    invariant: "I12",
    edits: [{ file: SETTLE, from: "    container.task?.[Symbol.dispose]();\n", to: "" }],
  },
  {
    name: "exit-is-reaped-by-nobody",
    source: made("drop a step"),
    wrong: "A container is EXITED, and what is left of it is not looked for.",
    invariant: "I17",
    edits: [{
      file: SETTLE,
      from: "    await reaper.reap(identity, { mayHaveHelpers, known }, bounded);\n",
      to: "",
    }],
  },
  {
    name: "exit-of-init-is-not-watched",
    source: made("forget to wait"),
    wrong: "The monitor does not wait for init's end before it looks for an exit code.",
    invariant: "I2",
    edits: [{
      file: MONITOR,
      from: "    await processEnded(runtime, task.init, runtime.life);\n",
      to: "",
    }],
  },
];
