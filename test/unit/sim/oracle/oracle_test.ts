import { assertEquals, assertExists } from "@std/assert";
import {
  ended,
  type Ending,
  lost,
  removalBegun,
  started,
} from "../../../../src/container/state.ts";
import type { Container } from "../../../../src/container/container.ts";
import { execSync } from "../../../../src/container/exec.ts";
import { reopenContainerLog } from "../../../../src/container/logs.ts";
import { removeContainer } from "../../../../src/container/remove.ts";
import { startContainer } from "../../../../src/container/start.ts";
import { stopContainer } from "../../../../src/container/stop.ts";
import { RuntimeError } from "../../../../src/errors.ts";
import { Context } from "../../../../src/kernel/context.ts";
import { KernelError } from "../../../../src/kernel/errno.ts";
import type { HookName } from "../../../../src/plugin/hooks.ts";
import { removePodSandbox } from "../../../../src/sandbox/remove.ts";
import { stopPodSandbox } from "../../../../src/sandbox/stop.ts";
import type { Process, Step } from "../../../../sim/mod.ts";
import { toBytes } from "../../../../sim/world/content.ts";
import { FileLock } from "../../../../sim/world/file_lock.ts";
import { OpenFile } from "../../../../sim/world/open_file.ts";
import { SIM_IMAGE } from "../../../../sim/lifecycle/configs.ts";
import type { HookCall } from "../../../../sim/lifecycle/plugin.ts";
import { allows, type Scene, violates } from "./scene.ts";

const SIGTERM = 15;
const SIGKILL = 9;

/** Says that a container has ended, whatever the truth. */
async function end(
  scene: Scene,
  container: Container,
  ending: Partial<Ending> = {},
): Promise<void> {
  const at = scene.runtime.kernel.clock.nowMicros();
  const whole = { exitCode: 0, reason: "", message: "", at, ...ending };
  await scene.inside(() => container.transition((status) => ended(status, whole), "STOPPED"));
}

/** Kills the init, and waits until its end is known. */
async function killed(scene: Scene, container: Container): Promise<void> {
  scene.simulation.machine.processes.signal(scene.init(container), SIGKILL);
  await scene.simulation.idle();
}

/** Kills the init, and says then that it has ended, in other words than the truth. */
async function lateEnd(scene: Scene, container: Container, ending: Partial<Ending>): Promise<void> {
  using commit = scene.simulation.hold(undefined, /^store\.commit/);
  scene.simulation.machine.processes.signal(scene.init(container), SIGKILL);
  await scene.simulation.idle();
  await scene.restart(() => {
    commit.release();
    const status = ended(container.status, {
      ...{ exitCode: 0, reason: "", message: "" },
      ...ending,
      at: container.status.startedAt + 1,
    });
    const value = JSON.stringify({ version: 1, ...status });
    const record = { table: "container_status", id: container.id, value };
    scene.simulation.machine.store.commit([{ kind: "put", record }]);
  });
}

/** As if a process were another's, of whom nobody knows. */
function stranger(process: Process): Process {
  process.container = { containerId: "0".repeat(64), role: "init" };
  return process;
}

allows("a life without a mistake", async (scene) => {
  const container = await scene.running("sleep", "1000");
  await scene.restart();
  const context = new Context();
  const { id, sandboxId } = container;
  const calls = [
    ["StopContainer", id, () => stopContainer(scene.runtime, id, 0, context)],
    ["RemoveContainer", id, () => removeContainer(scene.runtime, id, context)],
    ["StopPodSandbox", sandboxId, () => stopPodSandbox(scene.runtime, sandboxId, context)],
    ["RemovePodSandbox", sandboxId, () => removePodSandbox(scene.runtime, sandboxId, context)],
  ] as const;
  for (const [kind, object, work] of calls) {
    const call = scene.called(kind, object);
    await scene.inside(work);
    scene.oracle.answered(call);
  }
  scene.oracle.atRest(scene.lifecycle);
});

violates("I1", "was executed twice", async (scene) => {
  const container = await scene.running("sleep", "1000");
  scene.simulation.machine.observer?.executed?.(scene.init(container));
});

violates("I2", "is EXITED, of it run", async (scene) => {
  await end(scene, await scene.running("sleep", "1000"));
});

