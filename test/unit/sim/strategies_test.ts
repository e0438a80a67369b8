import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { Choice, Chooser } from "../../../sim/chooser.ts";
import {
  FairTail,
  Pct,
  Pos,
  RandomWalk,
  Sequential,
  Simulation,
  type StrategyName,
  strategyOf,
} from "../../../sim/mod.ts";
import { mayConflict, namesOf } from "../../../sim/strategies/conflict.ts";
import { STRATEGY_NAMES, turnOf } from "../../../sim/strategies/portfolio.ts";
import { startTask } from "./fixture.ts";

const ID = "a".repeat(64);
const OTHER_ID = "b".repeat(64);

/** How many seeds it takes until `isFound`; undefined when none of the first `seeds` does. */
function seedsTo(
  isFound: (seed: number) => boolean,
  { seeds }: { readonly seeds: number },
): number | undefined {
  for (let seed = 1; seed <= seeds; seed++) if (isFound(seed)) return seed;
  return undefined;
}

/** Two tasks of many steps each; whether all of the second fell into a window of the first. */
function isSwallowed(chooser: Chooser): boolean {
  const simulation = new Simulation({ seed: 1, chooser });
  const daemon = simulation.bootDaemon(() => {});
  let isOpen = false;
  let isBroken = false;
  daemon.spawn("long", async ({ files }) => {
    for (let i = 0; i < 15; i++) await files.stat("/run");
    isOpen = true;
    for (let i = 0; i < 15; i++) await files.stat("/run");
    isOpen = false;
  });
  daemon.spawn("within", async ({ files }) => {
    await files.stat("/run");
    const wasOpen = isOpen;
    for (let i = 0; i < 60; i++) await files.stat("/run");
    isBroken = wasOpen && isOpen;
  });
  assertEquals(simulation.run().kind, "done");
  return isBroken;
}

/** One step, and a task of many that have nothing to do with it; whether the one came last. */
function isStarved(chooser: Chooser): boolean {
  const simulation = new Simulation({ seed: 1, chooser });
  const daemon = simulation.bootDaemon(() => {});
  let isLast = false;
  let othersDone = false;
  daemon.spawn("starved", async ({ files }) => {
    await files.stat("/run/starved");
    isLast = othersDone;
  });
  daemon.spawn("busy", async ({ files }) => {
    for (let i = 0; i < 24; i++) await files.stat("/var/lib");
    othersDone = true;
  });
  assertEquals(simulation.run().kind, "done");
  return isLast;
}

/** A task that polls for what another does; how it ended. */
function poll(chooser: Chooser): string {
  const simulation = new Simulation({ seed: 1, chooser, stepsMax: 5_000 });
  const daemon = simulation.bootDaemon(() => {});
  daemon.spawn("poll", async ({ files }) => {
    while (await files.stat("/run/ready") === undefined);
  });
  daemon.spawn("work", async ({ files }) => {
    for (let i = 0; i < 10; i++) await files.stat("/run");
    await files.writeFile("/run/ready", "");
  });
  return simulation.run().kind;
}

function story(name: StrategyName, seed: number): string {
  const chooser = strategyOf(name, seed);
  const simulation = new Simulation({
    seed: 1,
    chooser,
    history: true,
    faults: { slowness: 0.02 },
  });
  const daemon = simulation.bootDaemon(() => {});
  daemon.spawn("a", (kernel) => startTask(kernel, "a", { args: ["sleep", "5"] }));
  daemon.spawn("b", (kernel) => startTask(kernel, "b", { args: ["busy-log", "20"] }));
  simulation.run();
  simulation.run({ forMs: 10_000 });
  return simulation.history.text();
}

function choice(parts: Partial<Choice>): Choice {
  return {
    taskId: 1,
    taskKey: "1",
    key: "1#1",
    taskName: "task",
    seq: 1,
    verb: "files.stat",
    subject: undefined,
    ...parts,
  };
}

for (const name of STRATEGY_NAMES) {
  Deno.test(`strategyOf() ${name}: a schedule is a function of the seed`, () => {
    for (let seed = 1; seed <= 4; seed++) assertEquals(story(name, seed), story(name, seed));
    assertNotEquals(story(name, 1), story(name, 4));
  });
}

Deno.test("strategyOf() portfolio: a seed has the schedule of the strategy whose turn it is", () => {
  const names = [1, 2, 3].map(turnOf);
  assertEquals(names.toSorted(), ["pct", "pos", "random"]);
  [1, 2, 3].forEach((seed) => assertEquals(story("portfolio", seed), story(turnOf(seed), seed)));
});

