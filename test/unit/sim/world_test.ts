import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { KernelError } from "../../../src/kernel/errno.ts";
import { SIGKILL, SIGTERM } from "../../../src/kernel/processes.ts";
import { allocations, type Program, Simulation, snapshot } from "../../../sim/mod.ts";
import { background, forSeeds, onMachine, runProgram, text } from "./fixture.ts";

Deno.test("pids recycle in a small space, and identities do not", () => {
  onMachine(async (kernel) => {
    const pids = new Set<number>();
    const identities = new Set<string>();
    for (let i = 0; i < 40; i++) {
      using child = await kernel.processes.spawn(
        { program: "true", args: [] },
        { outputBytesMax: 0 },
      );
      await child.exited(background);
      pids.add(child.identity.pid);
      identities.add(`${child.identity.pid} ${child.identity.startTime}`);
    }
    assert(pids.size < 10);
    assertEquals(identities.size, 40);
  }, { pidMax: 10 });
});

Deno.test("spawn() fails with EAGAIN when no pid is left", () => {
  onMachine(async ({ processes }) => {
    const command = { program: "sleep", args: ["1000"] };
    const errors: string[] = [];
    for (let i = 0; i < 10; i++) {
      await processes.spawn(command, { outputBytesMax: 0 }).catch((error) =>
        errors.push(error.errno)
      );
    }
    assertEquals(errors, ["EAGAIN", "EAGAIN", "EAGAIN"]);
  }, { pidMax: 10 });
});

Deno.test("an orphan goes to the nearest subreaper, else to init, which reaps it", () => {
  const family: Program = async (sys) => {
    if (sys.args[1] === "reap") sys.setSubreaper();
    await sys.fork("parent", async (parent) => {
      await parent.fork("orphan", async (orphan) => {
        await orphan.sleep(1_000);
        return 3;
      });
      return 0;
    });
    const codes: number[] = [];
    while (sys.hasChildren) codes.push((await sys.wait()).status.kind === "exited" ? 1 : 0);
    await sys.write(1, String(codes.length));
    return 0;
  };
  onMachine(async (kernel, simulation) => {
    assertEquals((await runProgram(kernel, "family", "reap")).stdout, "2");
    assertEquals((await runProgram(kernel, "family", "leave")).stdout, "1");
    await simulation.sleep(2_000);
    assertEquals((await kernel.processes.list()).length, 2);
  }, { programs: { family } });
});

Deno.test("PDEATHSIG kills a child with its parent", () => {
  const guard: Program = async (sys) => {
    await sys.spawn("sleep", ["1000"], { parentDeathSignal: SIGKILL });
    await sys.sleep(1_000_000);
    return 0;
  };
  onMachine(async ({ processes }, simulation) => {
    using child = await processes.spawn({ program: "guard", args: [] }, { outputBytesMax: 0 });
    await simulation.idle();
    await child.signal(SIGTERM);
    await child.exited(background);
    await simulation.idle();
    assertEquals((await processes.list()).length, 2);
  }, { programs: { guard } });
});

Deno.test("a child that asks for PDEATHSIG itself outlives a parent that died before", () => {
  const parent: Program = async (sys) => {
    await sys.fork("child", async (child) => {
      await child.setParentDeathSignal(SIGKILL);
      await child.sleep(1_000_000);
      return 0;
    });
    await sys.sleep(1_000_000);
    return 0;
  };
  const left = new Set<number>();
  forSeeds(30, (seed) => {
    onMachine(async ({ processes }, simulation) => {
      using child = await processes.spawn({ program: "parent", args: [] }, { outputBytesMax: 0 });
      await simulation.pause(3);
      await child.signal(SIGKILL);
      await child.exited(background);
      await simulation.idle();
      left.add((await processes.list()).length);
    }, { seed, programs: { parent } });
  });
  assertEquals([...left].toSorted(), [2, 3]);
});

