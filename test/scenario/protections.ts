/** A line of defence, as text that can be taken out of a copy of the core. */
export interface Protection {
  /** The scenario that must fail without it. */
  readonly scenario: string;
  readonly edits: readonly {
    readonly file: string;
    readonly from: string;
    readonly to: string;
  }[];
}

const CLAIM = "src/container/claim.ts";
const CONTAINER = "src/container/container.ts";
const CREATE = "src/container/create.ts";
const GATE = "src/sandbox/gate.ts";
const PREPARE = "src/container/prepare.ts";
const RECOVERY = "src/recovery/containers.ts";
const RELEASE = "src/task/release.ts";
const REMOVE = "src/container/remove.ts";
const SETTLE = "src/container/settle.ts";
const START = "src/container/start.ts";
const STOP = "src/container/stop.ts";
const STOP_SANDBOX = "src/sandbox/stop.ts";

/** What each scenario is the proof of. */
export const PROTECTIONS: readonly Protection[] = [
  {
    scenario: "A5",
    edits: [{
      file: RELEASE,
      from: `    async (race) => {
      await task.init.exited(race);
      return false;
    },
`,
      to: "",
    }],
  },
  {
    scenario: "A6",
    edits: [{
      file: RELEASE,
      from: "if (!isReleased && (await fifo.tryRead()).length === 0) {",
      to: "if (!isReleased) {",
    }],
  },
  {
    scenario: "A12",
    edits: [
      {
        file: CLAIM,
        from: "if (this.#holder !== undefined) {\n      throw",
        to: "if (false) {\n      throw",
      },
      { file: START, from: "if (container.claim.kind !== undefined) {", to: "if (false) {" },
    ],
  },
  {
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
    scenario: "B3",
    edits: [{
      file: STOP,
      from: 'await tolerate(container.task.init.signal(SIGKILL), "ESRCH");',
      to: "await container.task.init.signal(SIGKILL);",
    }],
  },
  {
    scenario: "B17",
    edits: [{ file: RECOVERY, from: "  await end(runtime, container, ending);\n}", to: "}" }],
  },
  {
    scenario: "P1",
    edits: [{
      file: START,
      from: "if (container.preparation === undefined) {",
      to: "if (true) {",
    }],
  },
  {
    scenario: "P2",
    edits: [
      { file: REMOVE, from: "await abandonPreparation(runtime, container, context);", to: "" },
    ],
  },
  {
    scenario: "P3",
    edits: [{
      file: PREPARE,
      from: "this.#context.cancel();\n    const settled",
      to: "return;\n    const settled",
    }],
  },
  {
    scenario: "P4",
    edits: [
      {
        file: STOP_SANDBOX,
        from: "await abandonPreparation(runtime, container, context);",
        to: "",
      },
    ],
  },
  {
    scenario: "P5",
    edits: [{
      file: RECOVERY,
      from: "await reapTask(kernel, config, identity, { mayHaveHelpers, known: [] }, bounded);",
      to: "",
    }],
  },
  {
    scenario: "P6",
    edits: [{
      file: PREPARE,
      from: "this.task.catch(() => {});",
      to:
        "this.task = this.task.catch(() => ({ init: undefined, supervisor: undefined }) as never);",
    }],
  },
  {
    scenario: "P7",
    edits: [{
      file: SETTLE,
      from: "if (container.preparation !== undefined) {",
      to: "if (false) {",
    }],
  },
  {
    scenario: "P8",
    edits: [{ file: RECOVERY, from: "await runtime.exitFiles.remove(container.id);", to: "" }],
  },
  {
    scenario: "W1",
    edits: [
      {
        file: START,
        from: "await runtime.settler.settle(container, ending, true);",
        to:
          `if (container.task !== undefined) await runtime.settler.settle(container, ending, true);
    else await container.transition((status) => ended(status, ending), "STOPPED");`,
      },
      { file: START, from: "import { START_ERROR,", to: "import { ended, START_ERROR," },
    ],
  },
  {
    scenario: "W4a",
    edits: [
      {
        file: GATE,
        from: "for (const context of this.#inside) context.cancel(this.#refusal());",
        to: "",
      },
      { file: STOP_SANDBOX, from: "await sandbox.gate.drained(context);", to: "" },
      {
        file: STOP_SANDBOX,
        from: 'if (container.claim.kind === "starting") await container.claim.released(context);',
        to: "",
      },
    ],
  },
  {
    scenario: "W4b",
    edits: [{ file: GATE, from: "if (this.#isClosed) throw this.#refusal();", to: "" }],
  },
  {
    scenario: "W5",
    edits: [{
      file: CREATE,
      from: "using pass = sandbox.gate.enter(client);",
      to: "using pass = { context: client, [Symbol.dispose]() {} };",
    }],
  },
  { scenario: "W7", edits: [{ file: STOP, from: "await container.ended(bounded);", to: "" }] },
  {
    scenario: "W8",
    edits: [{
      file: CONTAINER,
      from: "await this.kernel.store.commit([putContainerStatus(this.id, status)]);",
      to: `if (status.state !== "CREATED" || status.startIntentAt === 0) {
        await this.kernel.store.commit([putContainerStatus(this.id, status)]);
      }`,
    }],
  },
  {
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
    scenario: "W28",
    edits: [{
      file: REMOVE,
      from: 'await container.claim.takeWhenReleased("removing", context)',
      to: 'container.claim.take("removing")',
    }],
  },
];