violates("I2", "is RUNNING, nothing of it runs", async (scene) => {
  const container = await scene.running("sleep", "1000");
  scene.simulation.machine.processes.signal(scene.init(container), SIGKILL);
  scene.simulation.machine.processes.clear();
  scene.oracle.powerLost();
  scene.oracle.atRest(scene.lifecycle);
});

violates("I2", "is EXITED, and cgroup /slipway/", async (scene) => {
  const container = await scene.running("sleep", "1000");
  await killed(scene, container);
  scene.simulation.machine.cgroups.create(container.record.cgroup);
  scene.oracle.atRest(scene.lifecycle);
});

violates("I3", "was stopped and is RUNNING", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  scene.answered("StopContainer", id);
});

violates("I4", "left process", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  scene.answered("RemoveContainer", id);
});

violates("I3", "was stopped before its start, and is EXITED", async (scene) => {
  const container = await scene.created(await scene.sandbox(), "true");
  scene.answered("StopContainer", container.id);
  await killed(scene, container);
  await end(scene, container, { exitCode: 128, reason: "StartError" });
});

allows("that a start which comes after a stop fails", async (scene) => {
  const container = await scene.created(await scene.sandbox(), "true");
  scene.answered("StopContainer", container.id);
  scene.called("StartContainer", container.id);
  await killed(scene, container);
  await end(scene, container, { exitCode: 128, reason: "StartError" });
});

violates("I4", "left conmon", async (scene) => {
  const container = await scene.running("sleep", "1000");
  using _conmon = scene.simulation.hold("conmon ");
  await killed(scene, container);
  scene.answered("RemoveContainer", container.id);
});

violates("I5", "was stopped and is ready", async (scene) => {
  scene.answered("StopPodSandbox", await scene.sandbox());
});

violates("I5", "has got a process", async (scene) => {
  const sandboxId = await scene.sandbox();
  const container = await scene.created(sandboxId, "sleep", "1000");
  const init = scene.init(container);
  const call = scene.called("StopPodSandbox", sandboxId);
  await scene.inside((runtime) => stopPodSandbox(runtime, sandboxId, new Context()));
  scene.oracle.answered(call);
  scene.simulation.machine.observer?.joined?.(init);
});

violates("I6", "left container", async (scene) => {
  const { id, sandboxId } = await scene.created(await scene.sandbox(), "true");
  const call = scene.called("RemovePodSandbox", sandboxId);
  await scene.inside((runtime) => stopPodSandbox(runtime, sandboxId, new Context()));
  scene.oracle.answered(call);
  scene.container(id);
});

violates("I7", "is free", async (scene) => {
  const { id, sandboxId, record } = await scene.created(await scene.sandbox(), "true");
  scene.runtime.containerNames.release(record.name, id);
  await scene.created(sandboxId, "true");
});

violates("I7", "of nobody is held", async (scene) => {
  scene.runtime.containerNames.reserve("name", "0".repeat(64));
  scene.oracle.atRest(scene.lifecycle);
  await scene.look();
});

violates("I8", "it was started before it was created", async (scene) => {
  const container = await scene.created(await scene.sandbox(), "true");
  await scene.inside(() => container.transition((it) => ({ ...it, startedAt: 1 })));
});

violates("I8", "it went back", async (scene) => {
  const container = await scene.running("sleep", "1000");
  await scene.inside(() => container.transition((it) => ({ ...it, state: "CREATED" })));
});

violates("I8", "its end has changed", async (scene) => {
  const container = await scene.running("sleep", "1000");
  await killed(scene, container);
  await scene.inside(() => container.transition((it) => ({ ...it, message: "another" })));
});

violates("I8", "was forgotten in a restart", async (scene) => {
  const { id } = await scene.created(await scene.sandbox(), "true");
  await scene.restart(() => {
    scene.simulation.machine.store.commit([{ kind: "delete", table: "container", id }]);
  });
});

violates("I9", "the kernel says 137", async (scene) => {
  const container = await scene.running("sleep", "1000");
  const { processes } = scene.simulation.machine;
  using hold = scene.simulation.hold(undefined, /^store\.commit/);
  processes.signal(scene.init(container), SIGKILL);
  await scene.simulation.idle();
  hold.release();
  await scene.restart(() => {
    const text = JSON.stringify({ ...container.status, version: 1 });
    const value = text.replace('"state":"RUNNING"', '"state":"EXITED"')
      .replace('"finishedAt":0', `"finishedAt":${container.status.startedAt + 1}`);
    const record = { table: "container_status", id: container.id, value };
    scene.simulation.machine.store.commit([{ kind: "put", record }]);
  });
});