Deno.test("startStranger() starts a process under the pid that another had", () => {
  onMachine(async (kernel, { machine }) => {
    const { processes } = kernel;
    using child = await processes.spawn({ program: "true", args: [] }, { outputBytesMax: 0 });
    const { pid, startTime } = child.identity;
    await child.exited(background);
    machine.startStranger("stranger", pid);
    const entry = (await processes.list()).find((it) => it.pid === pid);
    assertEquals(entry?.args, ["stranger"]);
    assert(entry !== undefined && entry.startTime > startTime);
    await assertRejects(() => processes.open(child.identity), KernelError, "ESRCH");
  });
});

Deno.test("a killed process is dead at a step of its own", () => {
  let alive = 0;
  forSeeds(30, (seed) => {
    onMachine(async ({ processes, cgroups }) => {
      const command = { program: "sh", args: ["-c", "sleep 1000"] };
      using child = await processes.spawn(command, { outputBytesMax: 0 });
      await child.signal(SIGKILL);
      if ((await cgroups.processes("/")).includes(child.identity.pid)) alive++;
    }, { seed });
  });
  assert(alive > 0 && alive < 30, `alive after the kill in ${alive} of 30`);
});

Deno.test("writing to a fifo that is open for waiting wakes it, and the last close is its end", () => {
  const writer: Program = async (sys) => {
    await sys.mkfifo("/run/fifo", 0o600);
    const fd = await sys.open("/run/fifo", "write");
    await sys.write(fd, "0");
    return 0;
  };
  forSeeds(20, (seed) => {
    onMachine(async (kernel, simulation) => {
      const command = { program: "writer", args: [] };
      using child = await kernel.processes.spawn(command, { outputBytesMax: 0 });
      await simulation.idle();
      using fifo = await kernel.files.openFifo("/run/fifo");
      assertEquals(text(await fifo.read(background)), "0");
      await child.exited(background);
      assertEquals((await fifo.read(background)).length, 0);
    }, { seed, programs: { writer } });
  });
});

Deno.test("one process at a time has a file locked, and one that is killed lets go", () => {
  const holder: Program = async (sys) => {
    const fd = await sys.open("/run/lock", "read", { createMode: 0o600 });
    await sys.flock(fd);
    await sys.createFile("/run/inside", "");
    await sys.unlink("/run/inside");
    if (sys.args[1] === "stay") await sys.sleep(1_000_000);
    return 0;
  };
  forSeeds(20, (seed) => {
    onMachine(async (kernel, simulation) => {
      const command = { program: "holder", args: ["stay"] };
      using killed = await kernel.processes.spawn(command, { outputBytesMax: 0 });
      await simulation.idle();
      const others = [runProgram(kernel, "holder"), runProgram(kernel, "holder")];
      await killed.signal(SIGKILL);
      for (const other of others) assertEquals((await other).stderr, "");
    }, { seed, programs: { holder } });
  });
});

Deno.test("an overlay shows its layers merged, and writes to the upper one", () => {
  onMachine(async ({ files, mounts }) => {
    const base = "/var/lib/o";
    for (const name of ["low/etc", "high", "upper", "work", "root"]) {
      await files.mkdir(`${base}/${name}`);
    }
    await files.writeFile(`${base}/low/etc/passwd`, "low");
    await files.writeFile(`${base}/low/gone`, "1");
    await files.writeFile(`${base}/high/new`, "2");
    const lower = `lowerdir=${base}/high:${base}/low`;
    const options = [lower, `upperdir=${base}/upper`, `workdir=${base}/work`];
    await mounts.mount("overlay", `${base}/root`, { type: "overlay", options });
    assertEquals(await files.list(`${base}/root`), ["etc", "gone", "new"]);
    const path = await files.resolveInRoot(`${base}/root`, "etc/../etc/passwd");
    assertEquals(text(await files.readFile(path, 10)), "low");
    await files.writeFile(path, "up");
    await files.remove(`${base}/root/gone`);
    assertEquals(text(await files.readFile(path, 10)), "up");
    assertEquals(text(await files.readFile(`${base}/low/etc/passwd`, 10)), "low");
    assertEquals(text(await files.readFile(`${base}/upper/etc/passwd`, 10)), "up");
    assertEquals(await files.list(`${base}/root`), ["etc", "new"]);
    await mounts.unmount(`${base}/root`);
    assertEquals(await files.list(`${base}/root`), []);
  });
});

