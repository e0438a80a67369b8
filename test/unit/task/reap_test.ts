import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";

import { DEFAULT_BOUNDS, DEFAULT_CONFIG } from "../../../src/config.ts";
import { RuntimeError } from "../../../src/errors.ts";
import type { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import {
  type ExitStatus,
  type ProcessEntry,
  type ProcessIdentity,
  SIGKILL,
} from "../../../src/kernel/processes.ts";
import { Reaper, type ReapOptions } from "../../../src/task/reap.ts";
import {
  CountingContext,
  endedChild,
  FakeClock,
  fakeKernel,
  FakeProcess,
  isPending,
  noEntry,
  partial,
} from "../fakes.ts";

const config = {
  ...DEFAULT_CONFIG,
  state: "/run/test",
  bounds: { ...DEFAULT_BOUNDS, killMs: 1_000, programMs: 5_000 },
};
const root = "/run/test/runtime";
const cgroup = "/slipway/pod/c1";
const deleted = `runc --root ${root} delete --force c1`;
const cause = new RuntimeError("CANCELLED", "the client left");

/** A process of the machine, with the command line that the process table shows. */
class MachineProcess extends FakeProcess {
  readonly args: readonly string[];
  parentPid = 1;

  constructor(pid: number, ...args: readonly string[]) {
    super(pid);
    this.args = args;
  }
}

/** A machine with the remains of task c1; SIGKILL kills unless the test says otherwise. */
class Scene {
  readonly clock = new FakeClock();
  readonly context = new CountingContext();
  readonly journal: string[] = [];
  readonly processes: MachineProcess[] = [];
  /** The processes of the cgroup after 0, 1, 2… kills; the last stays. */
  cgroupAfterKills: readonly (readonly number[])[] = [[]];
  hasRuntimeState = false;
  /** What state.json says; undefined when it is not there. */
  runtimeState: object | undefined;
  deleteStatus: ExitStatus = { kind: "exited", code: 0 };
  /** What one verb is refused with. */
  refusal: { readonly verb: string; readonly error: KernelError } | undefined;
  isKillDeadly = true;
  #killCount = 0;

  readonly kernel = fakeKernel({
    clock: this.clock,
    processes: {
      list: () => {
        const alive = this.processes.filter((it) => !it.hasExited);
        return this.#step("list", alive.map((it) => this.#entryOf(it)));
      },
      open: (which) => {
        const process = this.processes.find((it) => it.identity.pid === pidOf(which));
        const isSame = process !== undefined &&
          (which as ProcessIdentity).startTime === process.identity.startTime;
        if (!isSame) return Promise.reject(new KernelError("open", "ESRCH", `pid ${pidOf(which)}`));
        process.signal = (signal) => {
          const done = this.#step(`signal ${signal} to ${pidOf(which)}`, undefined);
          if (this.isKillDeadly) process.exit();
          return done;
        };
        return Promise.resolve(process);
      },
      spawn: (command) =>
        this.#step([command.program, ...command.args].join(" "), endedChild(this.deleteStatus)),
    },
    cgroups: {
      processes: (path) => {
        assertEquals(path, cgroup);
        const index = Math.min(this.#killCount, this.cgroupAfterKills.length - 1);
        return Promise.resolve(this.cgroupAfterKills[index] ?? []);
      },
      kill: (path) => {
        this.#killCount++;
        return this.#step(`kill ${path}`, undefined);
      },
      remove: (path) => this.#step(`remove ${path}`, undefined),
    },
    files: {
      stat: (path) => {
        assertEquals(path, `${root}/c1`);
        return Promise.resolve(this.hasRuntimeState ? partial("stat", {}) : undefined);
      },
      readFile: (path, bytesMax) => {
        assertEquals(path, `${root}/c1/state.json`);
        if (this.runtimeState === undefined) return Promise.reject(noEntry(path));
        const content = new TextEncoder().encode(JSON.stringify(this.runtimeState));
        return content.length <= bytesMax
          ? Promise.resolve(content)
          : Promise.reject(new KernelError("readFile", "EFBIG", path));
      },
      remove: (path) => this.#step(`remove ${path}`, undefined),
    },
  });

  readonly #reaper = new Reaper(this.kernel, config);

  reap(options: Partial<ReapOptions> = {}, context: Context = this.context): Promise<void> {
    const task = { id: "c1", runtime: { program: "runc", root }, cgroup };
    const whole = { mayHaveHelpers: false, known: [], ...options };
    return this.#reaper.reap(task, whole, context);
  }

  add(pid: number, ...args: readonly string[]): MachineProcess {
    const process = new MachineProcess(pid, ...args);
    this.processes.push(process);
    return process;
  }

  assertTidy(): void {
    assertEquals([this.clock.timerCount, this.context.listenerCount], [0, 0]);
  }

  #step<T>(what: string, result: T): Promise<T> {
    this.journal.push(what);
    if (this.refusal?.verb === what) return Promise.reject(this.refusal.error);
    return Promise.resolve(result);
  }

  #entryOf(process: MachineProcess): ProcessEntry {
    return {
      ...process.identity,
      parentPid: process.parentPid,
      args: process.args,
    };
  }
}