violates("I9", "its start was called failed", async (scene) => {
  const container = await scene.running("exit", "3");
  const error = new RuntimeError("FAILED_PRECONDITION", "container process is already dead");
  scene.oracle.refused(scene.called("StartContainer", container.id), error);
});

violates("I9", "ran, and its start has failed", async (scene) => {
  const container = await scene.running("sleep", "1000");
  await lateEnd(scene, container, { exitCode: 128, reason: "StartError" });
});

violates("I10", "STARTED after CREATED, STARTED", async (scene) => {
  const container = await scene.running("sleep", "1000");
  container.announce("STARTED");
});

violates("I10", "no event: STARTED", async (scene) => {
  const container = await scene.created(await scene.sandbox(), "true");
  await scene.inside(() =>
    container.transition((it) => started({ ...it, startIntentAt: it.createdAt }))
  );
});

violates("I10", "DELETED was published, and it can be found", async (scene) => {
  const container = await scene.created(await scene.sandbox(), "true");
  container.announce("DELETED");
});

violates("I11", "StopContainer 00000000 failed: no reason", async (scene) => {
  await scene.look();
  const error = new RuntimeError("UNKNOWN", "no reason");
  scene.oracle.refused(scene.called("StopContainer", "0".repeat(64)), error);
});

allows("a stop that fails because something else did", async (scene) => {
  await scene.look();
  const error = new RuntimeError("UNKNOWN", "no reason");
  scene.oracle.refused(scene.called("StopContainer", "0".repeat(64)), error);
}, { isFaultless: false });

violates("I14", "got a second stop signal", async (scene) => {
  const container = await scene.running("ignore-term");
  scene.called("StopContainer", container.id, 5_000);
  for (let i = 0; i < 2; i++) {
    await scene.inside(async () => void await container.task?.init.signal(SIGTERM));
  }
});

allows(
  "that the answer to a stop signal comes when another container has the pid",
  async (scene) => {
    const container = await scene.running("on-term", "5");
    const other = await scene.running("ignore-term");
    const init = scene.init(container);
    const steps: Step[] = [];
    scene.simulation.onStep((step) => {
      if (step.verb === "handle.signal") steps.push(step);
      scene.oracle.afterStep(step);
    });
    for (const it of [other, container]) {
      scene.called("StopContainer", it.id, 5_000);
      await scene.inside(async () => void await it.task?.init.signal(SIGTERM));
    }
    await scene.simulation.idle();
    assertEquals(init.state, "reaped");
    const { machine } = scene.simulation;
    machine.startStranger("sleep", init.pid);
    const heir = machine.processes.get(init.pid);
    assertExists(heir);
    heir.container = { containerId: other.id, role: "init" };
    for (const step of steps) scene.oracle.afterStep(step);
  },
);

violates("I17", "is EXITED (StartError)", async (scene) => {
  const container = await scene.created(await scene.sandbox(), "true");
  await end(scene, container, { exitCode: 128, reason: "StartError" });
});

violates("I13", "while programs of 00000000 hung", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  const init = scene.init(scene.container(id));
  scene.simulation.machine.observer?.hung?.(stranger(init));
  const call = scene.called("ReopenContainerLog", id);
  await scene.simulation.sleep(30_000);
  scene.oracle.answered(call);
});

allows("that a plugin that hangs with its network's lock holds up other pods", async (scene) => {
  const container = await scene.running("sleep", "1000");
  const plugin = stranger(scene.init(container));
  plugin.files.set(9, Object.assign(OpenFile.null(), { lock: new FileLock("network") }));
  scene.simulation.machine.observer?.hung?.(plugin);
  const call = scene.called("StopPodSandbox", container.sandboxId);
  await scene.simulation.sleep(30_000);
  scene.oracle.refused(call, new RuntimeError("DEADLINE_EXCEEDED", "it hangs"));
});

allows("that what hangs holds up its own container", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  scene.simulation.machine.observer?.hung?.(scene.init(scene.container(id)));
  const call = scene.called("ReopenContainerLog", id);
  await scene.simulation.sleep(30_000);
  scene.oracle.answered(call);
});

