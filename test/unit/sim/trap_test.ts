import { assert, assertEquals, assertInstanceOf, assertMatch, assertThrows } from "@std/assert";
import { AmbientUse, inMacrotask, Simulation } from "../../../sim/mod.ts";

/** What code must not do in a simulation, by what it is then told. */
const USES: Readonly<Record<string, () => unknown>> = {
  "AbortSignal.timeout": () => AbortSignal.timeout(0),
  "Date": () => Date(),
  "Date.now": () => Date.now(),
  "Deno.hostname": () => Deno.hostname(),
  "Deno.readTextFileSync": () => Deno.readTextFileSync("/dev/null"),
  "Math.random": () => Math.random(),
  "crypto.getRandomValues": () => crypto.getRandomValues(new Uint8Array(1)),
  "crypto.randomUUID": () => crypto.randomUUID(),
  "fetch": () => fetch("data:,"),
  "new Date": () => new Date(),
  "performance.now": () => performance.now(),
  "queueMicrotask": () => queueMicrotask(() => {}),
  "setInterval": () => clearInterval(setInterval(() => {}, 0)),
  "setTimeout": () => clearTimeout(setTimeout(() => {}, 0)),
};

for (const [what, use] of Object.entries(USES)) {
  Deno.test(`a simulation traps ${what}`, async () => {
    await inMacrotask(() => {
      const simulation = new Simulation({ seed: 1 });
      simulation.spawn("task", async () => {
        await simulation.pause();
        use();
      }).promise.catch(() => {});
      const error = assertThrows(() => simulation.run(), AmbientUse);
      assertEquals(error.what, what);
    });
    // Outside all of it works as before.
    await use();
  });
}

Deno.test("a simulation tells of what it trapped when its code swallowed the error", async () => {
  await inMacrotask(() => {
    const simulation = new Simulation({ seed: 1 });
    simulation.spawn("task", () => {
      try {
        return Math.random();
      } catch {
        return 0;
      }
    });
    assertThrows(() => simulation.run(), AmbientUse, "Math.random");
  });
});

Deno.test("a simulation lets listeners and what runs between two runs do as they like", async () => {
  await inMacrotask(() => {
    const simulation = new Simulation({ seed: 1 });
    const times: number[] = [];
    simulation.onStep(() => times.push(performance.now()));
    simulation.spawn("task", () => simulation.pause(3));
    assertEquals(simulation.run().kind, "done");
    assert(times.length > 3 && Date.now() > 0);
  });
});

Deno.test("a simulation traps nothing in dates that are given, and they stay dates", async () => {
  await inMacrotask(() => {
    const simulation = new Simulation({ seed: 1 });
    const text = simulation.spawn("task", () => new Date(0).toISOString());
    assertEquals(simulation.run().kind, "done");
    assertEquals(text.value, "1970-01-01T00:00:00.000Z");
  });
  assertInstanceOf(new Date(), Date);
  class Day extends Date {}
  assertInstanceOf(new Day(), Day);
});

Deno.test("a simulation that is told to traps nothing", async () => {
  await inMacrotask(() => {
    const simulation = new Simulation({ seed: 1, isTrapped: false });
    const time = simulation.spawn("task", () => performance.now());
    assertEquals(simulation.run().kind, "done");
    assert(time.value > 0);
  });
});

Deno.test("an assertion that fails in a simulation shows what differs", async () => {
  await inMacrotask(() => {
    const simulation = new Simulation({ seed: 1 });
    const task = simulation.spawn("task", () => assertEquals({ a: 1 }, { a: 2 }));
    task.promise.catch(() => {});
    assertEquals(simulation.run().kind, "done");
    assertMatch(String(task.error), /Values are not equal/);
  });
});