function pidOf(process: number | ProcessIdentity): number {
  return typeof process === "number" ? process : process.pid;
}

Deno.test("Reaper.reap() removes the cgroup, and does nothing else, when nothing else is left", async () => {
  const scene = new Scene();
  await scene.reap({ known: [undefined] });
  assertEquals(scene.journal, [`remove ${cgroup}`]);
  scene.assertTidy();
});

Deno.test("Reaper.reap() takes helpers, processes, runtime's state and cgroup in this order", async () => {
  const scene = new Scene();
  scene.add(9, "conmon", "--cid", "c1", "--runtime-arg", root);
  const init = scene.add(10, "sleep", "inf");
  scene.cgroupAfterKills = [[11, 12], []];
  scene.hasRuntimeState = true;
  await scene.reap({ mayHaveHelpers: true, known: [init.identity] });
  assertEquals(scene.journal, [
    "list",
    "signal 9 to 9",
    "list",
    "signal 9 to 10",
    `kill ${cgroup}`,
    deleted,
    `remove ${cgroup}`,
  ]);
  assert(scene.processes.every((it) => it.isDisposed));
  scene.assertTidy();
});

Deno.test("Reaper.reap() kills helpers that name both the id and our root, and nobody else", async () => {
  const scene = new Scene();
  scene.add(6, "runc", "--root", root, "delete", "c1");
  scene.add(2, "runc", "--root", "/run/runc", "delete", "c1");
  scene.add(3, "runc", "--root", root, "delete", "c10");
  scene.add(4, "sh", "-c", `runc --root ${root} delete c1`);
  scene.add(5);
  await scene.reap({ mayHaveHelpers: true });
  assertEquals(scene.journal, ["list", "signal 9 to 6", "list", `remove ${cgroup}`]);
});

Deno.test("Reaper.reap() kills what a helper has started, the youngest helper first", async () => {
  const scene = new Scene();
  scene.add(7, "conmon", "--cid", "c1", "--runtime-arg", root);
  scene.add(8, "runc", "--root", root, "create", "c1").parentPid = 7;
  scene.add(9, "runc", "init").parentPid = 8;
  scene.add(10, "sleep").parentPid = 9;
  scene.add(11, "sshd");
  await scene.reap({ mayHaveHelpers: true });
  assertEquals(scene.journal, [
    ...["list", "signal 9 to 8", "signal 9 to 9", "signal 9 to 10"],
    ...["list", "signal 9 to 7", "list", `remove ${cgroup}`],
  ]);
});

Deno.test("Reaper.reap() kills a command before its conmon, whose end is the command's for others", async () => {
  const scene = new Scene();
  scene.add(7, "conmon", "--cid", "c1", "--exec", "--runtime-arg", root);
  scene.add(8, "sleep").parentPid = 7;
  scene.add(9, "conmon", "--cid", "c1", "--exec", "--runtime-arg", root);
  scene.add(10, "runc", "--root", root, "exec", "--detach", "c1").parentPid = 9;
  scene.add(11, "runc", "init").parentPid = 10;
  await scene.reap({ mayHaveHelpers: true });
  assertEquals(scene.journal, [
    ...["list", "signal 9 to 11", "signal 9 to 10", "list", "signal 9 to 9"],
    ...["list", "signal 9 to 8", "signal 9 to 7", "list", `remove ${cgroup}`],
  ]);
});

