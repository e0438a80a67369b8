import { assert, assertEquals, assertMatch } from "@std/assert";
import { SIGKILL, SIGTERM } from "../../../src/kernel/processes.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import { difference, type Simulation } from "../../../sim/mod.ts";
import {
  background,
  createTask,
  finishTask,
  forSeeds,
  makeBundle,
  onMachine,
  runc,
  RUNC_ROOT,
  startTask,
  text,
  update,
} from "./fixture.ts";

async function status(kernel: Kernel, id: string): Promise<string> {
  const result = await runc(kernel, "state", id);
  return result.stdout === "" ? result.stderr : JSON.parse(result.stdout).status;
}

Deno.test("runc takes a container from created over running to stopped and gone", () => {
  onMachine(async (kernel) => {
    const { conmon, reply } = await createTask(kernel, "a", { args: ["sleep", "1000"] });
    assertEquals(await status(kernel, "a"), "created");
    assertEquals((await runc(kernel, "start", "a")).status, { kind: "exited", code: 0 });
    assertEquals(await status(kernel, "a"), "running");
    assertMatch((await runc(kernel, "start", "a")).stderr, /cannot start an already running/);
    assertMatch((await runc(kernel, "delete", "a")).stderr, /is not stopped: running/);
    using init = await kernel.processes.open(reply.data);
    await init.signal(SIGKILL);
    await conmon.exited(background);
    assertEquals(await status(kernel, "a"), "stopped");
    assertMatch(
      (await runc(kernel, "start", "a")).stderr,
      /cannot start a container that has stopped/,
    );
    assertMatch((await runc(kernel, "kill", "a", "KILL")).stderr, /container not running/);
    assertEquals((await runc(kernel, "delete", "a")).stderr, "");
    assertMatch(await status(kernel, "a"), /container does not exist/);
    assertEquals(await kernel.cgroups.processes("/test/a"), []);
  });
});

Deno.test("runc features tells the mount options of runc 1.1, recursive ones among them", () => {
  onMachine(async (kernel) => {
    const { mountOptions } = JSON.parse((await runc(kernel, "features")).stdout);
    assertEquals(mountOptions.length, 62);
    assertEquals(mountOptions.filter((it: string) => /^r?r[ow]$/.test(it)), [
      "ro",
      "rro",
      "rrw",
      "rw",
    ]);
  });
});

Deno.test("runc create fails on a missing program, and leaves nothing", () => {
  onMachine(async (kernel) => {
    const bundle = await makeBundle(kernel, "a", { args: ["nosuch"] });
    const result = await runc(kernel, "create", "--bundle", bundle, "a");
    assertEquals(result.status, { kind: "exited", code: 1 });
    assertMatch(result.stderr, /exec: \\"nosuch\\": executable file not found in \$PATH/);
    assertEquals(await kernel.files.list(RUNC_ROOT), []);
    assertEquals((await kernel.processes.list()).length, 2);
  });
});

Deno.test("runc makes the working directory that is missing, and starts the program there", () => {
  onMachine(async (kernel) => {
    const args = ["sh", "-c", "echo done > here"];
    const { conmon } = await startTask(kernel, "a", { args, cwd: "/new/folder" });
    assertEquals((await finishTask(kernel, "a", conmon)).code, "0");
    const path = "/run/test/a/rootfs/new/folder/here";
    assertEquals(text(await kernel.files.readFile(path, 10)), "done\n");
  });
});

Deno.test("runc create fails on a working directory below a file, and leaves nothing", () => {
  onMachine(async (kernel) => {
    await kernel.files.mkdir("/run/test/a/rootfs");
    await kernel.files.writeFile("/run/test/a/rootfs/file", "");
    const { reply } = await createTask(kernel, "a", { args: ["true"], cwd: "/file/below" });
    assertEquals(reply.data, -1);
    assertMatch(reply.message ?? "", /error during container init: mkdir \/file: not a directory/);
    assertEquals(await kernel.files.list(RUNC_ROOT), []);
  });
});

Deno.test("runc create refuses a taken id, a missing bundle and a broken one", () => {
  onMachine(async (kernel) => {
    const bundle = await makeBundle(kernel, "a", { args: ["sleep", "1"] });
    assertEquals((await runc(kernel, "create", "--bundle", bundle, "a")).stderr, "");
    const again = await runc(kernel, "create", "--bundle", bundle, "a");
    assertMatch(again.stderr, /container with given ID already exists/);
    const nowhere = await runc(kernel, "create", "--bundle", "/nowhere", "b");
    assertMatch(nowhere.stderr, /chdir \/nowhere: no such file or directory/);
    await kernel.files.writeFile(`${bundle}/config.json`, "{");
    assertMatch((await runc(kernel, "create", "--bundle", bundle, "c")).stderr, /unexpected EOF/);
    await runc(kernel, "delete", "--force", "a");
  });
});

