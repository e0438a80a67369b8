import { bug, gap, made, type Mutant } from "../mutant.ts";

const CONTAINER = "src/container/container.ts";
const SETTLE = "src/container/settle.ts";
const STOP = "src/container/stop.ts";

/** Stops that promise too much, or signal too often. */
export const STOP_MUTANTS: readonly Mutant[] = [
  {
    name: "stop-deletes-beside-the-monitor",
    source: bug("B1", "containerd/cri/pull/743"),
    wrong: "A stop and the exit monitor both delete the task and write down its end.",
    invariant: "I10",
    scenario: "B1",
    edits: [
      {
        file: STOP,
        from: "    await kill(container);\n",
        to: `    await kill(container);
    const ending = { exitCode: 137, reason: "", message: "", at: runtime.kernel.clock.nowMicros() };
    await runtime.settler.settle(container, ending, true);
`,
      },
      { file: SETTLE, from: "if (running !== undefined) {", to: "if (false) {" },
    ],
  },
  {
    name: "stop-fails-when-it-has-ended",
    source: bug("B3", "containerd/containerd/pull/12399"),
    wrong: "A container that ends between the look and SIGKILL makes its stop fail.",
    invariant: "I11",
    isFoundByNothingElse: true,
    scenario: "B3",
    edits: [{
      file: STOP,
      from: 'await tolerate(container.task.init.signal(SIGKILL), "ESRCH");',
      to: "await container.task.init.signal(SIGKILL);",
    }],
  },
  {
    name: "stop-signal-to-nobody-fails",
    source: bug("B5", "cri-o/cri-o/pull/3841"),
    wrong: "A container that ends between the look and the stop signal makes its stop fail.",
    invariant: "I11",
    edits: [{
      file: STOP,
      from: 'await tolerate(task.init.signal(signal), "ESRCH");',
      to: "await task.init.signal(signal);",
    }],
  },
  {
    name: "stop-signals-at-each-try",
    source: bug("B4", "containerd/containerd/pull/5021"),
    wrong: "Each stop of a container sends the stop signal again.",
    invariant: "I14",
    isFoundByNothingElse: true,
    edits: [{
      file: STOP,
      from:
        "if (container.isSignalled || container.status.stopRequest !== undefined) return Promise.resolve();",
      to: "",
    }],
  },
  {
    name: "stop-signals-beside-another-stop",
    source: made("drop a guard"),
    wrong: "Two stops at the same time both send the stop signal.",
    invariant: "I14",
    edits: [{
      file: STOP,
      from: "container.stopSignal ??= deliver()",
      to: "container.stopSignal = deliver()",
    }],
  },
  {
    name: "stop-signal-forgotten-when-not-recorded",
    source: made("drop a guard"),
    wrong: "A stop signal that was delivered and could not be recorded is sent again.",
    invariant: "I14",
    scenario: "B4",
    edits: [{ file: STOP, from: "    container.isSignalled = true;\n", to: "" }],
  },
  {
    name: "stop-answers-before-the-end-is-recorded",
    source: gap("W7"),
    wrong: "A stop returns when the process is dead and the container still says RUNNING.",
    invariant: "I3",
    scenario: "W7",
    edits: [{ file: STOP, from: "await container.ended(bounded);", to: "" }],
  },
  {
    name: "stop-never-kills",
    source: made("drop a step"),
    wrong: "After the grace period nothing comes, and a program that ignores its signal stays.",
    invariant: "I11",
    edits: [{ file: STOP, from: "    await kill(container);\n", to: "" }],
  },
  {
    name: "stop-takes-unknown-for-stopped",
    source: bug("G4", "containerd/containerd/issues/4655"),
    wrong: "A container of which nobody knows is left alone by its stop.",
    invariant: "I3",
    edits: [{
      file: STOP,
      from: 'if (state === "EXITED") return;',
      to: 'if (state === "EXITED" || state === "UNKNOWN") return;',
    }],
  },
  {
    name: "stop-takes-settling-for-created",
    source: made("skip the second look"),
    wrong: "A start that has failed and is still being undone counts as never started.",
    invariant: "I3",
    isFoundByNothingElse: true,
    scenario: "W2",
    edits: [{
      file: STOP,
      from: 'if (state === "CREATED" && !runtime.settler.isSettling(container.id)) return;',
      to: 'if (state === "CREATED") return;',
    }],
  },
  {
    name: "stop-is-told-of-no-end",
    source: bug("B8", "cri-o/cri-o/pull/7735"),
    wrong: "Nobody wakes those who wait for a container's end.",
    invariant: "I11",
    edits: [{
      file: CONTAINER,
      from: '      if (status.state === "EXITED") this.#ended.resolve();\n    });',
      to: "    });",
    }],
  },
  {
    name: "stop-loses-its-patience",
    source: made("drop a bound"),
    wrong: "SIGKILL comes when half of the grace period is over.",
    invariant: "I14",
    isFoundByNothingElse: true,
    edits: [{
      file: STOP,
      from: 'context.within(kernel.clock, gracePeriodMs, "grace period")',
      to: 'context.within(kernel.clock, gracePeriodMs / 2, "grace period")',
    }],
  },
  {
    name: "stop-has-too-much-patience",
    source: made("drop a bound"),
    wrong: "SIGKILL comes five seconds after the end of the grace period.",
    invariant: "I14",
    isFoundByNothingElse: true,
    edits: [{
      file: STOP,
      from: 'context.within(kernel.clock, gracePeriodMs, "grace period")',
      to: 'context.within(kernel.clock, gracePeriodMs + 5_000, "grace period")',
    }],
  },
];