Deno.test("Reaper.reap() goes on when a helper is dead, but not before", async () => {
  const scene = new Scene();
  scene.isKillDeadly = false;
  const conmon = scene.add(9, "conmon", "c1", root);
  const reaped = scene.reap({ mayHaveHelpers: true });
  assert(await isPending(reaped));
  assertEquals(scene.journal, ["list", "signal 9 to 9"]);
  conmon.exit();
  await reaped;
  assertEquals(scene.journal.at(-1), `remove ${cgroup}`);
});

Deno.test("Reaper.reap() leaves another process alone that got a known pid", async () => {
  const scene = new Scene();
  scene.add(10, "sshd");
  await scene.reap({ known: [{ pid: 10, startTime: 1 }] });
  assertEquals(scene.journal, [`remove ${cgroup}`]);
});

Deno.test("Reaper.reap() takes a process that died before the signal for dead", async () => {
  const scene = new Scene();
  const init = scene.add(10, "sleep");
  const error = new KernelError("signal", "ESRCH", "pid 10");
  scene.refusal = { verb: "signal 9 to 10", error };
  await scene.reap({ known: [init.identity] });
  assertEquals(scene.journal, ["signal 9 to 10", `remove ${cgroup}`]);
});

Deno.test("Reaper.reap() kills a cgroup until it is empty", async () => {
  const scene = new Scene();
  scene.cgroupAfterKills = [[11], [12], [13], []];
  const reaped = scene.reap();
  await scene.clock.advance(4);
  assertEquals(scene.journal, [`kill ${cgroup}`]);
  await scene.clock.advance(1);
  assertEquals(scene.journal, [`kill ${cgroup}`, `kill ${cgroup}`]);
  await scene.clock.advance(5);
  await reaped;
  assertEquals(scene.journal.slice(2), [`kill ${cgroup}`, `remove ${cgroup}`]);
  scene.assertTidy();
});

Deno.test("Reaper.reap() gives up on a cgroup that stays full, and removes nothing", async () => {
  const scene = new Scene();
  scene.cgroupAfterKills = [[11]];
  scene.hasRuntimeState = true;
  const reaped = scene.reap();
  await scene.clock.advance(995);
  assert(await isPending(reaped));
  await scene.clock.advance(5);
  const error = await assertRejects(() => reaped, RuntimeError);
  assertEquals([error.code, error.message], [
    "DEADLINE_EXCEEDED",
    `empty cgroup "${cgroup}": not done within 1000 ms`,
  ]);
  assertEquals(new Set(scene.journal), new Set([`kill ${cgroup}`]));
  scene.assertTidy();
});

Deno.test("Reaper.reap() throws the cause when its context ends, and removes nothing", async () => {
  const scene = new Scene();
  scene.isKillDeadly = false;
  scene.hasRuntimeState = true;
  const init = scene.add(10, "sleep");
  const reaped = scene.reap({ known: [init.identity] });
  assert(await isPending(reaped));
  scene.context.cancel(cause);
  assertStrictEquals(await assertRejects(() => reaped), cause);
  assertEquals(scene.journal, ["signal 9 to 10"]);
  assert(init.isDisposed);
  scene.assertTidy();
});

Deno.test("Reaper.reap() awaits whom it has killed before, when nothing tells any more whose it is", async () => {
  const scene = new Scene();
  scene.isKillDeadly = false;
  const conmon = scene.add(7, "conmon", "c1", root);
  const init = scene.add(9, "runc", "init");
  init.parentPid = 7;
  const first = scene.reap({ mayHaveHelpers: true });
  assert(await isPending(first));
  scene.context.cancel(cause);
  assertStrictEquals(await assertRejects(() => first), cause);
  conmon.exit();
  init.parentPid = 1;
  const second = scene.reap({}, new CountingContext());
  assert(await isPending(second));
  assertEquals(scene.journal, ["list", ...["7", "7", "9"].map((pid) => `signal 9 to ${pid}`)]);
  init.exit();
  await second;
  assertEquals(scene.journal.at(-1), `remove ${cgroup}`);
  scene.assertTidy();
});

