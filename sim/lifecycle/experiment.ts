import type { Experiment } from "../experiment/experiment.ts";
import type { Operations } from "./operations.ts";
import { parseProgram } from "./parse.ts";
import { describeAct } from "./plugin.ts";
import {
  type ClientCall,
  describeRequest,
  type LifecycleProgram,
  type Request,
} from "./request.ts";
import { runLifecycle } from "./run.ts";

/** Random lives of pods and containers, on Slipway's core unless other operations are given. */
export function lifecycleExperiment(
  name = "lifecycle",
  operations?: Operations,
): Experiment<LifecycleProgram> {
  const under = operations === undefined ? {} : { operations };
  return {
    name,
    run: (program, options) => runLifecycle(program, { ...options, ...under }),
    simpler,
    describe,
    parse: parseProgram,
  };
}

/** The client calls in lines, and what else is special. */
function describe(program: LifecycleProgram): readonly string[] {
  const lines = callLines("before all clients", program.setup ?? []);
  for (const [index, calls] of program.clients.entries()) {
    lines.push(...callLines(`client ${index + 1}`, calls));
  }
  for (const place of program.exits ?? []) {
    lines.push(`the init of s${place.sandbox}c${place.container} dies by itself`);
  }
  for (const [index, plan] of (program.plugins ?? []).entries()) {
    lines.push(`plugin ${index + 1}`, ...plan.map((act) => `  ${describeAct(act)}`));
  }
  if (program.prepare === "eager") lines.push("tasks are prepared ahead");
  return lines;
}

function callLines(heading: string, calls: readonly ClientCall[]): string[] {
  if (calls.length === 0) return [];
  return [
    heading,
    ...calls.map(({ request, deadlineMs }) => {
      const within = deadlineMs === undefined
        ? ""
        : `, answered within ${deadlineMs} ms or not at all`;
      return `  ${describeRequest(request)}${within}`;
    }),
  ];
}

/** Without a client, without a call, with a simpler call, with a simpler daemon. */
function* simpler(program: LifecycleProgram): Iterable<LifecycleProgram> {
  const lists = [program.setup ?? [], ...program.clients].map(
    (calls, number): readonly ClientCall[] =>
      calls.map((call, index) => ({ ...call, key: call.key ?? `${number}.${index + 1}` })),
  );
  const whole = ([setup = [], ...clients]: readonly (readonly ClientCall[])[]) => (
    { ...program, ...(program.setup === undefined ? {} : { setup }), clients }
  );
  for (const [index, calls] of lists.entries()) {
    // The others keep their numbers, and so do their tasks.
    if (calls.length > 0) yield whole(lists.with(index, []));
  }
  for (const [index, calls] of lists.entries()) {
    for (let i = calls.length - 1; i >= 0 && calls.length > 1; i--) {
      yield whole(lists.with(index, calls.toSpliced(i, 1)));
    }
  }
  for (const [index, calls] of lists.entries()) {
    for (const [i, call] of calls.entries()) {
      for (const simple of simplerCalls(call)) {
        yield whole(lists.with(index, calls.with(i, simple)));
      }
    }
  }
  for (const index of program.exits?.keys() ?? []) {
    yield { ...whole(lists), exits: program.exits?.toSpliced(index, 1) ?? [] };
  }
  const { plugins: plans = [] } = program;
  for (const [index, plan] of plans.entries()) {
    yield { ...whole(lists), plugins: plans.toSpliced(index, 1) };
    for (const act of plan.keys()) {
      yield { ...whole(lists), plugins: plans.with(index, plan.toSpliced(act, 1)) };
    }
  }
  if (program.prepare === "eager") yield { ...whole(lists), prepare: "lazy" };
}

function* simplerCalls(call: ClientCall): Iterable<ClientCall> {
  const { deadlineMs, ...patient } = call;
  if (deadlineMs !== undefined) yield patient;
  for (const request of simplerRequests(call.request)) yield { ...call, request };
}

function* simplerRequests(request: Request): Iterable<Request> {
  if ("hasNetwork" in request && request.hasNetwork) yield { ...request, hasNetwork: false };
  if ("sharesPids" in request && request.sharesPids) yield { ...request, sharesPids: false };
  if ("gracePeriodMs" in request && request.gracePeriodMs > 0) {
    yield { ...request, gracePeriodMs: 0 };
  }
  if ("lingersMs" in request && request.lingersMs > 0) yield { ...request, lingersMs: 0 };
  if ("command" in request && request.command[0] !== SIMPLE_COMMAND[0]) {
    yield { ...request, command: SIMPLE_COMMAND };
  }
}

const SIMPLE_COMMAND = ["sleep", "1000"];
