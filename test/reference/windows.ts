import {
  befallen,
  clients,
  CREATE,
  create,
  failing,
  REMOVE,
  REMOVE_SANDBOX,
  RUN,
  RUN_WITH_NETWORK,
  START,
  STOP,
  STOP_SANDBOX,
  stubborn,
  times,
} from "./programs.ts";
import type { LifecycleProgram } from "../../sim/lifecycle/request.ts";

/** A race that the reference still has. */
export interface Window {
  /** As RACES.md calls it. */
  readonly name: string;
  /** What the oracle says when it happens: the invariant, and the rest that tells it from others. */
  readonly shows: RegExp;
  /** Where our core keeps it from happening. */
  readonly repair: string;
  /** A small program in which it can happen; crashes and cancels are drawn from the seed. */
  program(seed: number): LifecycleProgram;
}

/** Every race of the reference that exploration finds, in the order of their names. */
export const WINDOWS: readonly Window[] = [
  {
    name: "W1",
    shows: /^I17 .*\(StartError\)/,
    repair: "container/settle.ts",
    program: (seed) => clients([RUN, CREATE, { ...START, patienceSteps: seed % 120 }]),
  },
  {
    name: "W2",
    shows: /^I17 .*\(StartError\)/,
    repair: "container/settle.ts",
    program: () => failing(clients(stubborn(RUN, CREATE, START)), "no descriptors", 500),
  },
  {
    name: "W3",
    shows: /^I1 /,
    repair: "container/start.ts",
    program: () => {
      const calls = [...times(6, RUN), ...times(6, CREATE), ...times(6, START)];
      return failing(clients(calls), "disk full", 2_500);
    },
  },
  {
    name: "W4a",
    shows: /^I5 .*(has got a process|there is a process)/,
    repair: "kernel/gate.ts",
    program: () => clients([STOP_SANDBOX], [RUN, CREATE, START]),
  },
  {
    name: "W4b",
    shows: /^I5 .*was stopped and is ready/,
    repair: "kernel/gate.ts",
    program: () => clients([RUN, STOP_SANDBOX]),
  },
  {
    name: "W5",
    shows: /^I6 .*(which was removed|left container)/,
    repair: "kernel/gate.ts",
    program: () => clients([REMOVE_SANDBOX], [RUN, CREATE]),
  },
  {
    name: "W7",
    shows: /^I3 .*was stopped and is RUNNING, nothing/,
    repair: "container/stop.ts",
    program: () => clients(times(40, STOP), [RUN, create("true"), START]),
  },
  {
    name: "W8",
    shows: /^I1 /,
    repair: "container/start.ts",
    // The second monitor is the container's.
    program: (seed) => {
      const program = clients([RUN, CREATE, START, START, START]);
      const unwatched = befallen(program, "conmon killed", 190 + seed % 60, 1);
      return befallen(unwatched, "daemon killed", 1 + seed % 7);
    },
  },
  {
    name: "W13",
    shows: /^I10 .*STARTED after CREATED, STOPPED/,
    repair: "container/container.ts",
    program: () => clients([RUN, create("true"), START]),
  },
  {
    name: "W17",
    shows: /^I4 .*left .*\/containers\//,
    repair: "container/remove.ts",
    program: () =>
      failing(clients([...stubborn(RUN, CREATE), ...times(3, REMOVE)]), "disk fails", 1_000),
  },
  {
    name: "W18",
    shows: /^I8 .*it was never created/,
    repair: "container/state.ts",
    program: (seed) => {
      const program = failing(clients(stubborn(RUN, CREATE, START)), "disk fails", 300);
      return befallen(program, "daemon killed", 300 + seed % 200);
    },
  },
  {
    name: "W20",
    shows: /^I12 .*record lease/,
    repair: "sandbox/run.ts",
    program: (seed) => befallen(clients([RUN_WITH_NETWORK]), "daemon killed", 1 + seed % 100),
  },
  {
    name: "W26",
    shows: /the daemon does not start: name ".*" is reserved for/,
    repair: "container/janitor.ts",
    // Of every eight names one is used twice.
    program: (seed) => {
      const program = clients([RUN, ...times(7, CREATE), ...times(4, START)]);
      const refused = failing(program, "commit done and refused", 1_000);
      return befallen(refused, "daemon killed", 350 + seed % 150);
    },
  },
  {
    name: "W27",
    shows: /^I6 .*left .*record sandbox/,
    repair: "sandbox/remove.ts",
    program: () =>
      failing(clients([...stubborn(RUN), ...times(3, REMOVE_SANDBOX)]), "disk fails", 500),
  },
  {
    name: "W28",
    shows: /^I11 .*still running, to stop first/,
    repair: "container/claim.ts",
    program: () => clients(times(40, REMOVE), [RUN, CREATE, START]),
  },
];
