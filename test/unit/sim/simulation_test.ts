import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { RuntimeError } from "../../../src/errors.ts";
import { Context, sleep } from "../../../src/kernel/context.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import { inMacrotask, Sequential, Simulation } from "../../../sim/mod.ts";
import { background, forSeeds, startTask, text } from "./fixture.ts";

async function write(kernel: Kernel, name: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await kernel.files.writeFile(`/run/${name}`, String(i));
}

function story(seed: number): string {
  const simulation = new Simulation({ seed, history: true, faults: { slowness: 0.05 } });
  const daemon = simulation.bootDaemon(() => {});
  daemon.spawn("a", (kernel) => startTask(kernel, "a", { args: ["sleep", "5"] }));
  daemon.spawn("b", (kernel) => startTask(kernel, "b", { args: ["busy-log", "20"] }));
  simulation.run();
  simulation.run({ forMs: 10_000 });
  return simulation.history.text();
}

Deno.test("run() is a function of the seed", () => {
  forSeeds(10, (seed) => assertEquals(story(seed), story(seed)));
  assert(story(1) !== story(2));
});

Deno.test("run() interleaves tasks, and every order of two comes up", () => {
  const orders = new Set<string>();
  forSeeds(50, (seed) => {
    const simulation = new Simulation({ seed });
    const order: string[] = [];
    const daemon = simulation.bootDaemon(() => {});
    for (const name of ["a", "b"]) {
      daemon.spawn(name, async ({ files }) => {
        await files.stat("/run");
        order.push(name);
        await files.stat("/run");
        order.push(name);
      });
    }
    assertEquals(simulation.run().kind, "done");
    orders.add(order.join(""));
  });
  assertEquals([...orders].sort(), ["aabb", "abab", "abba", "baab", "baba", "bbaa"]);
});

Deno.test("run() lets time pass only when nothing else can happen", () => {
  const simulation = new Simulation({ seed: 1 });
  const order: string[] = [];
  const daemon = simulation.bootDaemon(async (kernel) => {
    kernel.clock.after(1, () => order.push("timer"));
    await write(kernel, "file", 100);
    order.push("files");
  });
  simulation.run();
  simulation.run({ forMs: 1 });
  assertEquals(order, ["files", "timer"]);
  assertEquals(Math.floor(daemon.kernel.clock.monotonicMs()), 1);
});

Deno.test("run() fires timers early when everything is slow", () => {
  let early = 0;
  forSeeds(20, (seed) => {
    const simulation = new Simulation({ seed, faults: { slowness: 0.1 } });
    let hasFired = false;
    simulation.bootDaemon(async (kernel) => {
      using _timer = kernel.clock.after(10_000, () => hasFired = true);
      await write(kernel, "file", 20);
      if (hasFired) early++;
    });
    simulation.run();
  });
  assert(early > 5);
});

Deno.test("run() tells a deadlock and who waits for what", () => {
  const simulation = new Simulation({ seed: 1 });
  simulation.bootDaemon(async ({ files }) => {
    using watch = await files.watch("/run", "changes");
    await watch.next(background);
  });
  const outcome = simulation.run();
  assertEquals(outcome.kind, "deadlock");
  assertMatch(outcome.text, /daemon: watch\.next \/run/);
});

Deno.test("run() tells what escaped, and its last call", () => {
  const simulation = new Simulation({ seed: 1 });
  simulation.bootDaemon(async ({ files }) => {
    await files.stat("/run");
    await new Promise(() => {});
  });
  const outcome = simulation.run();
  assertEquals(outcome.kind, "escaped");
  assertMatch(outcome.text, /daemon: nothing; its last step was files\.stat/);
});

Deno.test("run() gives up what does not end", () => {
  const simulation = new Simulation({ seed: 1, stepsMax: 100 });
  simulation.bootDaemon(async ({ files }) => {
    for (;;) await files.stat("/run");
  });
  assertEquals(simulation.run().kind, "stepsMax");
});

