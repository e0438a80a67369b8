import type { LinuxResources } from "../../../src/container/config.ts";

/** What a container runs, by the same words on both machines, and when it has come to rest. */
export interface Workload {
  readonly command: readonly string[];
  /** In addition to the image's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where the program starts; the image's when it is not given. */
  readonly workingDir?: string;
  /** By name, as the image's /etc/passwd has it. */
  readonly user?: string;
  /**
   * What a start waits for, so that the next step meets no race: the end of the program, or a line of
   * its output after which it only waits. Undefined for one that says nothing and waits at once.
   */
  readonly rest: "ended" | { readonly line: string } | undefined;
  /** Whether SIGTERM ends it: the grace period is then never used up. */
  readonly endsOnTerm: boolean;
}

const ENDS = { rest: "ended", endsOnTerm: false } as const;
const READY = { line: "ready" } as const;
/** Says that it is ready when its child is there: whether a signal finds one is no race then. */
const WAIT_FOR_SIGNALS = "while true; do sleep 1000 & echo ready; wait; done";

/** Every way of living and ending that both machines know. */
export const WORKLOADS: Readonly<Record<string, Workload>> = {
  succeeds: { command: ["true"], ...ENDS },
  fails: { command: shell("exit 3"), ...ENDS },
  prints: { command: shell("echo one; echo two >&2; echo three"), ...ENDS },
  "prints a part of a line": { command: shell("printf unfinished"), ...ENDS },
  "prints empty lines": { command: shell("echo; echo; echo end"), ...ENDS },
  "prints its environment": {
    command: shell('echo "$GREETING, $HOME"; exit 6'),
    env: { GREETING: "hello" },
    ...ENDS,
  },
  "runs as nobody": { command: shell("exit 2"), user: "nobody", ...ENDS },
  "runs as a stranger": { command: shell("exit 2"), user: "ghost", ...ENDS },
  "starts in a folder that is made": { command: shell("exit 4"), workingDir: "/made", ...ENDS },
  "starts below a file": { command: shell("exit 4"), workingDir: "/etc/passwd/below", ...ENDS },
  "is missing": { command: ["no-such-program"], ...ENDS },
  "is missing by path": { command: ["/bin/no-such-program"], ...ENDS },
  "misses a command": { command: shell("no-such-command"), ...ENDS },
  "leaves a child": { command: shell("sleep 1000 & exit 5"), ...ENDS },
  "kills itself": { command: shell("kill -9 $$; exit 8"), ...ENDS },
  "sends itself SIGTERM": { command: shell("kill -TERM $$; exit 9"), ...ENDS },
  "waits for a child": { command: shell("(exit 1) || sleep 0; echo after; exit 10"), ...ENDS },
  sleeps: { command: ["sleep", "1000"], rest: undefined, endsOnTerm: false },
  "ends on SIGTERM": {
    command: shell(`trap 'exit 7' TERM; ${WAIT_FOR_SIGNALS}`),
    rest: READY,
    endsOnTerm: true,
  },
  "says goodbye": {
    command: shell(`trap 'echo goodbye; exit 0' TERM; ${WAIT_FOR_SIGNALS}`),
    rest: READY,
    endsOnTerm: true,
  },
  "ignores SIGTERM": {
    command: shell("trap '' TERM; sleep 1000 & echo ready; wait; exit 1"),
    rest: READY,
    endsOnTerm: false,
  },
};

function shell(script: string): readonly string[] {
  return ["/bin/sh", "-c", script];
}

/** What ExecSync runs: name, command, and the milliseconds that it gets (0: as many as it takes). */
export const COMMANDS: Readonly<Record<string, readonly [readonly string[], timeoutMs: number]>> = {
  true: [["true"], 0],
  "exit 11": [shell("exit 11"), 0],
  prints: [shell("echo out; echo err >&2"), 0],
  "is missing": [["no-such-program"], 0],
  "misses a command": [shell("no-such-command"), 0],
  "kills itself": [shell("kill -9 $$"), 0],
  "leaves a child": [shell("sleep 12 & exit 13"), 0],
  "kills init": [shell("kill -9 1; exit 12"), 0],
  "takes too long": [["sleep", "1000"], 250],
  "is empty": [[], 0],
};

/** What UpdateContainerResources asks for, by name. */
export const UPDATES: Readonly<Record<string, Partial<LinuxResources>>> = {
  nothing: {},
  light: { cpuShares: 512 },
  small: { memoryLimitBytes: 64 << 20 },
  "half a CPU": { cpuQuota: 50_000, cpuPeriod: 100_000 },
  "the first CPU": { cpusetCpus: "0" },
  // A CPU that no machine has, and less time than Linux gives anybody.
  "a missing CPU": { cpuShares: 1_024, cpusetCpus: "9999" },
  "too little": { memoryLimitBytes: 96 << 20, cpuQuota: 10 },
};