/** ExecSync as a client calls it, answered with whatever code. */
async function executed(scene: Scene, command: readonly string[], exitCode?: number) {
  const { id } = await scene.running("sleep", "1000");
  const call = scene.called("ExecSync", id);
  const result = await scene.inside((it) => execSync(it, id, command, 0, new Context()));
  await scene.look();
  scene.oracle.answered(call, exitCode ?? result.exitCode);
}

violates("I9", "said 255, and no command of it", (scene) => executed(scene, ["exit", "3"], 255));

allows("a command with a code of its own", (scene) => executed(scene, ["exit", "3"]));

violates("I13", "ms before its answer", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  const call = scene.called("ExecSync", id);
  await scene.inside((runtime) => execSync(runtime, id, ["true"], 0, new Context()));
  await scene.simulation.sleep(5_000);
  scene.oracle.answered(call, 0);
});

violates("I21", "is over, and", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  const call = scene.called("ExecSync", id);
  const context = new Context();
  const command = scene.inside((it) => execSync(it, id, ["sleep", "600"], 0, context)).catch(
    () => {},
  );
  await scene.simulation.idle();
  scene.oracle.refused(call, new RuntimeError("DEADLINE_EXCEEDED", "time is up"));
  context.cancel();
  await command;
});

violates("I5", "and somebody executes in", async (scene) => {
  const { id, sandboxId } = await scene.running("sleep", "1000");
  const call = scene.called("StopPodSandbox", sandboxId);
  await scene.inside((runtime) => stopPodSandbox(runtime, sandboxId, new Context()));
  await scene.inside(async ({ kernel: { processes } }) => {
    const late = { program: "sleep", args: ["9", "exec", id] };
    using _child = await processes.spawn(late, { outputBytesMax: 0 });
    scene.oracle.answered(call);
  });
});

violates("I11", "was refused by Linux", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  const call = scene.called("ReopenContainerLog", id);
  scene.oracle.refused(call, new KernelError("writeFifo", "ENXIO", "ctl"));
});

violates("I2", "the init of its PID namespace was not executed", async (scene) => {
  await scene.sandbox(true);
  await scene.simulation.idle();
  scene.oracle.atRest(scene.lifecycle);
  scene.simulation.machine.executions.splice(0);
  scene.oracle.atRest(scene.lifecycle);
});

violates("I4", "has begun, and nobody ends it", async (scene) => {
  const container = await scene.created(await scene.sandbox(), "true");
  await scene.inside(() => container.transition(removalBegun));
  scene.oracle.atRest(scene.lifecycle);
});

violates("I14", "nobody asked for it", async (scene) => {
  const container = await scene.running("sleep", "1000");
  await scene.inside(async () => void await container.task?.init.signal(SIGKILL));
});

violates("I14", "no grace period is over", async (scene) => {
  const container = await scene.running("ignore-term");
  scene.called("StopContainer", container.id, 5_000);
  await scene.inside(async () => void await container.task?.init.signal(SIGTERM));
  await scene.simulation.sleep(4_000);
  await scene.inside(async () => void await container.task?.init.signal(SIGKILL));
});

violates("I14", "it never got the stop signal", async (scene) => {
  const container = await scene.running("ignore-term");
  scene.called("StopContainer", container.id, 5_000);
  await scene.simulation.sleep(5_000);
  await scene.inside(async () => void await container.task?.init.signal(SIGKILL));
});

violates("I14", "was to be killed at", async (scene) => {
  const container = await scene.running("ignore-term");
  const call = scene.called("StopContainer", container.id, 1_000);
  await scene.inside(async () => void await container.task?.init.signal(SIGTERM));
  await scene.simulation.sleep(5_000);
  await scene.inside(async () => void await container.task?.init.signal(SIGKILL));
  await scene.simulation.idle();
  scene.oracle.answered(call);
});

allows("SIGKILL when the grace period is over", async (scene) => {
  const container = await scene.running("ignore-term");
  const call = scene.called("StopContainer", container.id, 1_000);
  await scene.inside((runtime) => stopContainer(runtime, container.id, 1_000, new Context()));
  scene.oracle.answered(call);
});

