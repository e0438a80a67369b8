import { made, type Mutant } from "../mutant.ts";

const BOOT = "src/boot.ts";

/** The end of the daemon, when it is asked to (S1 to S7). */
export const END_MUTANTS: readonly Mutant[] = [
  {
    name: "end-waits-for-nobody",
    source: made("forget to wait"),
    wrong: "The daemon ends while removals, preparations and commands are under way.",
    invariant: "I24",
    scenario: "S1",
    edits: [{ file: BOOT, from: "await life.idle(bounded);", to: "" }],
    isFoundByNothingElse: true,
  },
  {
    name: "end-waits-for-ever",
    source: made("drop a bound"),
    wrong: "The end of the daemon waits for what hangs, however long that is.",
    invariant: "I24",
    scenario: "S1b",
    edits: [{
      file: BOOT,
      from: "await life.idle(bounded);",
      to: "await life.idle(Context.background());",
    }],
  },
  {
    name: "operations-outlive-the-daemon",
    source: made("forget to wait"),
    wrong: "The daemon ends while operations are under way that nobody waits for any more.",
    invariant: "I24",
    edits: [{
      file: "src/operation.ts",
      from: "runtime.life.serve(() => spanned(runtime.telemetry, name, attributes, work))",
      to: "spanned(runtime.telemetry, name, attributes, work)",
    }],
  },
  {
    name: "cut-off-rollback-leaves-a-pod",
    source: made("drop a guard"),
    wrong: "A pod whose undoing the end of the daemon cuts off stays, and nobody has its id.",
    invariant: "I24",
    scenario: "S2",
    edits: [{
      file: "src/sandbox/run.ts",
      from: "if (runtime.life.cause === undefined) await sandbox",
      to: "await sandbox",
    }],
    isFoundByNothingElse: true,
  },
  {
    name: "preparation-outlives-the-daemon",
    source: made("forget to wait"),
    wrong: "The daemon ends while a task is being prepared.",
    invariant: "I24",
    scenario: "S3",
    edits: [{
      file: "src/container/prepare.ts",
      from: "life.own(create(this.#context)).finally",
      to: "create(this.#context).finally",
    }],
  },
  {
    name: "command-outlives-the-daemon",
    source: made("forget to wait"),
    wrong: "The daemon ends while it kills a command that was given up.",
    invariant: "I24",
    scenario: "S4",
    edits: [{
      file: "src/container/exec.ts",
      from: "runtime.life.serve(() => execute(runtime, request, timeoutMs, context))",
      to: "execute(runtime, request, timeoutMs, context)",
    }],
  },
  {
    name: "background-goes-on-after-the-end",
    source: made("lose a context"),
    wrong: "The end of the daemon does not tell those who work in the background.",
    invariant: "I24",
    scenario: "S5",
    edits: [{
      file: "src/runtime.ts",
      from:
        'this.life.cancel(new RuntimeError("UNAVAILABLE", "the daemon is shutting down"));\n  }',
      to: "}",
    }],
  },
  {
    name: "operations-begin-after-the-end",
    source: made("drop a guard"),
    wrong: "An operation begins although the daemon has ended.",
    invariant: "I24",
    scenario: "S7",
    edits: [{
      file: "src/kernel/lifetime.ts",
      from: "this.throwIfCancelled();\n    return this.own(work());",
      to: "return this.own(work());",
    }],
  },
  {
    name: "daemon's-cgroup-stays",
    source: made("drop a step"),
    wrong: "The daemon's cgroup is there when the daemon has ended and there are no pods.",
    invariant: "I24",
    scenario: "S6",
    edits: [{
      file: BOOT,
      from: 'await tolerate(kernel.cgroups.remove(runtime.config.cgroupParent), "EBUSY");',
      to: "",
    }],
  },
  {
    name: "stop-of-a-pod-fails-before-it-is-over",
    source: made("forget to wait"),
    wrong:
      "When one container of a pod cannot be ended the stop fails, and goes on for the others.",
    invariant: "I24",
    scenario: "S8",
    edits: [{
      file: "src/sandbox/stop.ts",
      from: "  await forEachOf(containersOf(runtime, sandbox.id), async (container) => {",
      to: "  void forEachOf;\n" +
        "  await Promise.all(containersOf(runtime, sandbox.id).map(async (container) => {",
    }, {
      file: "src/sandbox/stop.ts",
      from: "    await abandonPreparation(runtime, container, context);\n  });",
      to: "    await abandonPreparation(runtime, container, context);\n  }));",
    }],
  },
];