Deno.test("run() refuses a microtask, where it cannot drain; runAsync() gives the same history", async () => {
  const make = (): Simulation => {
    const simulation = new Simulation({ seed: 3, history: true });
    const daemon = simulation.bootDaemon(() => {});
    daemon.spawn("a", (kernel) => startTask(kernel, "a", { args: ["true"] }));
    daemon.spawn("b", (kernel) => write(kernel, "b", 10));
    return simulation;
  };
  const synchronous = make();
  await Promise.resolve();
  assertThrows(() => synchronous.run(), Error, "in a microtask");
  await inMacrotask(() => synchronous.run());
  const asynchronous = make();
  await asynchronous.runAsync();
  assertEquals(asynchronous.history.text(), synchronous.history.text());
});

Deno.test("onStep() sees every step, and what it throws ends the run", () => {
  const simulation = new Simulation({ seed: 1 });
  simulation.bootDaemon((kernel) => write(kernel, "file", 3));
  let steps = 0;
  simulation.onStep(() => {
    if (++steps === 4) throw new Error("violated");
  });
  assertThrows(() => simulation.run(), Error, "violated");
});

Deno.test("crash() drops what the daemon waits for, and keeps what it did", () => {
  forSeeds(30, (seed) => {
    const simulation = new Simulation({ seed });
    const daemon = simulation.bootDaemon(() => {});
    const work = daemon.spawn("work", (kernel) => write(kernel, "file", 10));
    let heard: unknown;
    simulation.spawn("client", () => work.promise.catch((error: unknown) => heard = error));
    simulation.spawn("killer", async () => {
      await simulation.pause(5);
      daemon.crash();
    });
    assertEquals(simulation.run().kind, "done");
    if (work.state !== "lost") return;
    assert(heard instanceof RuntimeError && heard.code === "UNAVAILABLE");
    const next = simulation.bootDaemon(async ({ files }) => {
      const stat = await files.stat("/run/file");
      return stat === undefined ? -1 : Number(text(await files.readFile("/run/file", 100)));
    });
    assertEquals(simulation.run().kind, "done");
    assert(next.boot.value >= -1 && next.boot.value < 10);
  });
});

Deno.test("crash() closes pipes and leaves children alone", () => {
  const simulation = new Simulation({ seed: 1 });
  const daemon = simulation.bootDaemon(async (kernel) => {
    const command = { program: "sh", args: ["-c", "read x; sleep 5; echo done >/run/out"] };
    await kernel.processes.spawn({ ...command }, { outputBytesMax: 0, childReads: [3] });
  });
  simulation.run();
  assertEquals(daemon.held(), ["child sh"]);
  daemon.crash();
  assertEquals(daemon.held(), []);
  simulation.run({ forMs: 6_000 });
  const next = simulation.bootDaemon(({ files }) => files.readFile("/run/out", 100));
  simulation.run();
  assertEquals(text(next.boot.value), "done\n");
});

Deno.test("crashMachine() keeps what was synced and committed, and forgets /run", () => {
  let kept = 0;
  const seeds = 40;
  forSeeds(seeds, (seed) => {
    const simulation = new Simulation({ seed });
    const before = simulation.machine.bootId;
    simulation.bootDaemon(async ({ files, store }) => {
      await files.mkdir("/run/a");
      await files.mkdir("/var/lib/a");
      await files.writeFile("/var/lib/a/synced", "1");
      await files.syncFileSystem("/var/lib");
      await files.writeFile("/var/lib/a/unsynced", "2");
      const record = { table: "t", id: "1", value: "v" };
      await store.commit([{ kind: "put", record }]);
    });
    simulation.run();
    simulation.crashMachine();
    const { boot } = simulation.bootDaemon(async ({ files, store, processes }) => ({
      run: await files.list("/run"),
      synced: text(await files.readFile("/var/lib/a/synced", 10)),
      unsynced: (await files.stat("/var/lib/a/unsynced"))?.sizeBytes,
      records: await store.load(),
      processes: (await processes.list()).length,
      bootId: text(await files.readFile("/proc/sys/kernel/random/boot_id", 100)).trim(),
    }));
    assertEquals(simulation.run().kind, "done");
    assertEquals(boot.value.run, []);
    assertEquals(boot.value.synced, "1");
    assertEquals(boot.value.records.length, 1);
    assertEquals(boot.value.processes, 2);
    assert(boot.value.bootId !== before);
    if (boot.value.unsynced !== undefined) kept++;
  });
  assert(kept > 0 && kept < seeds, `${kept} of ${seeds} kept what was not synced`);
});