Deno.test("runc create fails on a namespace pin that is gone", () => {
  onMachine(async (kernel) => {
    const join = { network: "/run/test/net" };
    const { reply } = await createTask(kernel, "a", { args: ["true"], join });
    assertEquals(reply.data, -1);
    assertMatch(reply.message ?? "", /unable to start container process: setns .*\/run\/test\/net/);
  });
});

Deno.test("runc delete of a created container kills its init, with --force also what has no state", () => {
  onMachine(async (kernel) => {
    const { conmon } = await createTask(kernel, "a", { args: ["sleep", "1"] });
    assertEquals((await runc(kernel, "delete", "a")).stderr, "");
    await conmon.exited(background);
    await kernel.files.mkdir(`${RUNC_ROOT}/b`);
    assertEquals((await runc(kernel, "delete", "--force", "b")).status, {
      kind: "exited",
      code: 0,
    });
    assertEquals((await runc(kernel, "delete", "b")).status, { kind: "exited", code: 1 });
    assertEquals(await kernel.files.list(RUNC_ROOT), []);
  });
});

Deno.test("runc start fails when the init has died, and does not hang", () => {
  forSeeds(30, (seed) => {
    onMachine(async (kernel) => {
      const { reply } = await createTask(kernel, "a", { args: ["sleep", "1"] });
      using init = await kernel.processes.open(reply.data);
      const start = runc(kernel, "start", "a");
      await init.signal(SIGKILL);
      const { status, stderr } = await start;
      if (status.kind === "exited" && status.code === 0) return;
      // It reads no byte when the init dies while it is writing (runc, container_linux.go).
      assertMatch(stderr, /is already dead|that has stopped|an already running container/);
    }, { seed });
  });
});

Deno.test("runc exec runs beside the init, and ends with its code", () => {
  onMachine(async (kernel) => {
    const { init, conmon } = await startTask(kernel, "a", { args: ["sleep", "1000"] });
    const result = await runc(kernel, "exec", "a", "sh", "-c", "echo hi; exit 5");
    assertEquals([result.status, result.stdout], [{ kind: "exited", code: 5 }, "hi\n"]);
    const missing = await runc(kernel, "exec", "a", "nosuch");
    assertEquals(missing.status, { kind: "exited", code: 255 });
    assertMatch(missing.stderr, /exec failed: unable to start container process: exec:/);
    await init.signal(SIGKILL);
    await conmon.exited(background);
    assertMatch((await runc(kernel, "exec", "a", "true")).stderr, /cannot exec in a stopped/);
  });
});

Deno.test("runc exec copies output until nobody holds it any more", () => {
  onMachine(async (kernel) => {
    await startTask(kernel, "a", { args: ["sleep", "1000"] });
    const before = kernel.clock.monotonicMs();
    const result = await runc(kernel, "exec", "a", "fork-holder", "60000", "5");
    assertEquals([result.status, result.stdout], [{ kind: "exited", code: 5 }, "late\n"]);
    assert(kernel.clock.monotonicMs() - before >= 60_000);
  });
});

Deno.test("an init in its own PID namespace does not hear SIGTERM, and takes all with it", () => {
  onMachine(async (kernel, simulation) => {
    const { init, conmon } = await startTask(kernel, "a", { args: ["sleep", "1000"] });
    const held = runc(kernel, "exec", "a", "sleep", "1000");
    await simulation.idle();
    await init.signal(SIGTERM);
    assertEquals(await status(kernel, "a"), "running");
    await init.signal(SIGKILL);
    assertEquals((await held).status, { kind: "exited", code: 137 });
    assertEquals((await finishTask(kernel, "a", conmon)).code, "137");
    assertEquals(await kernel.cgroups.processes("/test/a"), []);
  });
});

Deno.test("a process outlives the init of a container without a PID namespace, until runc delete", () => {
  onMachine(async (kernel) => {
    const options = { args: ["stay-in-cgroup"], hasHostPid: true };
    const { conmon } = await startTask(kernel, "a", options);
    assertEquals((await finishTask(kernel, "a", conmon)).code, "0");
    assertEquals((await kernel.cgroups.processes("/test/a")).length, 1);
    assertEquals((await runc(kernel, "delete", "a")).stderr, "");
    assertEquals(await kernel.cgroups.processes("/test/a"), []);
  });
});

