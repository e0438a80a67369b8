import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { messageOf } from "../../src/errors.ts";
import { lifecyclePrograms } from "../../sim/lifecycle/arbitrary.ts";
import type { InvariantViolation } from "../../sim/lifecycle/oracle/violation.ts";
import { callOf, type LifecycleProgram, PID_MAX } from "../../sim/lifecycle/request.ts";
import { runLifecycle } from "../../sim/lifecycle/run.ts";
import { FairTail, inMacrotask, Sequential } from "../../sim/mod.ts";
import { reference } from "./operations.ts";
import { clients, create, RUN, START } from "./programs.ts";

const PROGRAMS = 150;

/**
 * The reference announces what readers have seen already, and a removed sandbox while it can be found
 * still (server/helpers.go:358-378): what is asked of its events is their order.
 */
export function isLateEvent({ invariant, message }: InvariantViolation): boolean {
  return invariant === "I10" &&
    /no event: |DELETED was published, and it can be found/.test(message);
}

Deno.test("the reference is right as long as one client calls and everybody gets a turn", async () => {
  const programs = fc.sample(lifecyclePrograms([]), {
    seed: 1,
    numRuns: PROGRAMS,
  });
  let executions = 0;
  await inMacrotask(() => {
    for (const [seed, program] of programs.entries()) {
      const { failure, simulation } = runLifecycle(sequential(program), {
        seed,
        operations: reference,
        chooser: new FairTail(new Sequential(), 0),
        isKnown: isLateEvent,
      });
      assertEquals(failure, undefined, `program ${seed}`);
      executions += simulation.machine.executions.length;
    }
  });
  assert(executions > PROGRAMS, `only ${executions} programs of containers ran`);
});

Deno.test("of a program that ends at once the reference says that it ended before it began", async () => {
  // container_start.go takes the time after the start, the shim the time of the end.
  const { failure } = await inMacrotask(() =>
    runLifecycle(
      clients([RUN, create("true"), START]),
      { seed: 1, operations: reference, schedule: [], isKnown: isLateEvent },
    )
  );
  assertMatch(messageOf(failure), /^I8 .*it ended too early/);
});

/** One client with all the calls, patient, whose programs last longer than their start. */
function sequential(program: LifecycleProgram): LifecycleProgram {
  const calls = [program.setup ?? [], ...program.clients].flat().map(({ request }) =>
    callOf(
      request.kind === "CreateContainer" && !LASTING.has(request.command[0] ?? "")
        ? { ...request, command: ["exit", "3", "40"] }
        : request,
    )
  );
  const { setup: _, exits: __, ...rest } = program;
  return { ...rest, clients: [calls], hasIdleSubscriber: false, pidMax: PID_MAX };
}

const LASTING: ReadonlySet<string> = new Set([
  "sleep",
  "ignore-term",
  "on-term",
  "no-such-program",
]);