Deno.test("an OOM kill is counted in the group", () => {
  const hog: Program = async (sys) => {
    await sys.cgroupCreate("/hog");
    await sys.cgroupMove("/hog", sys.pid);
    await sys.exhaustMemory();
    return await new Promise(() => {});
  };
  onMachine(async (kernel) => {
    const { status } = await runProgram(kernel, "hog");
    assertEquals(status, { kind: "signaled", signal: SIGKILL });
    assertEquals(await kernel.cgroups.oomKills("/hog"), 1);
  }, { programs: { hog } });
});

Deno.test("the shell knows sequences, conditions, redirections, traps and the background", () => {
  const cases: readonly (readonly [string, number, string, string])[] = [
    ["exit 3", 3, "", ""],
    ["false || echo a && echo 'b  c'; echo $?", 0, "a\nb  c\n0\n", ""],
    ["echo out; echo err >&2", 0, "out\n", "err\n"],
    ["x=1; if true; then echo $x; else echo no; fi", 0, "1\n", ""],
    ["echo hi >/run/f; cat /run/f", 0, "hi\n", ""],
    ["nosuch", 127, "", "sh: nosuch: not found\n"],
    ["(exit 4); echo $?", 0, "4\n", ""],
    ["sleep 1 & wait; echo waited", 0, "waited\n", ""],
    ["trap 'exit 7' TERM; kill -TERM $$; sleep 100", 7, "", ""],
    ["trap '' TERM; kill -TERM $$; echo alive", 0, "alive\n", ""],
    ["exec echo replaced", 0, "replaced\n", ""],
  ];
  onMachine(async (kernel) => {
    for (const [script, code, stdout, stderr] of cases) {
      const result = await runProgram(kernel, "sh", "-c", script);
      assertEquals(result, { status: { kind: "exited", code }, stdout, stderr }, script);
    }
  });
});

Deno.test("cp -a copies a tree with owners, modes and links", () => {
  onMachine(async (kernel) => {
    const { files } = kernel;
    await files.mkdir("/run/a/b", 0o750);
    await files.writeFile("/run/a/b/file", "1", 0o640);
    await files.symlink("file", "/run/a/b/link");
    assertEquals((await runProgram(kernel, "cp", "-a", "/run/a", "/run/c")).stderr, "");
    assertEquals(await files.list("/run/c/b"), ["file", "link"]);
    assertEquals((await files.stat("/run/c/b/file"))?.mode, 0o640);
    assertEquals((await files.stat("/run/c/b/link"))?.kind, "symlink");
  });
});

