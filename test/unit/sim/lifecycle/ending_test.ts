import { assert, assertEquals } from "@std/assert";
import { CLOSE_GRACE_MS } from "../../../../src/boot.ts";
import { RuntimeError } from "../../../../src/errors.ts";
import { core } from "../../../../sim/lifecycle/core.ts";
import type { Incident } from "../../../../sim/lifecycle/incident.ts";
import { placed } from "../../../../sim/lifecycle/incident_arbitrary.ts";
import type { Operations } from "../../../../sim/lifecycle/operations.ts";
import { callOf, QUIET } from "../../../../sim/lifecycle/request.ts";
import { runLifecycle } from "../../../../sim/lifecycle/run.ts";
import { inMacrotask } from "../../../../sim/mod.ts";

const place = { sandbox: 0, container: 0 } as const;
const CALLS = [
  { kind: "RunPodSandbox", sandbox: 0, hasNetwork: false, sharesPids: false },
  { kind: "CreateContainer", place, command: ["sleep", "1000"], sharesPids: false },
  { kind: "StartContainer", place },
  { kind: "ExecSync", place, command: ["sleep", "600"], timeoutMs: 0 },
] as const;

/** What a run of some calls does, and what comes of its last call. */
interface Told {
  readonly lives: number[];
  readonly ends: number[];
  failure: unknown;
}

/** A pod, a container, and a command that takes long, with what befalls the daemon. */
async function runWith(incidents: readonly Incident[]): Promise<Told> {
  const told: Told = { lives: [], ends: [], failure: undefined };
  const operations: Operations = async (kernel, options) => {
    told.lives.push(kernel.clock.monotonicMs());
    const life = await core(kernel, options);
    return {
      ...life,
      shutDown() {
        told.ends.push(kernel.clock.monotonicMs());
        return life.shutDown();
      },
    };
  };
  await inMacrotask(() => {
    const program = { ...QUIET, clients: [CALLS.map(callOf)], incidents };
    told.failure = runLifecycle(program, { seed: 1, operations }).failure;
  });
  return told;
}

/** When the command is being executed. */
const STOP: Incident = { kind: "daemon stopped", afterSteps: 165, choice: 0 };

Deno.test("a daemon that is asked to end gives calls their time, and another life begins", async () => {
  const { lives, ends, failure } = await runWith([STOP]);
  assertEquals(failure, undefined);
  assertEquals([lives.length, ends.length], [2, 1]);
  // The command is killed when its call is cancelled, so that nothing is left to wait for.
  assertEquals(Math.round(ends[0] ?? 0), CLOSE_GRACE_MS);
  assert((lives[1] ?? 0) >= CLOSE_GRACE_MS);
});

Deno.test("on a machine that is slow, so many steps are its grace periods", async () => {
  const { ends, failure } = await runWith([{ ...STOP, choice: 3 }]);
  assertEquals(failure, undefined);
  assertEquals(Math.round(ends[0] ?? -1), 0);
});

Deno.test("a daemon that is asked twice ends at once, as does one that is killed meanwhile", async () => {
  for (const kind of ["daemon stopped", "daemon killed"] as const) {
    const { lives, ends, failure } = await runWith([STOP, { kind, afterSteps: 1, choice: 0 }]);
    assertEquals(failure, undefined);
    assertEquals([lives.length, ends.length], [2, 0], kind);
  }
});

Deno.test("a daemon that is asked while it starts recovers first; one that cannot start has ended", async () => {
  const stop: Incident = { kind: "daemon stopped", afterSteps: 10, choice: 0 };
  const killed: Incident = { kind: "daemon killed", afterSteps: 100, choice: 0 };
  const { lives, ends, failure } = await runWith([killed, stop]);
  assertEquals(failure, undefined);
  assertEquals([lives.length, ends.length], [3, 1]);

  let count = 0;
  const failing: Operations = async (kernel, options) => {
    const life = await core(kernel, options);
    if (++count !== 2) return life;
    const recover = async () => {
      await life.recover();
      throw new RuntimeError("UNAVAILABLE", "not now");
    };
    return { ...life, recover };
  };
  await inMacrotask(() => {
    const program = {
      ...QUIET,
      clients: [CALLS.slice(0, 3).map(callOf)],
      incidents: [killed, stop],
    };
    assertEquals(runLifecycle(program, { seed: 1, operations: failing }).failure, undefined);
  });
  assertEquals(count, 3);
});

Deno.test("placed() leaves the others where they are", () => {
  const crash = (afterSteps: number): Incident => ({
    kind: "daemon killed",
    afterSteps,
    choice: 0,
  });
  const steps = (afterSteps: number) =>
    placed([crash(10), crash(20)], { ...STOP, afterSteps })
      .map((it) => `${it.kind.slice(7)} ${it.afterSteps}`);
  assertEquals(steps(4), ["stopped 4", "killed 6", "killed 20"]);
  assertEquals(steps(15), ["killed 10", "stopped 5", "killed 15"]);
  assertEquals(steps(50), ["killed 10", "killed 20", "stopped 20"]);
});
