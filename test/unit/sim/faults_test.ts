import { assert, assertEquals, assertRejects } from "@std/assert";
import { hasErrno, KernelError } from "../../../src/kernel/errno.ts";
import { type FaultOptions, FAULTS, Simulation } from "../../../sim/mod.ts";
import { background, forSeeds, onMachine, runProgram } from "./fixture.ts";

Deno.test("faults are off unless they are named", () => {
  forSeeds(20, (seed) => {
    onMachine(async ({ files }) => {
      for (let i = 0; i < 50; i++) await files.writeFile(`/run/${i}`, "");
    }, { seed });
  });
});

Deno.test("a call fault comes instead of the effect, or after it", () => {
  const counts = { instead: 0, after: 0, none: 0 };
  forSeeds(60, (seed) => {
    const call = /^store\.commit/;
    const calls = [
      { call, errno: "EIO", probability: 0.3 },
      { call, errno: "ENOSPC", probability: 0.3, isAfterEffect: true },
    ];
    onMachine(async ({ store }, { machine }) => {
      const record = { table: "t", id: "1", value: "" };
      try {
        await store.commit([{ kind: "put", record }]);
        counts.none++;
      } catch (error) {
        const isDone = machine.store.records().length === 1;
        if (hasErrno(error, "EIO")) assert(!isDone && ++counts.instead);
        else assert(hasErrno(error, "ENOSPC") && isDone && ++counts.after);
      }
    }, { seed, faults: { calls } });
  });
  for (const count of Object.values(counts)) assert(count > 5, JSON.stringify(counts));
});

Deno.test("faults strike in their spell, and at no other step", () => {
  const call = { call: /^files\.writeFile/, errno: "ENOSPC", probability: 1 } as const;
  const spell = { fromStep: 10, toStep: 20 };
  onMachine(async ({ files }, { scheduler }) => {
    for (let i = 0; i < 30; i++) {
      const error = await files.writeFile("/run/file", "").catch((error) => error);
      const { stepCount } = scheduler;
      // Two steps each: the first and the last may be in the spell with one of them.
      if (stepCount < 10 || stepCount > 21) assertEquals(error, undefined);
      if (stepCount > 12 && stepCount < 20) assert(hasErrno(error, "ENOSPC"));
    }
    assert(scheduler.stepCount > 30);
  }, { faults: { calls: [call], spell } });
});

Deno.test("a spawn that fails after its effect has run the program, and let go of its pipes", () => {
  const calls = [
    { call: /^processes\.spawn/, errno: "EAGAIN", probability: 1, isAfterEffect: true },
  ];
  const { simulation } = onMachine(async ({ processes }) => {
    const command = { program: "sh", args: ["-c", "read x <&3; echo done >/run/out"] };
    const options = { outputBytesMax: 0, childReads: [3] };
    await assertRejects(() => processes.spawn(command, options), KernelError, "EAGAIN");
  }, { faults: { calls } });
  assert(simulation.machine.tree.find("/run/out") !== undefined);
});

Deno.test("a program hangs until it is killed, and is slow in virtual time", () => {
  const hang: FaultOptions = { programs: [{ program: /^true/, kind: "hang", probability: 1 }] };
  onMachine(async (kernel) => {
    const command = { program: "sh", args: ["-c", "true; sleep 1"] };
    using child = await kernel.processes.spawn(command, { outputBytesMax: 0 });
    await child.exited(background);
  }, { faults: hang });

  const slow: FaultOptions = {
    programs: [{ program: /^echo/, kind: "slow", probability: 1, slowMs: 5_000 }],
  };
  onMachine(async (kernel) => {
    await runProgram(kernel, "echo", "x");
    assert(kernel.clock.monotonicMs() >= 5_000);
  }, { faults: slow });
});

Deno.test("a program fails before or after its work", () => {
  for (const kind of ["fail-before", "fail-after"] as const) {
    const faults: FaultOptions = { programs: [{ program: /^cp/, kind, probability: 1 }] };
    onMachine(async (kernel) => {
      const { status } = await runProgram(kernel, "cp", "-a", "/etc/passwd", "/run/passwd");
      assertEquals(status, { kind: "exited", code: 1 });
      const isDone = await kernel.files.stat("/run/passwd") !== undefined;
      assertEquals(isDone, kind === "fail-after");
    }, { faults });
  }
});

Deno.test("directory events come late, twice, or not by name, but a watch wakes", () => {
  const seen = new Set<string>();
  forSeeds(60, (seed) => {
    const watch = { late: 0.3, twice: 0.3, overflow: 0.3 };
    onMachine(async ({ files, clock }) => {
      await files.mkdir("/run/a");
      using watching = await files.watch("/run/a", "changes");
      const before = clock.monotonicMs();
      await files.mkdir("/run/a/b");
      const names = await watching.next(background);
      const isLate = clock.monotonicMs() - before > 1;
      seen.add(names.length === 0 ? "overflow" : isLate ? "late" : "now");
    }, { seed, faults: { watch } });
  });
  assertEquals([...seen].sort(), ["late", "now", "overflow"]);
});

Deno.test("FAULTS cites a source for every fault", () => {
  for (const { name, source } of FAULTS) assert(name !== "" && /^(man|gRPC|CNI)/.test(source));
});

Deno.test("switching faults off heals the machine", () => {
  const calls = [{ call: /./, errno: "EIO", probability: 1 }];
  const simulation = new Simulation({ seed: 1, faults: { calls } });
  simulation.faults.isOn = false;
  const daemon = simulation.bootDaemon(({ files }) => files.list("/run"));
  simulation.run();
  assertEquals(daemon.boot.value, []);
});
