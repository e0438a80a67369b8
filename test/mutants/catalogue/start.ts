import { bug, gap, made, type Mutant } from "../mutant.ts";

const CLAIM = "src/container/claim.ts";
const CONTAINER = "src/container/container.ts";
const RELEASE = "src/task/release.ts";
const SETTLE = "src/container/settle.ts";
const START = "src/container/start.ts";

/** Starts that run twice, too late, or are told wrongly. */
export const START_MUTANTS: readonly Mutant[] = [
  {
    name: "start-waits-for-a-dead-init",
    source: bug("A5", "moby/moby/pull/36097"),
    wrong: "Who reads exec.fifo neither watches init's death nor the time: nobody will ever write.",
    invariant: "I11",
    scenario: "A5",
    edits: [{
      file: RELEASE,
      from: `    async (race) => {
      await task.init.exited(race);
      return false;
    },
`,
      to: "",
    }, {
      file: RELEASE,
      from: "    config.bounds.taskReleaseMs,",
      to: "    1_000 * config.bounds.taskReleaseMs,",
    }],
  },
  {
    name: "start-calls-a-fast-program-dead",
    source: bug("A6", "opencontainers/runc/issues/2183"),
    wrong: "When init's death is seen first, the fifo is not asked once more whether it had run.",
    invariant: "I9",
    scenario: "A6",
    edits: [{
      file: RELEASE,
      from: "if (!isReleased && (await fifo.tryRead()).length === 0) {",
      to: "if (!isReleased) {",
    }],
  },
  {
    name: "start-checks-and-takes-nothing",
    source: bug("A12", "kubernetes/kubernetes/issues/22607"),
    wrong:
      "A start looks whether somebody else starts the container, and neither minds nor claims.",
    invariant: "I1",
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
    name: "start-undoes-only-what-it-holds",
    source: bug("W1", "containerd/containerd/issues/11037"),
    wrong: "A start that was given no task, since its client left, believes that there is none.",
    invariant: "I17",
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
    name: "start-is-exited-though-its-undo-failed",
    source: bug("A2", "containerd/containerd/pull/7044"),
    wrong: "When a container cannot be ended, it is EXITED all the same and nobody goes on.",
    invariant: "I2",
    edits: [{
      file: SETTLE,
      from: "await this.#markUnknown(container, error);\n        firstTry.reject(error);",
      to: `await container.transition((it) => ended(it, ending), "STOPPED").catch(() => {});
        firstTry.reject(error);
        return;`,
    }],
  },
  {
    name: "start-deletes-a-created-task-gently",
    source: bug("A3", "moby/moby/issues/44399"),
    wrong: "A task that was created and not started is deleted without a kill of what made it.",
    invariant: "I17",
    edits: [{
      file: START,
      from: "await runtime.settler.settle(container, ending, true);",
      to: "await runtime.settler.settle(container, ending, false);",
    }],
  },
  {
    name: "start-gives-up-after-the-release",
    source: bug("W3", "containerd/containerd/issues/11037"),
    wrong: "The release is waited for with the client's patience: a program that runs is ended.",
    invariant: "I17",
    scenario: "W1b",
    edits: [{
      file: START,
      from: "releaseTask(kernel, config, container.id, task, runtime.life),",
      to: "releaseTask(kernel, config, container.id, task, pass.context),",
    }],
  },
  {
    name: "start-intent-is-not-durable",
    source: gap("W8"),
    wrong: "That the program may run from now on is known in memory only.",
    invariant: "I1",
    scenario: "W8",
    edits: [{
      file: CONTAINER,
      from: "await this.kernel.store.commit([putContainerStatus(this.id, status)], survives);",
      to: `if (status.state !== "CREATED" || status.startIntentAt === 0) {
        await this.kernel.store.commit([putContainerStatus(this.id, status)], survives);
      }`,
    }],
  },
  {
    name: "start-intent-comes-after-the-release",
    source: made("swap two steps"),
    wrong: "The program is released first, and that it may run is written down then.",
    invariant: "I2",
    isFoundByNothingElse: true,
    edits: [
      {
        file: START,
        from: `  await container.transition((status) =>
    startIntended(status, kernel.clock.nowMicros(), init.identity, supervisor.identity)
  );
`,
        to: "",
      },
      {
        file: START,
        from:
          "        () => releaseTask(kernel, config, container.id, task, runtime.life),\n      ),\n  );\n",
        to: `        () => releaseTask(kernel, config, container.id, task, runtime.life),
      ),
  );
  await container.transition((status) =>
    startIntended(status, kernel.clock.nowMicros(), init.identity, supervisor.identity)
  );
`,
      },
    ],
  },
  {
    name: "start-is-announced-late",
    source: bug("C15", "cri-o/cri-o/issues/9738"),
    wrong: "STARTED goes out some time after RUNNING is visible, and STOPPED may overtake it.",
    invariant: "I10",
    isFoundByNothingElse: true,
    edits: [
      {
        file: START,
        from: '  await container.transition(started, "STARTED");',
        to: "  await container.transition(started);",
      },
      {
        file: START,
        from: '  await hooks.container("postStartContainer", container, pass.context);\n',
        to: `  await runtime.kernel.files.stat(record.logPath);
  container.announce("STARTED");
  await hooks.container("postStartContainer", container, pass.context);
`,
      },
    ],
  },
  {
    name: "start-depends-on-a-courtesy",
    source: made("miss an errno"),
    wrong: "A start fails though its program runs: its root file system stays mounted on the host.",
    invariant: "I15",
    scenario: "W17d",
    edits: [{
      file: "src/container/discard.ts",
      from: "() => runtime.kernel.mounts.unmount(rootfs),\n    );\n  } catch (error) {\n",
      to:
        "() => runtime.kernel.mounts.unmount(rootfs),\n    );\n  } catch (error) {\n    throw error;\n",
    }, {
      file: START,
      from: "container.rootfsLeaving = runtime.life.own(letGoOfRootfs(runtime, container.id));",
      to: "await letGoOfRootfs(runtime, container.id);",
    }],
  },
  {
    name: "start-keeps-its-claim",
    source: made("forget an undo"),
    wrong: "Who has started a container goes on claiming it: nobody can stop or remove it.",
    invariant: "I11",
    edits: [{
      file: START,
      from: "using _claim = claimStart(runtime, container);",
      to: "const _claim = claimStart(runtime, container);",
    }],
  },
  {
    name: "start-stays-in-the-sandbox",
    source: made("forget an undo"),
    wrong: "Who has started a container never leaves the sandbox's gate, and its stop waits.",
    invariant: "I11",
    edits: [{
      file: START,
      from: "using pass = sandbox.gate.enter(client);",
      to: "const pass = sandbox.gate.enter(client);",
    }],
  },
  {
    name: "start-fails-and-undoes-nothing",
    source: made("forget an undo"),
    wrong: "A start that fails leaves its task and its state as they are.",
    invariant: "I2",
    edits: [{
      file: START,
      from: "await runtime.settler.settle(container, ending, true);",
      to: "",
    }],
  },
  {
    name: "start-undone-within-the-client's-patience",
    source: made("lose a context"),
    wrong: "A failed start is undone with the context of the client that has just left.",
    invariant: "I2",
    edits: [
      {
        file: START,
        from: "await giveUp(runtime, container, error);",
        to: "await giveUp(runtime, container, error, context);",
      },
      {
        file: START,
        from: "container: Container, error: unknown): Promise<void> {",
        to: "container: Container, error: unknown, context: Context): Promise<void> {",
      },
      {
        file: START,
        from: "using bounded = runtime.rollbackContext();",
        to: "context.throwIfCancelled();\n    using bounded = runtime.rollbackContext();",
      },
    ],
  },
  {
    name: "start-visible-before-durable",
    source: made("answer before the commit"),
    wrong: "Readers see a state that a crash takes back.",
    invariant: "I8",
    edits: [{
      file: CONTAINER,
      from: `      await this.kernel.store.commit([putContainerStatus(this.id, status)], survives);
      this.#status = status;`,
      to: `      this.#status = status;
      await this.kernel.store.commit([putContainerStatus(this.id, status)], survives);`,
    }],
  },
  {
    name: "states-are-lost-with-the-power",
    source: made("forget to wait"),
    wrong: "A state that readers have seen is not on the disk, and the loss of power takes it.",
    invariant: "I8",
    edits: [{
      file: CONTAINER,
      from: 'isImplied ? "daemon" : "machine"',
      to: '"daemon"',
    }],
  },
  {
    name: "start-is-answered-before-it-is-on-the-disk",
    source: made("forget to wait"),
    wrong:
      "A client hears that its container runs, and after a loss of power it was never started.",
    invariant: "I8",
    scenario: "W8b",
    edits: [{ file: START, from: "    () => kernel.store.sync(),\n", to: "" }],
  },
  {
    name: "start-that-may-be-forgotten-is-answered",
    source: made("miss an errno"),
    wrong: "It fails to be made durable that the program runs, and StartContainer says OK.",
    invariant: "I8",
    scenario: "W3b",
    edits: [{
      file: START,
      from: "    () => kernel.store.sync(),\n",
      to: "    () => kernel.store.sync().catch(() => {}),\n",
    }],
  },
  {
    name: "reboot-takes-back-what-was-seen-running",
    source: made("drop a step"),
    wrong:
      "After a loss of power a container that readers saw RUNNING is CREATED, until it is ended.",
    invariant: "I8",
    scenario: "W8c",
    edits: [{
      file: "src/recovery/boot.ts",
      from: "JSON.stringify(startedIfIntended(rest))",
      to: "JSON.stringify(rest)",
    }],
  },
  {
    name: "removal-does-not-wait-for-the-rootfs",
    source: made("forget to wait"),
    wrong: "A removal unmounts a root file system that is being unmounted, and is refused.",
    invariant: "register",
    scenario: "W17c",
    edits: [{
      file: "src/container/remove.ts",
      from:
        "  if (container.rootfsLeaving !== undefined) await waitFor(container.rootfsLeaving, context);\n",
      to: "",
    }],
  },
  {
    name: "start-announced-before-durable",
    source: made("answer before the commit"),
    wrong: "An event goes out before what it tells of is on disk, and again at the next try.",
    invariant: "I10",
    edits: [{
      file: CONTAINER,
      from: `      await this.kernel.store.commit([putContainerStatus(this.id, status)], survives);
      this.#status = status;
      if (event !== undefined) this.announce(event);`,
      to: `      if (event !== undefined) this.announce(event);
      await this.kernel.store.commit([putContainerStatus(this.id, status)], survives);
      this.#status = status;`,
    }],
  },
  {
    name: "transitions-at-the-same-time",
    source: made("drop a guard"),
    wrong: "Transitions do not wait for each other, and the second overwrites the first.",
    invariant: "I8",
    scenario: "T1",
    edits: [{
      file: CONTAINER,
      from: "const done = this.#turn.then(async () => {",
      to: "const done = Promise.resolve().then(async () => {",
    }],
  },
  {
    name: "start-answers-before-its-commit",
    source: made("answer before the commit"),
    wrong: "StartContainer answers before readers see that the container runs.",
    invariant: "register",
    edits: [{
      file: START,
      from: '  await container.transition(started, "STARTED");',
      to: '  void container.transition(started, "STARTED").catch(() => {});',
    }],
  },
  {
    name: "start-of-who-runs-is-answered-ok",
    source: made("drop a guard"),
    wrong: "StartContainer says OK of a container that runs already, as if it had started it.",
    invariant: "register",
    isFoundByNothingElse: true,
    edits: [{
      file: START,
      from: "  using _claim = claimStart(runtime, container);\n",
      to: `  if (container.status.state === "RUNNING") return;
  using _claim = claimStart(runtime, container);
`,
    }],
  },
  {
    name: "start-that-was-not-recorded-is-made-again",
    source: gap("W3"),
    wrong:
      "A program that has logged nothing is executed anew when it cannot be recorded that it runs.",
    invariant: "I1",
    isFoundByNothingElse: true,
    scenario: "W3",
    edits: [
      {
        file: START,
        from: `  await container.transition(started, "STARTED");
  container.rootfsLeaving = runtime.life.own(letGoOfRootfs(runtime, container.id));
  monitorContainer(runtime, container, task);`,
        to: `  const { kernel } = runtime;
  const recorded = () => container.transition(started, "STARTED");
  await recorded().catch(async (error) => {
    const options = { mayHaveHelpers: false, known: [task.init.identity, task.supervisor?.identity] };
    await runtime.reaper.reap(taskIdentity(runtime, record), options, runtime.life);
    await runtime.exitFiles.remove(container.id);
    if ((await kernel.files.stat(record.logPath))?.sizeBytes !== 0) throw error;
    task[Symbol.dispose]();
    container.task = undefined;
    task = container.task = await createContainerTask(runtime, container, runtime.life);
    const { init, supervisor } = task;
    await container.transition((status) => ({ ...status, init: init.identity, supervisor: supervisor?.identity }));
    await releaseTask(kernel, runtime.config, container.id, task, runtime.life);
    await recorded();
  });
  monitorContainer(runtime, container, task);`,
      },
      { file: START, from: "  const task = await spanned(", to: "  let task = await spanned(" },
      {
        file: START,
        from: 'import { requireTarget } from "./target.ts";',
        to: `import { requireTarget } from "./target.ts";
import { taskIdentity } from "./task.ts";`,
      },
    ],
  },
];
