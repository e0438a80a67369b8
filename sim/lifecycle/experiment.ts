import type { Experiment } from "../experiment/experiment.ts";
import type { Operations } from "./operations.ts";
import { parseProgram } from "./parse.ts";
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
  const lines: string[] = [];
  for (const [index, calls] of program.clients.entries()) {
    if (calls.length > 0) lines.push(`client ${index + 1}`);
    for (const { request, deadlineMs } of calls) {
      const within = deadlineMs === undefined
        ? ""
        : `, answered within ${deadlineMs} ms or not at all`;
      lines.push(`  ${describeRequest(request)}${within}`);
    }
  }
  if (program.prepare === "eager") lines.push("tasks are prepared ahead");
  return lines;
}

/** Without a client, without a call, with a simpler call, with a simpler daemon. */
function* simpler(program: LifecycleProgram): Iterable<LifecycleProgram> {
  const clients = program.clients.map((calls, index): readonly ClientCall[] =>
    calls.map((call, number) => ({ ...call, key: call.key ?? `${index + 1}.${number + 1}` }))
  );
  for (const [index, calls] of clients.entries()) {
    // The others keep their numbers, and so do their tasks.
    if (calls.length > 0) yield { ...program, clients: clients.with(index, []) };
  }
  for (const [index, calls] of clients.entries()) {
    for (let i = calls.length - 1; i >= 0 && calls.length > 1; i--) {
      yield { ...program, clients: clients.with(index, calls.toSpliced(i, 1)) };
    }
  }
  for (const [index, calls] of clients.entries()) {
    for (const [i, call] of calls.entries()) {
      for (const simple of simplerCalls(call)) {
        yield { ...program, clients: clients.with(index, calls.with(i, simple)) };
      }
    }
  }
  if (program.prepare === "eager") yield { ...program, clients, prepare: "lazy" };
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
  if ("command" in request && request.command[0] !== SIMPLE_COMMAND[0]) {
    yield { ...request, command: SIMPLE_COMMAND };
  }
}

const SIMPLE_COMMAND = ["sleep", "1000"];
