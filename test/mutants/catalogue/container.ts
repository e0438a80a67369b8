import { bug, gap, made, type Mutant } from "../mutant.ts";

const CREATE = "src/container/create.ts";
const DISCARD = "src/container/discard.ts";
const JANITOR = "src/container/janitor.ts";
const REMOVE = "src/container/remove.ts";

/** Containers that are created half or removed half. */
export const CONTAINER_MUTANTS: readonly Mutant[] = [
  {
    name: "create-enters-no-gate",
    source: bug("F6", "containerd/containerd/issues/13599"),
    wrong: "A container is added to a sandbox that is being stopped or removed (W5).",
    invariant: "I6",
    scenario: "W5",
    edits: [{
      file: CREATE,
      from: "using pass = sandbox.gate.enter(client);",
      to: "using pass = { context: client, [Symbol.dispose]() {} };",
    }],
  },
  {
    name: "create-answers-before-the-commit",
    source: made("answer before the commit"),
    wrong: "The client has the container's id before its record is on disk.",
    invariant: "I19",
    edits: [{
      file: CREATE,
      from:
        "  await kernel.store.commit([putContainer(record), putContainerStatus(record.id, status)]);\n",
      to:
        "  kernel.store.commit([putContainer(record), putContainerStatus(record.id, status)]).catch(() => {});\n",
    }],
  },
  {
    name: "create-commits-nothing",
    source: made("drop a commit"),
    wrong: "A container has no record until its first transition.",
    invariant: "I19",
    edits: [{
      file: CREATE,
      from:
        "  await kernel.store.commit([putContainer(record), putContainerStatus(record.id, status)]);\n",
      to: "",
    }],
  },
  {
    name: "create-fails-and-leaves-files",
    source: made("forget an undo"),
    wrong: "A creation that fails leaves its bundle, mounts and layers.",
    invariant: "I12",
    isFoundByNothingElse: true,
    edits: [{
      file: CREATE,
      from: "  undo.defer(() => runtime.janitor.discard(id, sandbox.id));\n",
      to: "",
    }],
  },
  {
    name: "create-fails-and-keeps-its-name",
    source: made("forget an undo"),
    wrong: "A creation that fails keeps the container's name.",
    invariant: "I7",
    isFoundByNothingElse: true,
    edits: [{
      file: CREATE,
      from: "  undo.defer(() => runtime.containerNames.release(name, id));\n",
      to: "",
    }],
  },
  {
    name: "create-is-undone-though-it-succeeded",
    source: made("drop a step"),
    wrong: "The undoing of a creation is not called off when it has succeeded.",
    invariant: "I7",
    edits: [{ file: CREATE, from: "  undo.move();\n", to: "" }],
  },
  {
    name: "janitor-tries-once",
    source: bug("C9", "containerd/containerd/pull/4412"),
    wrong: "What cannot be cleared away at once is never tried again.",
    invariant: "I12",
    edits: [{
      file: JANITOR,
      from: "      this.runtime.life.own(this.#goOn(id, work, sandboxId));\n",
      to: "",
    }],
  },
  {
    name: "removal-waits-by-looking",
    source: made("drop a bound"),
    wrong:
      "Who removes what ran out of memory looks a hundred thousand times whether that is gone.",
    invariant: "liveness",
    isFoundByNothingElse: true,
    edits: [{
      file: DISCARD,
      from: "  await unmountBelow(kernel, task.bundle, paths.directory);\n",
      to: `  const life: { looksLeft?: number } = runtime.life as object;
  life.looksLeft ??= 110_000;
  while (life.looksLeft-- > 0 && await kernel.files.stat(task.oomFile) !== undefined);
  await unmountBelow(kernel, task.bundle, paths.directory);
`,
    }],
  },
  {
    name: "janitor-leaves-the-record",
    source: gap("W26"),
    wrong: "The record of a creation that failed stays: a commit may fail after its effect.",
    invariant: "I12",
    edits: [{
      file: JANITOR,
      from: "      await this.runtime.kernel.store.commit(deleteContainerRecord(id));\n",
      to: "",
    }],
  },
  {
    name: "removal-forgets-before-it-is-done",
    source: gap("W17"),
    wrong: "The record goes before the files: what fails then is never tried again.",
    invariant: "I4",
    scenario: "W17",
    edits: [{
      file: REMOVE,
      from: `  await discardFiles(runtime, record.id);
  await kernel.store.commit(deleteContainerRecord(record.id));
`,
      to: `  await kernel.store.commit(deleteContainerRecord(record.id));
  runtime.containers.delete(record.id);
  await discardFiles(runtime, record.id);
`,
    }],
  },
  {
    name: "removal-is-refused-by-a-start",
    source: gap("W28"),
    wrong: "A removal that meets a start does not wait for it.",
    invariant: "I11",
    scenario: "W28",
    edits: [{
      file: REMOVE,
      from: 'await container.claim.takeWhenReleased("removing", context)',
      to: 'container.claim.take("removing")',
    }],
  },
  {
    name: "removal-that-failed-is-for-ever",
    source: bug("E1", "containerd/cri/pull/371"),
    wrong: "A removal that fails keeps its claim, and no other is let in.",
    invariant: "I11",
    edits: [{
      file: REMOVE,
      from: "    using _claim = await container.claim",
      to: "    const _claim = await container.claim",
    }],
  },
  {
    name: "removal-deletes-before-it-unmounts",
    source: bug("E4", "containerd/containerd/issues/11376"),
    wrong: "The bundle is removed while the root file system is mounted in it.",
    invariant: "I11",
    edits: [{
      file: DISCARD,
      from: "  await unmountBelow(kernel, task.bundle, paths.directory);\n",
      to: "  await unmountBelow(kernel, paths.directory);\n",
    }],
  },
  {
    name: "removal-minds-no-failure",
    source: bug("E5", "moby/moby/pull/31012"),
    wrong: "The container is forgotten although its files could not be removed.",
    invariant: "I4",
    scenario: "W17",
    edits: [{
      file: REMOVE,
      from: "  await discardFiles(runtime, record.id);\n",
      to: "  await discardFiles(runtime, record.id).catch(() => {});\n",
    }],
  },
  {
    name: "removal-announced-before-it-is-durable",
    source: made("answer before the commit"),
    wrong: "DELETED goes out before the record does, and again at the next try.",
    invariant: "I10",
    edits: [
      { file: REMOVE, from: '  container.announce("DELETED");\n', to: "" },
      {
        file: REMOVE,
        from: "  await kernel.store.commit(deleteContainerRecord(record.id));\n",
        to: `  container.announce("DELETED");
  await kernel.store.commit(deleteContainerRecord(record.id));
`,
      },
    ],
  },
  {
    name: "removal-keeps-the-name",
    source: made("forget an undo"),
    wrong: "A container that is gone keeps its name.",
    invariant: "I4",
    edits: [{
      file: REMOVE,
      from: "  runtime.containerNames.release(record.name, record.id);\n",
      to: "",
    }],
  },
  {
    name: "removal-frees-the-name-first",
    source: made("swap two steps"),
    wrong: "The name is free for others while its container is still being removed.",
    invariant: "I7",
    edits: [
      {
        file: REMOVE,
        from: "  runtime.containerNames.release(record.name, record.id);\n",
        to: "",
      },
      {
        file: REMOVE,
        from: "  await abandonPreparation(runtime, container, context);\n",
        to: `  runtime.containerNames.release(record.name, record.id);
  await abandonPreparation(runtime, container, context);
`,
      },
    ],
  },
  {
    name: "removal-ends-nothing",
    source: made("drop a step"),
    wrong: "A container that runs is removed without being ended.",
    invariant: "bug",
    edits: [{
      file: REMOVE,
      from: "    await endContainer(runtime, container, 0, context);\n",
      to: "",
    }],
  },
  {
    name: "removal-leaves-the-record",
    source: made("drop a commit"),
    wrong: "A container that was removed is on disk for the next life.",
    invariant: "I4",
    edits: [{
      file: REMOVE,
      from: "  await kernel.store.commit(deleteContainerRecord(record.id));\n",
      to: "",
    }],
  },
  {
    name: "removal-answers-before-the-record-is-gone",
    source: made("answer before the commit"),
    wrong: "RemoveContainer answers before its record is off the disk.",
    invariant: "I4",
    edits: [{
      file: REMOVE,
      from: "  await kernel.store.commit(deleteContainerRecord(record.id));\n",
      to: "  kernel.store.commit(deleteContainerRecord(record.id)).catch(() => {});\n",
    }],
  },
];
