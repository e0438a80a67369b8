import { assert, assertEquals } from "@std/assert";
import { type RealTime, runLive, Simulation } from "../../../sim/mod.ts";
import { inMacrotask } from "../../../sim/mod.ts";
import { runProgram } from "./fixture.ts";

/** A host's time that passes when it is told to. */
class HandTime implements RealTime {
  #nowMs = 0;
  #due: { readonly atMs: number; readonly fire: () => void }[] = [];

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(ms: number, fire: () => void): Disposable {
    const timer = { atMs: this.#nowMs + ms, fire };
    this.#due.push(timer);
    return { [Symbol.dispose]: () => void (this.#due = this.#due.filter((it) => it !== timer)) };
  }

  /** Runs what is due until `ms` later; callers stand in a microtask. */
  async pass(ms: number): Promise<void> {
    const end = this.#nowMs + ms;
    for (;;) {
      const [next] = this.#due.filter((it) => it.atMs <= end).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#due = this.#due.filter((it) => it !== next);
      await inMacrotask(next.fire);
    }
    this.#nowMs = end;
  }
}

Deno.test("runLive() answers calls from outside, and goes with the host's clock", async () => {
  const simulation = new Simulation({ seed: 1 });
  const { kernel } = simulation.bootDaemon(() => {});
  const time = new HandTime();
  using _live = runLive(simulation, time);
  let isDone = false;
  const sleeping = runProgram(kernel, "sleep", "5").then(() => isDone = true);
  await time.pass(4_900);
  assert(!isDone);
  await time.pass(200);
  await sleeping;
  assert(Math.abs(kernel.clock.monotonicMs() - 5_100) < 10);
  const listed = kernel.files.list("/run");
  await time.pass(0);
  assertEquals(await listed, []);
});

Deno.test("runLive() does nothing more once it is disposed", async () => {
  const simulation = new Simulation({ seed: 1 });
  const { kernel } = simulation.bootDaemon(() => {});
  const time = new HandTime();
  runLive(simulation, time)[Symbol.dispose]();
  let isAnswered = false;
  void kernel.files.list("/run").then(() => isAnswered = true);
  await time.pass(1_000);
  assert(!isAnswered);
});

Deno.test("runLive() has the host's time for whoever asks, however long nothing has run", async () => {
  const simulation = new Simulation({ seed: 1 });
  const { kernel } = simulation.bootDaemon(() => {});
  const time = new HandTime();
  using _live = runLive(simulation, time);
  const beganMicros = kernel.clock.nowMicros();
  await time.pass(60_000);
  assert(Math.abs(kernel.clock.monotonicMs() - 60_000) < 10);
  await time.pass(60_000);
  const written = kernel.files.writeFile("/run/a", "");
  await time.pass(0);
  await written;
  const stat = kernel.files.stat("/run/a");
  await time.pass(0);
  assert(Math.abs(((await stat)?.modifiedMicros ?? 0) - beganMicros - 120_000_000) < 10_000);
});

Deno.test("runLive() fires a timer that is set from outside, when it is due", async () => {
  const simulation = new Simulation({ seed: 1 });
  const { kernel } = simulation.bootDaemon(() => {});
  const time = new HandTime();
  using _live = runLive(simulation, time);
  await time.pass(60_000);
  let hasFired = false;
  using _timer = kernel.clock.after(1_000, () => hasFired = true);
  await time.pass(900);
  assert(!hasFired);
  await time.pass(200);
  assert(hasFired);
});
