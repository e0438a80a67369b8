import type { Compared } from "./compare.ts";
import type { Program, Step } from "./program.ts";
import { COMMANDS, WORKLOADS } from "./workloads.ts";

const KINDS: readonly Step["kind"][] = [
  "ContainerStatus",
  "CreateContainer",
  "Exec",
  "ExecSync",
  "Kill",
  "RemoveContainer",
  "RemovePodSandbox",
  "ReopenContainerLog",
  "Restart",
  "RunPodSandbox",
  "StartContainer",
  "StopContainer",
  "StopPodSandbox",
  "UpdateContainerResources",
];

/** What was reached by the programs that were compared: a rare branch must be seen, or nothing was shown. */
export class Tally {
  programs = 0;
  steps = 0;
  calls = 0;
  readonly #answers = new Map<string, number>();
  readonly #workloads = new Map<string, number>();
  readonly #commands = new Map<string, number>();
  readonly #ends = new Map<string, number>();

  /** Counts a program and what Linux answered. */
  add({ steps }: Program, { observations, callCount }: Compared): void {
    this.programs++;
    this.calls += callCount;
    this.steps += steps.length;
    for (const step of steps) {
      if (step.kind === "CreateContainer") count(this.#workloads, step.workload);
    }
    for (const line of observations) {
      const [, kind, answer] = /^(\w+)(?: [^:]*)?: (\w+)/.exec(line) ?? [];
      if (kind !== undefined) count(this.#answers, `${kind} ${answer}`);
      const command = /^Exec(?:Sync)? \w+ (.*?)(?: in a terminal)?: done/.exec(line)?.[1];
      if (command !== undefined) count(this.#commands, command);
      const end = /: EXITED (\d+ \w+)/.exec(line)?.[1];
      if (end !== undefined) count(this.#ends, end);
    }
  }

  /** Kinds of steps that never went well, and workloads and commands that never ran. */
  get missing(): readonly string[] {
    return [
      ...KINDS.filter((kind) => !this.#answers.has(`${kind} done`)),
      ...Object.keys(WORKLOADS).filter((name) => !this.#workloads.has(name)),
      ...Object.entries(COMMANDS).filter(([name, [command, timeoutMs]]) =>
        !this.#commands.has(name) && timeoutMs === 0 && command.length > 0 && !IS_MISSING.test(name)
      ).map(([name]) => name),
    ];
  }

  /** A few lines for people. */
  text(): string {
    return [
      `${this.programs} programs, ${this.steps} steps, ${this.calls} calls of the kernel in traces`,
      `answers: ${shown(this.#answers)}`,
      `ends: ${shown(this.#ends)}`,
    ].join("\n");
  }
}

/** Its execution fails. */
const IS_MISSING = /^is missing$/;

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function shown(counts: ReadonlyMap<string, number>): string {
  return [...counts].sort(([a], [b]) => a < b ? -1 : 1).map(([key, n]) => `${key} ${n}`).join(", ");
}
