import { bug, gap, made, type Mutant } from "../mutant.ts";

const FILES = "src/sandbox/teardown.ts";
const GATE = "src/kernel/gate.ts";
const MONITOR = "src/sandbox/monitor.ts";
const PAUSE = "src/sandbox/pause.ts";
const REMOVE = "src/sandbox/remove.ts";
const RUN = "src/sandbox/run.ts";
const SANDBOX = "src/sandbox/sandbox.ts";
const STOP = "src/sandbox/stop.ts";

/** Pods that are made half, stopped half or removed half. */
export const SANDBOX_MUTANTS: readonly Mutant[] = [
  {
    name: "sandbox-stop-does-not-fence-starts",
    source: bug("A13", "kubernetes/kubernetes/issues/102344"),
    wrong: "A start that is under way goes on when its pod is stopped (W4a).",
    invariant: "I5",
    scenario: "W4a",
    edits: [
      {
        file: GATE,
        from: "for (const context of this.#inside) context.cancel(this.#refusal());",
        to: "",
      },
      { file: STOP, from: "await sandbox.gate.drained(context);", to: "" },
      {
        file: STOP,
        from: 'if (container.claim.kind === "starting") await container.claim.released(context);',
        to: "",
      },
    ],
  },
  {
    name: "sandbox-gate-lets-everybody-in",
    source: gap("W4b"),
    wrong: "A pod that was stopped takes containers.",
    invariant: "I5",
    scenario: "W4b",
    edits: [{ file: GATE, from: "if (this.#isClosed) throw this.#refusal();", to: "" }],
  },
  {
    name: "sandbox-gate-is-never-empty",
    source: made("forget to wait"),
    wrong: "Nobody is told that the last one has left the gate.",
    invariant: "I11",
    edits: [{
      file: GATE,
      from: "        if (this.#inside.size === 0) this.#drained?.resolve();\n",
      to: "",
    }],
  },
  {
    name: "sandbox-stop-ends-no-container",
    source: made("drop a step"),
    wrong: "The containers of a pod that was stopped run on.",
    invariant: "I5",
    edits: [{
      file: STOP,
      from: "    await endContainer(runtime, container, 0, context);\n",
      to: "",
    }],
  },
  {
    name: "sandbox-stop-is-not-durable",
    source: made("drop a commit"),
    wrong: "That a pod is being stopped is not written down before its parts go.",
    invariant: "bug",
    edits: [{ file: STOP, from: "  await sandbox.transition(stopping);\n", to: "" }],
  },
  {
    name: "sandbox-stop-announced-twice",
    source: made("drop a guard"),
    wrong: "STOPPED of a pod whose init died is announced once more by its stop.",
    invariant: "I10",
    edits: [{
      file: SANDBOX,
      from: 'if (event !== "STOPPED" || !before.isStopTold) this.announce(event);',
      to: "this.announce(event);",
    }],
  },
  {
    name: "sandbox-made-before-it-is-recorded",
    source: bug("F3", "containerd/cri/issues/568"),
    wrong: "Namespaces are pinned before the record that a crash would leave (W20).",
    invariant: "I12",
    edits: [
      {
        file: RUN,
        from: '  await kernel.store.commit(changes, "daemon");\n',
        to: "",
      },
      {
        file: RUN,
        from: "      network = await attach(",
        to: `      await kernel.store.commit(changes);
      network = await attach(`,
      },
    ],
  },
  {
    name: "address-outlives-whose-it-is",
    source: made("drop a step"),
    wrong: "An address is given to a pod whose record a loss of power takes along.",
    invariant: "I12",
    scenario: "W20d",
    edits: [{
      file: RUN,
      from: "await allOf(context, () => pin(runtime, record), () => kernel.store.sync());",
      to: "await pin(runtime, record);",
    }],
  },
  {
    name: "sandbox-undone-within-the-client's-patience",
    source: bug("F1", "containerd/containerd/issues/5438"),
    wrong: "A pod whose client gave up is undone with the client's context, and forgotten.",
    invariant: "I12",
    edits: [
      {
        file: RUN,
        from: "await rollback(runtime, sandbox);",
        to: "await rollback(runtime, sandbox, context);",
      },
      {
        file: RUN,
        from: "async function rollback(runtime: Runtime, sandbox: Sandbox): Promise<void> {",
        to:
          "async function rollback(runtime: Runtime, sandbox: Sandbox, context: Context): Promise<void> {",
      },
      {
        file: RUN,
        from: "using bounded = runtime.rollbackContext();",
        to: "using bounded = context.child();",
      },
      {
        file: RUN,
        from:
          "    if (runtime.life.cause === undefined) await sandbox.transition(stopping).catch(() => {});\n    runtime.sandboxes.add(sandbox);\n",
        to: "    runtime.sandboxNames.release(record.name, record.id);\n",
      },
    ],
  },
  {
    name: "sandbox-forgotten-when-its-undo-failed",
    source: bug("F2", "containerd/containerd/issues/5768"),
    wrong: "A pod that could be neither made nor undone is not shown to its client.",
    invariant: "I7",
    edits: [{
      file: RUN,
      from:
        "    if (runtime.life.cause === undefined) await sandbox.transition(stopping).catch(() => {});\n    runtime.sandboxes.add(sandbox);\n",
      to: "",
    }],
  },
  {
    name: "sandbox-undone-without-its-pause",
    source: bug("F5", "containerd/containerd/issues/13355"),
    wrong: "A pod that fails after its pause was started leaves the pause.",
    invariant: "I12",
    edits: [{
      file: FILES,
      from: 'if (record.config.namespaces.pid === "POD") {',
      to: "if (status.pause !== undefined) {",
    }],
  },
  {
    name: "sandbox-undone-without-its-network",
    source: gap("W20"),
    wrong: "A pod without a recorded network counts as not attached: its address is kept.",
    invariant: "I12",
    edits: [{
      file: FILES,
      from: "if (record.networkList !== undefined) {",
      to: "if (record.networkList !== undefined && status.network !== undefined) {",
    }],
  },
  {
    name: "sandbox-keeps-a-namespace",
    source: made("drop a step"),
    wrong: "The UTS namespace of a pod stays pinned.",
    invariant: "I5",
    isFoundByNothingElse: true,
    edits: [{
      file: FILES,
      from: "for (const pin of [paths.net, paths.ipc, paths.uts])",
      to: "for (const pin of [paths.net, paths.ipc])",
    }],
  },
  {
    name: "sandbox-keeps-its-cgroup",
    source: made("drop a step"),
    wrong: "The cgroup that was made for a pod stays.",
    invariant: "I12",
    edits: [{
      file: FILES,
      from: "  if (record.ownsCgroup) await kernel.cgroups.remove(record.cgroup);\n",
      to: "",
    }],
  },
  {
    name: "sandbox-keeps-its-shared-memory",
    source: made("drop a step"),
    wrong: "/dev/shm of a pod stays mounted after its stop, and its files cannot go.",
    invariant: "I11",
    edits: [
      { file: FILES, from: "  await unmountBelow(kernel, paths.shm);\n", to: "" },
      { file: FILES, from: "  await unmountBelow(kernel, bundle, directory);\n", to: "" },
    ],
  },
  {
    name: "sandbox-forgotten-before-it-is-removed",
    source: gap("W27"),
    wrong: "A pod is out of memory before its files go: what fails then is never tried again.",
    invariant: "I6",
    edits: [{
      file: REMOVE,
      from: "  await discardSandboxFiles(runtime, sandbox.record);\n",
      to: `  runtime.sandboxes.delete(sandbox.id);
  runtime.sandboxNames.release(sandbox.record.name, sandbox.id);
  await discardSandboxFiles(runtime, sandbox.record);
`,
    }],
  },
  {
    name: "sandbox-removed-without-its-containers",
    source: gap("W5"),
    wrong: "The containers of a pod that was removed stay.",
    invariant: "I6",
    edits: [{
      file: REMOVE,
      from: "    containersOf(runtime, sandbox.id),",
      to: "    containersOf(runtime, sandbox.id).slice(1),",
    }],
  },
  {
    name: "sandbox-removed-before-a-creation-is-taken-back",
    source: gap("W5b"),
    wrong: "What a failed creation could not take back yet outlives the record of its pod.",
    invariant: "I6",
    scenario: "W5b",
    edits: [{
      file: REMOVE,
      from: "  await runtime.janitor.hurryIn(sandbox.id, context);\n",
      to: "",
    }],
  },
  {
    name: "sandbox-that-failed-keeps-its-name",
    source: bug("F4", "containerd/containerd/issues/9947"),
    wrong: "The name of a pod that could not be made stays reserved.",
    invariant: "I7",
    edits: [{
      file: RUN,
      from: "    runtime.sandboxNames.release(record.name, record.id);\n  } catch",
      to: "  } catch",
    }],
  },
  {
    name: "sandbox-ready-although-the-commit-failed",
    source: gap("W19"),
    wrong: "A pod whose last commit failed is undone and can still be seen.",
    invariant: "I7",
    edits: [{
      file: RUN,
      from: "    runtime.sandboxes.delete(sandbox.id);\n    throw error;",
      to: "    throw error;",
    }],
  },
  {
    name: "sandbox-stop-lets-go-of-no-pause",
    source: made("forget an undo"),
    wrong: "The pidfds of a pause that has ended stay open.",
    invariant: "I12",
    edits: [{ file: MONITOR, from: "    pause[Symbol.dispose]();\n", to: "" }],
  },
  {
    name: "pause-is-never-released",
    source: made("drop a step"),
    wrong: "The init of a pod's PID namespace waits at exec.fifo for ever.",
    invariant: "I2",
    edits: [{
      file: PAUSE,
      from: "  await releaseTask(kernel, config, record.id, created, context);\n",
      to: "",
    }],
  },
  {
    name: "pause-keeps-its-handles-when-it-fails",
    source: made("forget an undo"),
    wrong: "A pause that was created and could not be released keeps its pidfds.",
    invariant: "I12",
    edits: [{
      file: PAUSE,
      from: "const created = undo.use(await createTask(kernel, config, request, context));",
      to: "const created = await createTask(kernel, config, request, context);",
    }],
  },
  {
    name: "sandbox-is-cleared-away-later",
    source: made("forget to wait"),
    wrong: "RemovePodSandbox answers, and the files of the pod go in the background.",
    invariant: "I6",
    isFoundByNothingElse: true,
    edits: [{
      file: FILES,
      from: "  await kernel.files.remove(bundle, directory, files);\n",
      to: `  await kernel.files.remove(bundle, files);
  void runtime.janitor.clear(record.id, () => kernel.files.remove(directory));
`,
    }],
  },
];