violates("I15", "it is a stranger's", async (scene) => {
  await scene.look();
  await scene.inside(async ({ kernel }) => {
    using child = await kernel.processes.spawn({ program: "sleep", args: ["9"] }, {
      outputBytesMax: 0,
    });
    await scene.restart();
    using handle = await scene.runtime.kernel.processes.open(child.identity);
    await handle.signal(SIGKILL);
  });
});

violates("I15", "its container runs", async (scene) => {
  const container = await scene.running("sleep", "1000");
  const { supervisor } = container.status;
  await scene.inside(async ({ kernel }) => {
    using handle = await kernel.processes.open(supervisor ?? 0);
    await handle.signal(SIGKILL);
  });
});

violates("I15", "its container waits for its start", async (scene) => {
  const container = await scene.created(await scene.sandbox(), "true");
  const { pid } = scene.init(container);
  await scene.inside(async ({ kernel }) => {
    using handle = await kernel.processes.open(pid);
    await handle.signal(SIGKILL);
  });
});

allows("that what an earlier life began for a container that waits is ended", async (scene) => {
  const { id } = await scene.created(await scene.sandbox(), "true");
  const helper = { program: "sleep", args: ["1000", id] };
  const { identity } = await scene.inside(({ kernel }) =>
    kernel.processes.spawn(helper, { outputBytesMax: 0 })
  );
  await scene.restart();
  await scene.inside(async ({ kernel }) => {
    using handle = await kernel.processes.open(identity);
    await handle.signal(SIGKILL);
  });
});

violates("I15", "it works for", async (scene) => {
  const first = await scene.running("sleep", "1000");
  const second = await scene.created(first.sandboxId, "sleep", "1000");
  const { processes } = scene.simulation.machine;
  const conmon = processes.all().find((it) => it.args.includes(second.id));
  processes.signal(scene.init(first), SIGKILL, conmon);
});

violates("I15", "entered", async (scene) => {
  const first = await scene.running("sleep", "1000");
  const second = await scene.created(first.sandboxId, "sleep", "1000");
  const { observer } = scene.simulation.machine;
  observer?.enteredNamespaces?.(scene.init(second), scene.init(first));
});

allows("that who is born after the runtime began is entered", async (scene) => {
  const first = await scene.running("sleep", "1000");
  const second = await scene.created(first.sandboxId, "sleep", "1000");
  const { observer } = scene.simulation.machine;
  observer?.enteredNamespaces?.(scene.init(first), scene.init(second));
});

violates("I16", "and 0 logged", async (scene) => {
  const container = await scene.running("echo", "hello");
  scene.simulation.machine.tree.write("write", container.record.logPath, "", 0o600);
  scene.oracle.atRest(scene.lifecycle);
});

violates("I16", "others than were written", async (scene) => {
  const container = await scene.running("echo", "hello");
  const { tree } = scene.simulation.machine;
  const log = tree.find(container.record.logPath);
  const text = String(new TextDecoder().decode(toBytes(log?.inode.content ?? "")));
  tree.write("write", container.record.logPath, text.replace("hello", "olleh"), 0o600);
  scene.oracle.atRest(scene.lifecycle);
});

violates("I16", 'has the line "hello"', async (scene) => {
  const container = await scene.running("echo", "hello");
  scene.simulation.machine.tree.write("write", container.record.logPath, "hello\n", 0o600);
  scene.oracle.atRest(scene.lifecycle);
});

allows(
  "that the log of a failed start is cut off, whoever says first that it failed",
  async (scene) => {
    const container = await scene.running("sleep", "1000");
    const { machine } = scene.simulation;
    const { pipe } = scene.init(container).files.get(1) ?? {};
    machine.observer?.wrote?.(scene.init(container), pipe ?? {}, toBytes("hello\n"));
    await lateEnd(scene, container, { exitCode: 128, reason: "StartError" });
    scene.oracle.atRest(scene.lifecycle);
  },
  { isFaultless: false },
);

allows("a log in pieces, rotated while it is written", async (scene) => {
  const container = await scene.running("pieces", "40");
  const { logPath } = container.record;
  for (let number = 1; number <= 3; number++) {
    await scene.simulation.sleep(25);
    scene.simulation.machine.tree.rename("rename", logPath, `${logPath}.${number}`);
    await scene.inside((runtime) => reopenContainerLog(runtime, container.id, new Context()));
  }
  await scene.simulation.sleep(10_000);
  assertEquals(container.status.state, "EXITED");
  scene.oracle.atRest(scene.lifecycle);
});