Deno.test("runc that is killed half-way leaves what --force can take away", () => {
  const faults = {
    programs: [{ program: /runc.* create/, kind: "kill", probability: 0.05 }],
  } as const;
  let killed = 0;
  forSeeds(100, (seed) => {
    onMachine(async (kernel, simulation) => {
      const bundle = await makeBundle(kernel, "a", { args: ["sleep", "1000"] });
      const before = simulation.snapshot({ roots: ["/run"] });
      const result = await runc(kernel, "create", "--bundle", bundle, "a");
      if (result.status.kind === "signaled") killed++;
      simulation.faults.isOn = false;
      // An init that runc had not put into its group yet ends by itself.
      await kernel.cgroups.kill("/test/a");
      while ((await kernel.cgroups.processes("/test/a")).length > 0);
      await runc(kernel, "delete", "--force", "a");
      await kernel.cgroups.remove("/test/a");
      const left = difference(before, simulation.snapshot({ roots: ["/run"] }));
      assertEquals(left.filter((line) => !/ \/run\/test\/runc$|cgroup \/test$/.test(line)), []);
    }, { seed, faults });
  });
  assert(killed > 20, `runc was killed ${killed} times`);
});

function limitsOf({ machine }: Simulation, id: string): Record<string, string> {
  return Object.fromEntries(machine.cgroups.find(`/test/${id}`)?.limits() ?? []);
}

Deno.test("runc create sets limits, and runc update changes those of a created and a running one", () => {
  onMachine(async (kernel, simulation) => {
    const limits = { cpu: { shares: 2_048, quota: 50_000 }, memory: { limit: 64 << 20 } };
    await createTask(kernel, "a", { args: ["sleep", "1000"], limits });
    const created = { "cpu.max": "50000 100000", "cpu.weight": "79", "memory.max": "67108864" };
    assertEquals(limitsOf(simulation, "a"), created);
    assertEquals((await update(kernel, "a", { memory: { limit: -1 } })).stderr, "");
    const { "memory.max": _, ...rest } = created;
    assertEquals(limitsOf(simulation, "a"), rest);
    assertEquals((await runc(kernel, "start", "a")).stderr, "");
    assertEquals((await update(kernel, "a", { cpu: { period: 20_000, quota: -1 } })).stderr, "");
    assertEquals(limitsOf(simulation, "a"), { ...rest, "cpu.max": "max 20000" });
    assertEquals(await kernel.files.list(`${RUNC_ROOT}/a`), ["state.json"]);
  });
});

Deno.test("runc update that Linux refuses writes the old limits, not what was unlimited", () => {
  onMachine(async (kernel, simulation) => {
    const limits = { cpu: { shares: 2_048 } };
    await startTask(kernel, "a", { args: ["sleep", "1000"], limits });
    const asked = { cpu: { shares: 512, quota: 10 }, memory: { limit: 1 << 20 } };
    const { status, stderr } = await update(kernel, "a", asked);
    assertEquals(status, { kind: "exited", code: 1 });
    assertMatch(stderr, /failed to write \\"10 100000\\": write \S+\/cpu\.max: invalid argument/);
    assertEquals(limitsOf(simulation, "a"), { "cpu.weight": "79", "memory.max": "1048576" });
  });
});

Deno.test("runc update refuses a container that has ended, and one that is not there", () => {
  onMachine(async (kernel) => {
    const { conmon, init } = await startTask(kernel, "a", { args: ["sleep", "1000"] });
    await init.signal(SIGKILL);
    await conmon.exited(background);
    assertMatch((await update(kernel, "a", {})).stderr, /container not running/);
    assertMatch((await update(kernel, "b", {})).stderr, /container does not exist/);
  });
});

Deno.test("runc create fails on limits that Linux refuses, and leaves nothing", () => {
  onMachine(async (kernel, simulation) => {
    const options = { args: ["true"], limits: { cpu: { quota: 10 } } };
    const bundle = await makeBundle(kernel, "a", options);
    const result = await runc(kernel, "create", "--bundle", bundle, "a");
    assertMatch(result.stderr, /error setting cgroup config for procHooks process/);
    assertEquals(simulation.machine.cgroups.find("/test/a"), undefined);
  });
});

Deno.test("the user's program is executed once, as the oracle counts it", () => {
  const { simulation } = onMachine(async (kernel) => {
    const { conmon } = await startTask(kernel, "a", { args: ["sh", "-c", "echo x; exit 3"] });
    assertEquals(await finishTask(kernel, "a", conmon), { code: "3", log: ["stdout F x"] });
    const state = text(await kernel.files.readFile(`${RUNC_ROOT}/a/state.json`, 100_000));
    assertEquals(JSON.parse(state).id, "a");
  });
  assertEquals(simulation.machine.startCount("a"), 1);
});
