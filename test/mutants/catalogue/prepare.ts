import { made, type Mutant } from "../mutant.ts";

const PREPARE = "src/container/prepare.ts";
const RECOVERY = "src/recovery/containers.ts";
const REMOVE = "src/container/remove.ts";
const SETTLE = "src/container/settle.ts";
const START = "src/container/start.ts";
const STOP_SANDBOX = "src/sandbox/stop.ts";

/** Tasks that were prepared ahead and meet whatever comes (P1 to P15). */
export const PREPARE_MUTANTS: readonly Mutant[] = [
  {
    name: "prepared-task-is-made-again",
    source: made("drop a guard"),
    wrong: "A start makes a task of its own beside the one that was prepared.",
    invariant: "I12",
    scenario: "P1",
    edits: [{
      file: START,
      from: "if (container.preparation === undefined) {",
      to: "if (true) {",
    }],
  },
  {
    name: "removal-forgets-the-preparation",
    source: made("drop a step"),
    wrong: "A removal does not end the task that was prepared.",
    invariant: "I4",
    scenario: "P2",
    edits: [
      { file: REMOVE, from: "await abandonPreparation(runtime, container, context);", to: "" },
    ],
  },
  {
    name: "preparation-cannot-be-ended",
    source: made("forget to wait"),
    wrong: "Who ends a preparation neither stops it nor waits for it.",
    invariant: "I4",
    scenario: "P3",
    edits: [{
      file: PREPARE,
      from: "this.#context.cancel();\n    const settled",
      to: "return;\n    const settled",
    }],
  },
  {
    name: "sandbox-stop-forgets-preparations",
    source: made("drop a step"),
    wrong: "The stop of a pod leaves the tasks that were prepared for it.",
    invariant: "I5",
    scenario: "P4",
    edits: [{
      file: STOP_SANDBOX,
      from: "await abandonPreparation(runtime, container, context);",
      to: "",
    }],
  },
  {
    name: "prepared-task-outlives-its-daemon",
    source: made("drop a step"),
    wrong: "Recovery leaves the task that an earlier life has prepared.",
    invariant: "I4",
    scenario: "P5",
    edits: [{
      file: RECOVERY,
      from: "await runtime.reaper.reap(identity, { mayHaveHelpers, known: [] }, bounded);",
      to: "",
    }],
  },
  {
    name: "failed-preparation-is-taken-for-a-task",
    source: made("ignore an errno"),
    wrong: "What went wrong in the preparation is dropped, and the start goes on with nothing.",
    invariant: "bug",
    scenario: "P6",
    edits: [{
      file: PREPARE,
      from: "this.task.catch(() => {});",
      to:
        "this.task = this.task.catch(() => ({ init: undefined, supervisor: undefined }) as never);",
    }],
  },
  {
    name: "failed-start-forgets-the-preparation",
    source: made("drop a guard"),
    wrong: "A start whose client left ends what there is, and the preparation goes on.",
    invariant: "I17",
    scenario: "P7",
    edits: [{
      file: SETTLE,
      from: "if (container.preparation !== undefined) {",
      to: "if (false) {",
    }],
  },
  {
    name: "removal-goes-on-beside-the-preparation",
    source: made("drop a guard"),
    wrong: "A removal that a restart goes on with leaves the conmon that the earlier life started.",
    invariant: "I12",
    scenario: "P9",
    edits: [{
      file: "src/recovery/containers.ts",
      from:
        "const mayHaveHelpers = known.processes.some((process) => process.args.includes(container.id));",
      to:
        "const mayHaveHelpers = !container.status.isRemoving && known.processes.some((process) => process.args.includes(container.id));",
    }],
  },
  {
    name: "prepared-task-leaves-its-exit-file",
    source: made("drop a step"),
    wrong: "The next task of a container finds the exit code of the one that was prepared before.",
    invariant: "I9",
    scenario: "P8",
    edits: [{ file: RECOVERY, from: "await runtime.exitFiles.remove(container.id);", to: "" }],
  },
  {
    name: "failure-of-a-preparation-is-nobody's",
    source: made("drop a guard"),
    wrong: "A preparation that fails before anybody asks is a rejection that ends the daemon.",
    invariant: "bug",
    edits: [{ file: PREPARE, from: "this.task.catch(() => {});", to: "" }],
  },
  {
    name: "preparation-keeps-its-handles",
    source: made("forget an undo"),
    wrong: "The pidfds of a prepared task that is given up stay open.",
    invariant: "I12",
    edits: [{
      file: PREPARE,
      from: "this.task.then((task) => task[Symbol.dispose](), () => {});",
      to: "this.task.then(() => {}, () => {});",
    }],
  },
  {
    name: "preparation-keeps-its-turn",
    source: made("forget an undo"),
    wrong: "A preparation does not give its turn back: after a few of them all others wait.",
    invariant: "I13",
    edits: [{ file: PREPARE, from: "        this.#running--;\n", to: "" }],
  },
  {
    name: "preparation-leaves-its-task-behind",
    source: made("drop a step"),
    wrong: "A preparation is cancelled, and what it had made by then is not reaped.",
    invariant: "I5",
    edits: [{
      file: PREPARE,
      from: "await runtime.reaper.reap(identity, options, context);",
      to: "",
    }],
  },
  {
    name: "prepare-one-at-a-time",
    source: made("drop a bound"),
    wrong: "A task that hangs while it is prepared holds up all others.",
    invariant: "I13",
    isFoundByNothingElse: true,
    scenario: "P10",
    edits: [{
      file: "src/config.ts",
      from: "preparationsAtOnce: 8,",
      to: "preparationsAtOnce: 1,",
    }],
  },
  {
    name: "preparation-is-taken-back-beside-another-reaper",
    source: made("drop a guard"),
    wrong: "Two who end one task take each other's runc delete for a helper, and kill it (P12).",
    invariant: "I11",
    scenario: "P12",
    edits: [{
      file: PREPARE,
      from: "  using _turn = await container.reapers.take(context);\n",
      to: "",
    }],
  },
];