violates("I20", "nobody was killed for memory", async (scene) => {
  const container = await scene.running("sleep", "1000");
  await lateEnd(scene, container, { exitCode: 137, reason: "OOMKilled" });
});

violates("I20", "was killed for memory, and its reason is", async (scene) => {
  const container = await scene.running("sleep", "1000");
  const { machine } = scene.simulation;
  machine.observer?.oomKilled?.(scene.init(container));
  await lateEnd(scene, container, { exitCode: 137 });
});

allows("a program that is killed for memory, and said to be", async (scene) => {
  const container = await scene.running("oom", "5");
  await scene.simulation.sleep(1_000);
  assertEquals(container.status.reason, "OOMKilled");
});

violates("I21", "is executed in it", async (scene) => {
  const container = await scene.running("sleep", "1000");
  const init = scene.init(container);
  await killed(scene, container);
  init.container = { containerId: container.id, role: "exec" };
  scene.simulation.machine.observer?.executed?.(init);
});

violates("I21", "is EXITED, of it run", async (scene) => {
  const container = await scene.running("sleep", "1000");
  scene.init(container).container = { containerId: container.id, role: "exec" };
  await end(scene, container, { exitCode: 128, reason: "StartError" });
}, { isFaultless: false });

violates("register", "start (", async (scene) => {
  const { id } = await scene.created(await scene.sandbox(), "true");
  scene.answered("StartContainer", id);
  scene.oracle.atRest(scene.lifecycle);
});

allows(
  "that a pod's removal goes on when its client has given up, with what came later",
  async (scene) => {
    const sandboxId = await scene.sandbox();
    const call = scene.called("RemovePodSandbox", sandboxId);
    scene.oracle.refused(call, new RuntimeError("CANCELLED", "the client gave up"));
    const { id } = await scene.created(sandboxId, "true");
    await scene.inside((runtime) => removeContainer(runtime, id, new Context()));
    scene.oracle.atRest(scene.lifecycle);
  },
);

violates("I2", "is UNKNOWN: no reason", async (scene) => {
  const container = await scene.running("sleep", "1000");
  await scene.inside(() => container.transition((status) => lost(status, "no reason")));
}, { isQuiet: true });

allows("an image whose containers go on", async (scene) => {
  await scene.running("sleep", "1000");
  await scene.inside((runtime) => runtime.images.remove(SIM_IMAGE));
  await scene.restart();
});

violates("I22", "is mounted, and its layer /var/lib/slipway/layers/1111", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  await scene.inside((runtime) => runtime.images.remove(SIM_IMAGE));
  await scene.inside((runtime) => runtime.images.release(id));
});

violates("I22", "is mounted, and its layer /var/lib/slipway/layers/1111", async (scene) => {
  await scene.running("sleep", "1000");
  const { root } = scene.runtime.config;
  await scene.restart(() => {
    const { tree } = scene.simulation.machine;
    tree.rename("script", `${root}/layers`, `${root}/elsewhere`);
  });
});

const WITH_A_PLUGIN = { plugins: ["plugin 1"] } as const;

/** A hook that is called, whatever the truth. */
function told(
  { oracle, lifecycle }: Scene,
  hook: HookName,
  id: string,
  { isAgreed = true, context = new Context() } = {},
): HookCall {
  const sandboxId = lifecycle.containers.get(id)?.sandboxId ?? id;
  const call = { plugin: "plugin 1", hook, id, sandboxId, context };
  oracle.hookCalled(call);
  if (isAgreed) oracle.hookEnded(call, true);
  return call;
}

allows("a life with a plugin", async (scene) => {
  const container = await scene.running("sleep", "1000");
  await scene.restart();
  const { id, sandboxId } = container;
  const stop = scene.called("StopContainer", id);
  await scene.inside((runtime) => stopContainer(runtime, id, 0, stop.context));
  scene.oracle.answered(stop);
  const removal = scene.called("RemovePodSandbox", sandboxId);
  await scene.inside((runtime) => removePodSandbox(runtime, sandboxId, removal.context));
  scene.oracle.answered(removal);
  scene.oracle.atRest(scene.lifecycle);
}, WITH_A_PLUGIN);