Deno.test("until() stops a task at a point, others go on, release() lets it go", () => {
  const simulation = new Simulation({ seed: 1 });
  const daemon = simulation.bootDaemon(() => {});
  const seen: string[] = [];
  const script = simulation.direct(async () => {
    const a = daemon.spawn("a", (kernel) => write(kernel, "file", 3));
    const point = await simulation.until(a, /^then files\.writeFile \/run\/file/);
    seen.push(point.text);
    const b = daemon.spawn("b", ({ files }) => files.stat("/run/file"));
    seen.push(String(await b.promise));
    point.release();
    await a.promise;
    seen.push(a.state);
  });
  assertEquals(simulation.run().kind, "done");
  script.value;
  assertEquals(seen, ["then files.writeFile /run/file", "undefined", "fulfilled"]);
});

Deno.test("until() reaches into programs, by their command line", () => {
  const simulation = new Simulation({ seed: 1 });
  const daemon = simulation.bootDaemon(() => {});
  const script = simulation.direct(async () => {
    const start = daemon.spawn("start", (kernel) => startTask(kernel, "a", { args: ["true"] }));
    const point = await simulation.until("/usr/sbin/runc", /^rename .*state\.json/);
    const check = daemon.spawn("check", ({ files }) => files.list("/run/test/runc/a"));
    const names = await check.promise;
    point.release();
    await start.promise;
    return names;
  });
  assertEquals(simulation.run().kind, "done");
  assert(script.value.includes("exec.fifo") && !script.value.includes("state.json"));
});

Deno.test("until() fails when the task ends without coming there", () => {
  const simulation = new Simulation({ seed: 1 });
  const daemon = simulation.bootDaemon(() => {});
  const script = simulation.direct(async () => {
    const a = daemon.spawn("a", (kernel) => write(kernel, "file", 1));
    await assertRejects(() => simulation.until(a, /mounts/), Error, "a ended before it came to");
  });
  assertEquals(simulation.run().kind, "done");
  script.value;
});

Deno.test("hold() stops all steps that match, and a deadlock names them", () => {
  const simulation = new Simulation({ seed: 1 });
  const daemon = simulation.bootDaemon(() => {});
  daemon.spawn("a", (kernel) => write(kernel, "file", 1));
  const hold = simulation.hold("a", "files.writeFile");
  const outcome = simulation.run();
  assertEquals(outcome.kind, "deadlock");
  assertMatch(outcome.text, /a: files\.writeFile \/run\/file \(held\)/);
  hold.release();
  assertEquals(simulation.run().kind, "done");
});

Deno.test("a reply can be held back after its effect", () => {
  const simulation = new Simulation({ seed: 1 });
  const daemon = simulation.bootDaemon(() => {});
  const record = { table: "t", id: "1", value: "v" };
  const script = simulation.direct(async () => {
    const a = daemon.spawn("a", ({ store }) => store.commit([{ kind: "put", record }]));
    await simulation.until(a, /^reply store\.commit/);
    daemon.crash();
    return a.state;
  });
  simulation.run();
  assertEquals(script.value, "lost");
  assertEquals(simulation.machine.store.records(), [record]);
});

Deno.test("a context that ends makes a pending call fail with its cause", () => {
  forSeeds(10, (seed) => {
    const simulation = new Simulation({ seed });
    const context = new Context();
    const daemon = simulation.bootDaemon(() => {});
    const waiting = daemon.spawn("wait", ({ clock }) => sleep(clock, 1_000, context));
    simulation.spawn("cancel", async () => {
      await simulation.pause(2);
      context.cancel();
    });
    assertEquals(simulation.run().kind, "done");
    assertThrows(() => waiting.value, RuntimeError, "context cancelled");
  });
});

Deno.test("Sequential keeps to one task as long as it can", () => {
  const simulation = new Simulation({ seed: 1, chooser: new Sequential() });
  const order: string[] = [];
  const daemon = simulation.bootDaemon(() => {});
  for (const name of ["a", "b"]) {
    daemon.spawn(name, async ({ files }) => {
      for (let i = 0; i < 3; i++) {
        await files.stat("/run");
        order.push(name);
      }
    });
  }
  simulation.run();
  assertEquals(order.join(""), "aaabbb");
});
