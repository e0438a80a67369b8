import { bug, gap, made, type Mutant } from "../mutant.ts";

const BOOT = "src/recovery/boot.ts";
const CONTAINERS = "src/recovery/containers.ts";
const ORPHANS = "src/recovery/orphans.ts";
const RECOVER = "src/recovery/recover.ts";
const SANDBOXES = "src/recovery/sandboxes.ts";

/** What a new life of the daemon believes of the old one. */
export const RECOVERY_MUTANTS: readonly Mutant[] = [
  {
    name: "recovery-ends-nobody-who-is-gone",
    source: bug("B17", "moby/moby/pull/41227"),
    wrong: "A container that ended while nobody looked keeps its state.",
    invariant: "I2",
    scenario: "B17",
    edits: [{ file: CONTAINERS, from: "  await end(runtime, container, ending);\n}", to: "}" }],
  },
  {
    name: "recovery-leaves-conmon-at-work",
    source: bug("G1", "containerd/containerd/issues/6860"),
    wrong: "A conmon that an earlier life has just started creates its task after recovery.",
    invariant: "I2",
    edits: [{
      file: CONTAINERS,
      from:
        "const mayHaveHelpers = known.processes.some((process) => process.args.includes(container.id));",
      to: "const mayHaveHelpers = false;",
    }],
  },
  {
    name: "recovery-launders-unknown",
    source: bug("G3", "containerd/containerd/issues/3873"),
    wrong: "A container that was UNKNOWN is taken for what the rest of its record says.",
    invariant: "I2",
    scenario: "W18",
    edits: [{
      file: CONTAINERS,
      from: 'if (!known.isSameBoot || status.state === "UNKNOWN") {',
      to: "if (!known.isSameBoot) {",
    }],
  },
  {
    name: "recovery-does-not-look-for-an-intent",
    source: bug("G6", "containerd/containerd/issues/10581"),
    wrong: "Whoever is CREATED has never run, whatever its record says of a release.",
    invariant: "I1",
    scenario: "W8",
    edits: [{
      file: CONTAINERS,
      from:
        "if (status.startIntentAt === 0) return await recoverCreated(runtime, container, known);",
      to: "if (true) return await recoverCreated(runtime, container, known);",
    }],
  },
  {
    name: "recovery-takes-runc-for-the-program",
    source: made("drop a guard"),
    wrong: "An init that was not released yet is taken for a program that runs.",
    invariant: "I2",
    edits: [{
      file: CONTAINERS,
      from: "if (isRuntimeInit(runtime.ociRuntimeOf(container.record), process.args)) {",
      to: "if (false) {",
    }],
  },
  {
    name: "recovery-trusts-a-pid",
    source: made("trust a pid"),
    wrong: "Whoever has the pid of a container's init now is taken for it.",
    invariant: "I2",
    edits: [
      {
        file: CONTAINERS,
        from: "it.pid === init?.pid && it.startTime === init.startTime",
        to: "it.pid === init?.pid",
      },
      {
        file: CONTAINERS,
        from: "await openHandles(kernel, init, supervisor);",
        to:
          "await openHandles(kernel, (await kernel.processes.list()).find((it) => it.pid === init?.pid), supervisor);",
      },
    ],
  },
  {
    name: "recovery-tells-another-time",
    source: made("swap two steps"),
    wrong: "A container that a restart finds alive was started when it was found.",
    invariant: "I8",
    isFoundByNothingElse: true,
    edits: [{
      file: CONTAINERS,
      from: "    container.task = taskOf(handles.init, handles.supervisor);\n",
      to: `    container.task = taskOf(handles.init, handles.supervisor);
    await container.transition((it) => ({ ...it, startedAt: kernel.clock.nowMicros() }));
`,
    }],
  },
  {
    name: "recovery-watches-nobody",
    source: made("drop a step"),
    wrong: "The end of a container that a restart found alive is never seen.",
    invariant: "I2",
    edits: [{
      file: CONTAINERS,
      from: `    if (container.status.state === "RUNNING") {
      monitorContainer(runtime, container, container.task);
    } else {`,
      to: `    if (container.status.state !== "RUNNING") {`,
    }],
  },
  {
    name: "recovery-clears-no-orphans",
    source: gap("W29"),
    wrong: "What has no record stays for ever.",
    invariant: "I12",
    edits: [{ file: RECOVER, from: "  await clearOrphans(runtime);\n", to: "" }],
  },
  {
    name: "recovery-reaps-no-orphans",
    source: gap("W29"),
    wrong: "The files of what has no record go, its processes stay.",
    invariant: "I12",
    scenario: "W29",
    edits: [{
      file: ORPHANS,
      from: "  if (await kernel.files.stat(bundle) !== undefined) {",
      to: "  if (false) {",
    }],
  },
  {
    name: "recovery-reserves-no-names",
    source: made("drop a step"),
    wrong: "After a restart the names of what was recovered are free for others.",
    invariant: "I7",
    edits: [{
      file: RECOVER,
      from: "    names.reserve(record.name, record.id);\n",
      to: "    void names;\n",
    }],
  },
  {
    name: "recovery-leaves-half-a-sandbox",
    source: made("drop a step"),
    wrong: "A pod that a crash caught in the making is forgotten without being undone.",
    invariant: "I12",
    edits: [{
      file: SANDBOXES,
      from:
        "    await teardownSandbox(runtime, record, sandbox.status, bounded);\n    await discardSandboxFiles(runtime, record);\n",
      to: "",
    }],
  },
  {
    name: "recovery-waits-for-no-plugin",
    source: gap("W20"),
    wrong: "A plugin that the crash left at work takes an address after it was given back.",
    invariant: "I12",
    scenario: "W20",
    edits: [{
      file: SANDBOXES,
      from: "await pluginsEnded(runtime, known.processes, bounded);",
      to: "void pluginsEnded;",
    }],
  },
  {
    name: "recovery-does-not-wait-for-pinning",
    source: gap("W20"),
    wrong: "A restart undoes a pod while the program that pins its namespaces is at work.",
    invariant: "I24",
    scenario: "W20e",
    edits: [{
      file: "src/recovery/sandboxes.ts",
      from: "await pinningEnded(runtime, record.id, known.processes, bounded);",
      to: "void pinningEnded;",
    }],
  },
  {
    name: "recovery-keeps-the-name-of-half-a-sandbox",
    source: made("forget an undo"),
    wrong: "A pod that a crash caught in the making keeps its name for ever.",
    invariant: "I7",
    edits: [{
      file: SANDBOXES,
      from: "    runtime.sandboxNames.release(record.name, sandbox.id);\n",
      to: "",
    }],
  },
  {
    name: "recovery-keeps-stray-statuses",
    source: made("drop a step"),
    wrong: "A status whose record was never committed stays on disk.",
    invariant: "I12",
    edits: [{ file: RECOVER, from: "  await dropStrayStatuses(runtime, records);\n", to: "" }],
  },
  {
    name: "recovery-takes-a-stopped-boot-for-the-same",
    source: made("drop a commit"),
    wrong: "The boot that the records are true of is never written down.",
    invariant: "I2",
    edits: [{
      file: BOOT,
      from: '  await kernel.store.commit(records.map((record) => ({ kind: "put", record })));\n',
      to: "  void value;\n",
    }],
  },
  {
    name: "recovery-of-a-sandbox-loses-its-pause",
    source: made("drop a step"),
    wrong: "A pod that a restart found ready has a pause whose end nobody sees.",
    invariant: "I12",
    edits: [{
      file: SANDBOXES,
      from: "  monitorPause(runtime, sandbox, sandbox.pause);\n",
      to: "",
    }],
  },
  {
    name: "recovery-ignores-a-removal",
    source: made("drop a step"),
    wrong: "A removal that was begun is not gone on with.",
    invariant: "I4",
    scenario: "W17b",
    edits: [{
      file: CONTAINERS,
      from: "  if (container.status.isRemoving) goOnRemoving(runtime, container);\n",
      to: "",
    }],
  },
  {
    name: "recovery-leaves-all-to-a-removal",
    source: made("forget to wait"),
    wrong: "What a removal was about to end is still there when the next life serves its clients.",
    invariant: "I5",
    scenario: "P11",
    edits: [{
      file: CONTAINERS,
      from: "  await recoverState(runtime, container, known);\n",
      to: "  if (!container.status.isRemoving) await recoverState(runtime, container, known);\n",
    }],
  },
  {
    name: "boot-asks-a-program",
    source: made("need what can run out"),
    wrong: "A daemon does not start on a node whose pids are all taken (P13).",
    invariant: "I11",
    scenario: "P13",
    edits: [
      {
        file: "src/boot.ts",
        from: "    host: await readHostFacts(kernel),",
        to: `    host: await (async () => {
      const context = Context.background();
      const timeoutMs = config.bounds.programMs;
      await runChecked(kernel, { program: "uname", args: ["-m"] }, { context, timeoutMs });
      return await readHostFacts(kernel);
    })(),`,
      },
      {
        file: "src/boot.ts",
        from: 'import { tolerate } from "./kernel/errno.ts";',
        to: `import { tolerate } from "./kernel/errno.ts";
import { runChecked } from "./kernel/run.ts";`,
      },
    ],
  },
  {
    name: "handler-is-asked-anew",
    source: made("drop a step"),
    wrong:
      "A pod's OCI runtime is the one that its handler stands for by now, if it is there at all.",
    invariant: "I11",
    scenario: "R1",
    edits: [{
      file: "src/runtime.ts",
      from: "if (ociRuntime === undefined) return this.ociRuntime(handler);",
      to: "if (true) return this.ociRuntime(handler);",
    }],
  },
  {
    name: "container-does-not-know-its-runtime",
    source: made("drop a step"),
    wrong: "Only pods are recorded with their OCI runtime.",
    invariant: "I11",
    scenario: "R2",
    edits: [{
      file: "src/container/create.ts",
      from: "ociRuntime: sandbox.record.ociRuntime,",
      to: "ociRuntime: undefined,",
    }],
  },
  {
    name: "state-is-looked-for-elsewhere",
    source: made("drop a guard"),
    wrong: "A daemon with another folder for state serves pods of which it finds nothing.",
    invariant: "I12",
    scenario: "R3",
    edits: [{
      file: RECOVER,
      from: "if (sameBoot) requireState(config, loaded);",
      to: "",
    }],
  },
];