allows("a plugin that nobody waits for any more", async (scene) => {
  const { id } = await scene.running("true");
  const context = new Context();
  told(scene, "removeContainer", id, { isAgreed: false, context });
  context.cancel();
  told(scene, "removeContainer", id);
}, WITH_A_PLUGIN);

violates("I23", "goes on without plugin 1's consent to runPodSandbox", async (scene) => {
  scene.oracle.hookCalled = () => {};
  await scene.sandbox();
}, WITH_A_PLUGIN);

violates("I23", "goes on without plugin 1's consent to createContainer", async (scene) => {
  const sandboxId = await scene.sandbox();
  scene.oracle.hookEnded = () => {};
  await scene.created(sandboxId, "true");
}, WITH_A_PLUGIN);

violates("I23", "goes on without plugin 1's consent to startContainer", async (scene) => {
  const { id } = await scene.created(await scene.sandbox(), "true");
  scene.oracle.hookEnded = () => {};
  await scene.inside((runtime) => startContainer(runtime, id, new Context()));
}, WITH_A_PLUGIN);

violates("I23", "is told startContainer of", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  told(scene, "startContainer", id);
}, WITH_A_PLUGIN);

violates("I23", "which is there already", async (scene) => {
  const { id } = await scene.created(await scene.sandbox(), "true");
  told(scene, "createContainer", id);
}, WITH_A_PLUGIN);

violates("I23", "which is not there", async (scene) => {
  told(scene, "postCreateContainer", await scene.sandbox());
}, WITH_A_PLUGIN);

violates("I23", "which is CREATED", async (scene) => {
  const { id } = await scene.created(await scene.sandbox(), "true");
  told(scene, "postStartContainer", id);
}, WITH_A_PLUGIN);

violates("I23", "which is RUNNING", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  told(scene, "stopContainer", id);
}, WITH_A_PLUGIN);

violates("I23", "of it run", async (scene) => {
  const { id } = await scene.running("sleep", "1000");
  told(scene, "removeContainer", id);
}, WITH_A_PLUGIN);

violates("I23", "twice", async (scene) => {
  const { id } = await scene.running("true");
  told(scene, "stopContainer", id);
}, WITH_A_PLUGIN);

violates("I23", "after removeContainer", async (scene) => {
  const { id } = await scene.created(await scene.sandbox(), "true");
  told(scene, "removeContainer", id);
  told(scene, "postCreateContainer", id);
}, WITH_A_PLUGIN);

violates("I23", "while it is told removeContainer", async (scene) => {
  const { id } = await scene.running("true");
  told(scene, "removeContainer", id, { isAgreed: false });
  told(scene, "removeContainer", id);
}, WITH_A_PLUGIN);

violates("I23", "is gone", async (scene) => {
  const { sandboxId } = await scene.running("sleep", "1000");
  told(scene, "stopPodSandbox", sandboxId);
}, WITH_A_PLUGIN);

violates("I23", "whose pod has ended", async (scene) => {
  const { id, sandboxId } = await scene.created(await scene.sandbox(), "true");
  told(scene, "stopPodSandbox", sandboxId);
  told(scene, "startContainer", id);
}, WITH_A_PLUGIN);

violates("I23", "was not told removeContainer", async (scene) => {
  const { id } = await scene.running("true");
  scene.oracle.hookCalled = () => {};
  await scene.inside((runtime) => removeContainer(runtime, id, new Context()));
}, WITH_A_PLUGIN);

violates("I23", "was not told stopContainer", async (scene) => {
  const container = await scene.running("sleep", "1000");
  scene.oracle.hookCalled = () => {};
  await killed(scene, container);
  scene.oracle.atRest(scene.lifecycle);
}, WITH_A_PLUGIN);

violates("I23", "was not told removePodSandbox", async (scene) => {
  const sandboxId = await scene.sandbox();
  scene.oracle.hookCalled = () => {};
  await scene.inside((runtime) => removePodSandbox(runtime, sandboxId, new Context()));
  scene.oracle.atRest(scene.lifecycle);
}, WITH_A_PLUGIN);

violates("I23", "was never told removePodSandbox", async (scene) => {
  told(scene, "runPodSandbox", "1".repeat(64));
  scene.oracle.atRest(scene.lifecycle);
  await scene.look();
}, WITH_A_PLUGIN);