const ORDINARY = {
  init_process_pid: 10,
  init_process_start: 1010,
  cgroup_paths: { pids: `/sys/fs/cgroup/pids${cgroup}` },
  intel_rdt_path: "",
  config: { Hooks: { poststop: null } },
};

Deno.test("Reaper.reap() removes the folder of an ordinary container itself", async () => {
  const scene = new Scene();
  scene.hasRuntimeState = true;
  scene.runtimeState = ORDINARY;
  await scene.reap();
  assertEquals(scene.journal, [`remove ${root}/c1`, `remove ${cgroup}`]);
  scene.assertTidy();
});

Deno.test("Reaper.reap() kills an init that has left its cgroup", async () => {
  const scene = new Scene();
  const init = scene.add(10, "systemd");
  scene.hasRuntimeState = true;
  const { pid, startTime } = init.identity;
  scene.runtimeState = { ...ORDINARY, init_process_pid: pid, init_process_start: startTime };
  await scene.reap();
  assertEquals(scene.journal, ["signal 9 to 10", `remove ${root}/c1`, `remove ${cgroup}`]);
  assert(init.isDisposed);
  scene.assertTidy();
});

Deno.test("Reaper.reap() leaves to the runtime what is more than files", async () => {
  const scene = new Scene();
  scene.hasRuntimeState = true;
  scene.runtimeState = { ...ORDINARY, intel_rdt_path: "/sys/fs/resctrl/c1" };
  await scene.reap();
  assertEquals(scene.journal, [deleted, `remove ${cgroup}`]);
  scene.assertTidy();
});

Deno.test("Reaper.reap() reads the record of a container with thousands of mounts", async () => {
  const scene = new Scene();
  scene.hasRuntimeState = true;
  scene.runtimeState = { ...ORDINARY, mounts: Array(10_000).fill({ source: "x".repeat(300) }) };
  await scene.reap();
  assertEquals(scene.journal, [`remove ${root}/c1`, `remove ${cgroup}`]);
  scene.assertTidy();
});

Deno.test("Reaper.reap() leaves to the runtime a record that is too large to read", async () => {
  const scene = new Scene();
  scene.hasRuntimeState = true;
  scene.runtimeState = { ...ORDINARY, mounts: "x".repeat(20 * 1024 * 1024) };
  await scene.reap();
  assertEquals(scene.journal, [deleted, `remove ${cgroup}`]);
  scene.assertTidy();
});

Deno.test("Reaper.reap() looks again when another reaper has killed its deletion, and not for ever", async () => {
  const scene = new Scene();
  scene.hasRuntimeState = true;
  scene.deleteStatus = { kind: "signaled", signal: SIGKILL };
  const error = await assertRejects(() => scene.reap(), KernelError);
  assertEquals(error.errno, "EIO");
  assertEquals(scene.journal, [deleted, deleted, deleted]);
  scene.assertTidy();
});

Deno.test("Reaper.reap() leaves the cgroup when the runtime cannot delete its state", async () => {
  const scene = new Scene();
  scene.hasRuntimeState = true;
  scene.deleteStatus = { kind: "exited", code: 1 };
  const error = await assertRejects(() => scene.reap(), KernelError);
  assertEquals(error.errno, "EIO");
  assertEquals(scene.journal, [deleted]);
  scene.assertTidy();
});

Deno.test("Reaper.reap() stops at the first step that Linux refuses", async () => {
  for (const verb of ["list", "signal 9 to 9", `kill ${cgroup}`, deleted, `remove ${cgroup}`]) {
    const scene = new Scene();
    scene.add(9, "conmon", "c1", root);
    scene.cgroupAfterKills = [[11], []];
    scene.hasRuntimeState = true;
    const error = new KernelError("verb", "EPERM", verb);
    scene.refusal = { verb, error };
    const reaping = () => scene.reap({ mayHaveHelpers: true });
    assertStrictEquals(await assertRejects(reaping), error);
    assertEquals(scene.journal.at(-1), verb);
    scene.assertTidy();
  }
});