Deno.test("Pct finds a bug of one switch where both tasks have many steps; a random walk does not", () => {
  const withPct = (depth: number) => (seed: number) =>
    isSwallowed(new Pct(seed, { depth, choicesMax: 64 }));
  assert(seedsTo(withPct(2), { seeds: 50 }) !== undefined);
  assertEquals(seedsTo(withPct(1), { seeds: 200 }), undefined);
  assertEquals(seedsTo((seed) => isSwallowed(new RandomWalk(seed)), { seeds: 2_000 }), undefined);
});

Deno.test("Pct finds it with a depth and a length that the seed draws", () => {
  assert(seedsTo((seed) => isSwallowed(new Pct(seed)), { seeds: 200 }) !== undefined);
});

Deno.test("Pct gives each timer a priority of its own, so that one may pass its task", () => {
  const work = choice({ taskId: 2 });
  const timer = choice({ taskId: 2, seq: 2, verb: "timer" });
  const other = choice({ taskId: 3 });
  const orders = new Set<string>();
  for (let seed = 1; seed <= 100; seed++) {
    const chooser = new Pct(seed, { depth: 1 });
    const left = [work, timer, other];
    const order: Choice[] = [];
    while (left.length > 0) order.push(...left.splice(chooser.pick(left), 1));
    orders.add(order.map((it) => it === work ? "work" : it === timer ? "timer" : "other").join());
  }
  assertEquals(orders.size, 6);
});

Deno.test("Pos leaves a step behind all that has nothing to do with it; a random walk does not", () => {
  assert(seedsTo((seed) => isStarved(new Pos(seed)), { seeds: 100 }) !== undefined);
  assertEquals(seedsTo((seed) => isStarved(new RandomWalk(seed)), { seeds: 2_000 }), undefined);
});

Deno.test("Pos draws a step anew when one that conflicts with it has run", () => {
  const step = choice({ footprint: ["/run/a"] });
  function lastsFor(footprint: readonly string[]): number {
    let sum = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const chooser = new Pos(seed);
      for (let seq = 1; seq <= 24; seq++) {
        if (chooser.pick([step, choice({ taskId: 2, seq, footprint })]) === 0) break;
        sum++;
      }
    }
    return sum / 200;
  }
  assert(lastsFor(["/run/b"]) > 2 * lastsFor(["/run/a"]));
});

Deno.test("FairTail ends what starves, and leaves the first steps to the other strategy", () => {
  assertEquals(poll(new Sequential()), "stepsMax");
  assertEquals(poll(new FairTail(new Sequential(), 1_000)), "done");
  const chooser = new FairTail({ pick: () => 2 }, 2);
  const tasks = [1, 2, 3].map((taskId) => choice({ taskId }));
  assertEquals([1, 2, 3, 4, 5, 6].map(() => chooser.pick(tasks, false)), [2, 2, 0, 1, 2, 0]);
});

Deno.test("FairTail lets Pct's starved tasks finish, for every seed", () => {
  const ends = (seeds: number, chooserOf: (seed: number) => Chooser) =>
    new Set(Array.from({ length: seeds }, (_, seed) => poll(chooserOf(seed))));
  assertEquals([...ends(20, (seed) => new Pct(seed, { depth: 1 }))].sort(), ["done", "stepsMax"]);
  assertEquals([...ends(20, (seed) => new FairTail(new Pct(seed, { depth: 1 }), 1_000))], ["done"]);
});

Deno.test("namesOf() takes what is declared, else paths and ids of the subject and of the program", () => {
  assertEquals(namesOf(choice({ footprint: ["/a"], subject: "/b" })), ["/a"]);
  assertEquals(namesOf(choice({ subject: "cgroup /slipway/x/" })), ["/slipway/x"]);
  assertEquals(namesOf(choice({ subject: ["shm", `/run/${ID}`] })), [`/run/${ID}`, ID]);
  assertEquals(namesOf(choice({ subject: [{ record: { table: "t", id: ID } }] })), [ID]);
  assertEquals(namesOf(choice({ taskName: `runc create --bundle /run/${ID}`, subject: 4 })), [ID]);
  assertEquals(namesOf(choice({ subject: 4 })), []);
});

Deno.test("mayConflict() says no only when both are known to be about other things", () => {
  assert(mayConflict([], ["/a"]));
  assert(mayConflict(["/a"], []));
  assert(mayConflict([`/run/${ID}`, ID], [ID]));
  assert(mayConflict(["/a/b"], ["/a"]));
  assert(mayConflict(["/a"], ["/a/b"]));
  assert(mayConflict([""], ["/a"]));
  assert(!mayConflict(["/a/b"], ["/a/bc"]));
  assert(!mayConflict([ID], [OTHER_ID]));
});
