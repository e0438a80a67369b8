import { bug, gap, made, type Mutant } from "../mutant.ts";

const CREATE = "src/container/create.ts";
const LIMITS = "src/container/limits.ts";
const PREPARE = "src/container/prepare.ts";
const RECORD = "src/container/record.ts";
const RECOVERY = "src/recovery/containers.ts";
const REMOVE = "src/container/remove.ts";
const RESOURCES = "src/container/resources.ts";
const RUNC = "src/oci/runc.ts";
const SETTLE = "src/container/settle.ts";
const START = "src/container/start.ts";
const UPDATE = "src/container/update.ts";

/** Resources that are updated while something else happens (U1 to U20). */
export const UPDATE_MUTANTS: readonly Mutant[] = [
  {
    name: "start-takes-no-turn",
    source: gap("W25"),
    wrong:
      "An update that meets a start changes the record, and the program runs with the old limits.",
    invariant: "I2",
    scenario: "W25",
    edits: [{
      file: START,
      from: "  turns.use(await container.turns.take(pass.context));\n",
      to: "",
    }],
  },
  {
    name: "end-waits-for-an-update",
    source: gap("W12"),
    wrong: "Whoever ends a container waits until runc update is done, which may hang.",
    invariant: "I14",
    scenario: "W12",
    edits: [{
      file: UPDATE,
      from: "  container.gate.close();\n  await container.gate.drained(context);\n",
      to: "  using _turn = await container.turns.take(context);\n",
    }],
  },
  {
    name: "update-holds-up-the-status",
    source: bug("I-1", "containerd/containerd/issues/12680"),
    wrong: "As long as runc update is at work no status can change, whosever it is.",
    invariant: "I13",
    scenario: "U17",
    edits: [{
      file: UPDATE,
      from: "  const refusal = await setLimits(runtime, container, intended, context);\n",
      to: `  const work = Promise.withResolvers<void>();
  const commit = runtime.kernel.store.commit.bind(runtime.kernel.store);
  runtime.kernel.store.commit = (changes, survives) =>
    work.promise.then(() => commit(changes, survives));
  const refusal = await setLimits(runtime, container, intended, Context.background()).finally(() => {
    runtime.kernel.store.commit = commit;
    work.resolve();
  });
`,
    }, {
      file: UPDATE,
      from: "import { type Context, waitFor }",
      to: "import { Context, waitFor }",
    }],
  },
  {
    name: "prepared-task-is-not-updated",
    source: made("drop a step"),
    wrong: "An update of a container with a prepared task changes the record alone.",
    invariant: "I2",
    scenario: "U1",
    edits: [{
      file: UPDATE,
      from: "  if (hasTask) await updatePrepared(runtime, container, after, pass.context);\n",
      to: "",
    }],
  },
  {
    name: "update-does-not-wait-for-the-preparation",
    source: made("forget to wait"),
    wrong: "An update goes to a task that is not there yet.",
    invariant: "I11",
    scenario: "U2",
    edits: [{ file: UPDATE, from: "    await waitFor(preparation.task, context);\n", to: "" }],
  },
  {
    name: "file-of-a-refused-update-stays",
    source: made("forget an undo"),
    wrong: "A file that only an update names that was refused keeps what it was given.",
    invariant: "I2",
    scenario: "U18",
    edits: [{ file: LIMITS, from: "  if (cgroupVersion === 2) {\n", to: "  if (false) {\n" }],
  },
  {
    name: "file-that-is-not-there-refuses-all",
    source: made("miss an errno"),
    wrong: "Once an update has named a file that no group has, no limit can be set any more.",
    invariant: "I11",
    scenario: "U19",
    edits: [{
      file: LIMITS,
      from:
        "      await tell(runtime, container, { ...NO_LIMITS, unified: { [file]: value } }, context);\n",
      to: `      const cleared = { ...NO_LIMITS, unified: { [file]: value } };
      const refusal = await tell(runtime, container, cleared, context);
      if (refusal !== undefined) return refusal;
`,
    }],
  },
  {
    name: "update-is-never-over",
    source: made("drop a guard"),
    wrong: "Limits are tried to be put back by a runtime that has no state of the container.",
    invariant: "I2",
    scenario: "U20",
    edits: [{ file: UPDATE, from: "if (!hasNoState(refusal)) {", to: "if (true) {" }],
  },
  {
    name: "update-is-not-told-of-the-end",
    source: made("drop a guard"),
    wrong: "The end of a container kills the runc of an update, which takes it for an accident.",
    invariant: "I11",
    scenario: "U3",
    edits: [{ file: UPDATE, from: "  container.gate.close();\n", to: "" }],
  },
  {
    name: "end-forgets-the-update",
    source: made("drop a step"),
    wrong: "A container ends, and an update of it goes on behind its back.",
    invariant: "I11",
    scenario: "W12",
    edits: [{
      file: SETTLE,
      from: "    if (await endUpdates(container, bounded)) mayHaveHelpers = true;\n",
      to: "",
    }],
  },
  {
    name: "removal-forgets-the-update",
    source: made("drop a step"),
    wrong: "A container is removed while its prepared task is being updated.",
    invariant: "I12",
    scenario: "U4",
    edits: [{
      file: REMOVE,
      from: "const mayHaveHelpers = await endUpdates(container, context);",
      to: "const mayHaveHelpers = false && await endUpdates(container, context);",
    }],
  },
  {
    name: "sandbox-stop-forgets-the-update",
    source: made("drop a guard"),
    wrong: "A pod is stopped while the prepared task of its container is being updated.",
    invariant: "I11",
    scenario: "U5",
    edits: [{
      file: UPDATE,
      from: "using pass = sandbox.gate.enter(object);",
      to: "using pass = container.gate.enter(object);",
    }],
  },
  {
    name: "restart-leaves-an-update-half-done",
    source: made("drop a step"),
    wrong: "An update that a crash has cut off is not gone on with.",
    invariant: "I2",
    scenario: "U6",
    edits: [{
      file: RECOVERY,
      from:
        "    if (container.status.resourcesIntended !== undefined) goOnUpdating(runtime, container);\n",
      to: "",
    }],
  },
  {
    name: "restart-forgets-an-update",
    source: made("drop a commit"),
    wrong: "A restart forgets that limits were about to be set, and some of them are.",
    invariant: "I2",
    scenario: "U7",
    edits: [{
      file: RECORD,
      from: "    resourcesIntended: undefined,\n    ...fields,\n",
      to: "    ...fields,\n    resourcesIntended: undefined,\n",
    }],
  },
  {
    name: "stray-update-is-left-at-work",
    source: made("forget to wait"),
    wrong: "The runc update of an earlier life sets its limits after those of a later update.",
    invariant: "I2",
    scenario: "U8",
    edits: [{
      file: UPDATE,
      from: "    await endStrayUpdates(runtime, container, pass.context);\n",
      to: "",
    }],
  },
  {
    name: "stray-update-is-not-known",
    source: made("drop a guard"),
    wrong: "Nobody finds the runc update that was started and of which nobody was told.",
    invariant: "I2",
    scenario: "U14",
    edits: [{
      file: RUNC,
      from: "return [UPDATE, root, id].every((it) => args.includes(it));",
      to: "return args.length === 0 && UPDATE === root + id;",
    }],
  },
  {
    name: "refused-update-is-not-taken-back",
    source: made("forget an undo"),
    wrong: "What was set before runc was refused stays.",
    invariant: "I2",
    scenario: "U9",
    edits: [{
      file: UPDATE,
      from:
        "const refusalOfThose = await replaceLimits(runtime, container, before, intended, context);",
      to: "const refusalOfThose = before && undefined;",
    }],
  },
  {
    name: "what-was-unlimited-stays-limited",
    source: made("forget an undo"),
    wrong: "The way back says only what was set before, as libcontainer's does.",
    invariant: "I2",
    edits: [{
      file: RESOURCES,
      from: "wanted[name] === none && doubtful[name] !== none ? unlimited : wanted[name] as T;",
      to: "wanted[name] === none && doubtful[name] === unlimited ? unlimited : wanted[name] as T;",
    }],
  },
  {
    name: "weight-is-left-to-the-runtime",
    source: made("drop a step"),
    wrong: "On version 2 runc sets the shares again that it was refused.",
    invariant: "I2",
    scenario: "U12",
    edits: [{
      file: LIMITS,
      from: "host.cgroupVersion === 2 ? withWeight(resources) : resources;",
      to: "host.cgroupVersion === 1 ? withWeight(resources) : resources;",
    }],
  },
  {
    name: "start-trusts-doubtful-limits",
    source: made("drop a step"),
    wrong: "A prepared task is let go with the limits of an update that was refused.",
    invariant: "I2",
    scenario: "U10",
    edits: [{
      file: START,
      from: "  await settleLimits(runtime, container, pass.context);\n",
      to: "",
    }],
  },
  {
    name: "update-that-hangs-is-forgotten",
    source: made("drop a step"),
    wrong: "An update whose runc was killed is neither done nor taken back.",
    invariant: "I2",
    scenario: "U11",
    edits: [{
      file: UPDATE,
      from:
        "    if (container.status.resourcesIntended !== undefined) goOnUpdating(runtime, container);\n",
      to: "",
    }],
  },
  {
    name: "updates-take-no-turns",
    source: made("drop a guard"),
    wrong: "Two updates of one container are at work at the same time.",
    invariant: "I2",
    scenario: "U13",
    edits: [{
      file: UPDATE,
      from: "  using _turn = await container.turns.take(patience);\n",
      to: "",
    }],
  },
  {
    name: "creation-takes-no-turn",
    source: made("drop a guard"),
    wrong: "An update comes before the preparation and is recorded when the old limits were read.",
    invariant: "I2",
    scenario: "U15",
    edits: [{
      file: CREATE,
      from: "  turns.use(await container.turns.take(pass.context));\n",
      to: "",
    }],
  },
  {
    name: "spec-is-not-written-anew",
    source: made("drop a step"),
    wrong: "The task of a container whose record was updated is created with the old limits.",
    invariant: "I2",
    scenario: "U16",
    edits: [{
      file: PREPARE,
      from: "  if (resources !== undefined) await writeLimits(runtime, container.id, resources);\n",
      to: "  if (resources === undefined) await Promise.resolve(writeLimits);\n",
    }],
  },
  {
    name: "update-is-answered-before-its-record",
    source: made("answer before the commit"),
    wrong: "An update is answered before the limits are recorded.",
    invariant: "I2",
    edits: [{
      file: UPDATE,
      from:
        '    await container.transition((status) =>\n      status.state === "RUNNING" ? updated',
      to: '    void container.transition((status) =>\n      status.state === "RUNNING" ? updated',
    }],
  },
  {
    name: "update-is-recorded-and-not-made",
    source: made("swap two steps"),
    wrong: "The limits are recorded before they are set.",
    invariant: "I2",
    edits: [{
      file: UPDATE,
      from: 'status.state === "RUNNING" ? updateIntended(status, after) : undefined',
      to: 'status.state === "RUNNING" ? updated(updateIntended(status, after), after) : undefined',
    }],
  },
  {
    name: "update-never-leaves",
    source: made("forget an undo"),
    wrong: "After an update the end of the container waits for it for ever.",
    invariant: "I11",
    edits: [{
      file: UPDATE,
      from: "  using pass = container.gate.enter(runtime.life);\n  using patience",
      to: "  const pass = container.gate.enter(runtime.life);\n  using patience",
    }],
  },
];