Deno.test("CNI's bridge gives an address to each, refuses twice, and takes back without a namespace", () => {
  forSeeds(10, (seed) => {
    onMachine(async (kernel, { machine }) => {
      const { files, namespaces, processes } = kernel;
      await files.mkdir("/run/n");
      const list = JSON.parse(text(await files.readFile("/etc/cni/net.d/10-sim.conflist", 10_000)));
      const stdin = JSON.stringify({ ...list.plugins[0], name: "sim", cniVersion: "1.0.0" });
      const call = async (command: string, id: string, netns: string) => {
        const env = {
          CNI_COMMAND: command,
          CNI_CONTAINERID: id,
          CNI_NETNS: netns,
          CNI_IFNAME: "eth0",
          CNI_PATH: "/usr/lib/cni",
        };
        const program = { program: "/usr/lib/cni/bridge", args: [], env };
        using child = await processes.spawn(program, { outputBytesMax: 10_000, stdin });
        await child.exited(background);
        const { stdout } = child.output();
        return stdout.length === 0 ? undefined : JSON.parse(text(stdout));
      };
      for (const id of ["a", "b", "c"]) await namespaces.pin({ net: `/run/n/${id}` }, "");
      const [a, b] = await Promise.all([
        call("ADD", "a", "/run/n/a"),
        call("ADD", "b", "/run/n/b"),
      ]);
      assert(a.ips[0].address !== b.ips[0].address);
      assertEquals(allocations(machine).map((it) => it.containerId).sort(), ["a", "b"]);
      assertMatch((await call("ADD", "a", "/run/n/a")).msg, /already exists/);
      assertMatch((await call("ADD", "d", "/run/n/d")).msg, /failed to open netns/);
      await namespaces.unpin("/run/n/a");
      for (const netns of ["", "/run/n/a"]) assertEquals(await call("DEL", "a", netns), undefined);
      // One that looks while another gives back finds what is there before, or after.
      const [c] = await Promise.all([
        call("ADD", "c", "/run/n/c"),
        call("DEL", "b", "/run/n/b"),
      ]);
      assertEquals(c.msg, undefined);
      assertEquals(await call("DEL", "c", "/run/n/c"), undefined);
      assertEquals(allocations(machine), []);
      for (const id of ["b", "c"]) await namespaces.unpin(`/run/n/${id}`);
    }, { seed });
  });
});

Deno.test("snapshot() is the same again when all is taken away", () => {
  const simulation = new Simulation({ seed: 1 });
  const before = simulation.snapshot();
  simulation.bootDaemon(async ({ files, namespaces, cgroups, store }) => {
    await files.mkdir("/run/x");
    await namespaces.pin({ net: "/run/x/net", uts: "/run/x/uts" }, "host");
    await cgroups.create("/x/y");
    await store.commit([{ kind: "put", record: { table: "t", id: "i", value: "" } }]);
  });
  simulation.run();
  assertEquals(simulation.leaks(before), [
    "+ cgroup /x",
    "+ cgroup /x/y",
    "+ directory /run/x",
    "+ file /run/x/net (empty)",
    "+ file /run/x/uts (empty)",
    "+ mount nsfs /run/x/net",
    "+ mount nsfs /run/x/uts",
    "+ namespaces net 2",
    "+ namespaces uts 2",
    "+ record t i",
    "- namespaces net 1",
    "- namespaces uts 1",
  ]);
  simulation.bootDaemon(async ({ files, namespaces, cgroups, store }) => {
    for (const path of ["/run/x/net", "/run/x/uts"]) await namespaces.unpin(path);
    await files.remove("/run/x");
    await cgroups.remove("/x");
    await store.commit([{ kind: "delete", table: "t", id: "i" }]);
  });
  simulation.run();
  assertEquals(simulation.leaks(before), []);
});

Deno.test("a machine's disk is furnished like all others, and its own", () => {
  const machines = [1, 2].map((seed) => new Simulation({ seed }).machine);
  const [first, second] = machines.map(({ tree }) => tree);
  assert(first !== undefined && second !== undefined);
  assertEquals(first.stat(first.resolve("test", "/etc/hosts")), {
    ...second.stat(second.resolve("test", "/etc/hosts")),
  });
  first.write("test", "/etc/hosts", "mine", 0o644);
  first.unlink("test", first.parentOf("test", "/usr/bin/true"));
  first.write("test", "/etc/new", "", 0o644);
  assertEquals(second.find("/etc/new"), undefined);
  assert(second.find("/usr/bin/true") !== undefined);
  assert(second.resolve("test", "/etc/hosts").inode.content !== "mine");
  assert(new Simulation({ seed: 3 }).machine.tree.find("/usr/bin/true") !== undefined);
});

Deno.test("a machine is switched on with everything on the disk durable", () => {
  const { machine } = new Simulation({ seed: 1 });
  const before = snapshot(machine, { roots: ["/etc", "/usr"] });
  machine.crash();
  assertEquals(snapshot(machine, { roots: ["/etc", "/usr"] }), before);
});
