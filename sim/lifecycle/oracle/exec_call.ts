import { isExec } from "../../../src/oci/conmon.ts";
import type { Process } from "../../world/process.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import type { OracleOptions } from "./oracle.ts";
import { codeOf } from "./exit_code.ts";
import { hold, short } from "./violation.ts";

/** From the end of the drain to the answer; time passes only when nothing can run. */
const LATE_MICROS_MAX = 1_000_000;

/** A command in a container, or what would have become one if nobody had killed it before. */
interface Command {
  readonly process: Process;
  /** The calls that can have executed it: one, or several of the same time. */
  readonly callers: ReadonlySet<Call>;
  /** Those of them that are not over. */
  readonly waiting: Set<Call>;
  /** Which brings it into the container, and writes down its pid then. */
  readonly ociRuntime: Process | undefined;
  /** Above both. */
  readonly conmon: Process | undefined;
  endedMicros: number | undefined;
}

/**
 * What ExecSync and Exec say and leave behind. I9: the code is a command's of its own. I13: it is answered soon
 * after its command has ended, whoever holds the output open (W22). I21: whoever gets an answer has no
 * command in the container any more. I5: nobody is on the way into a pod that was stopped.
 */
export class ExecCall implements Checker {
  readonly #commands = new Map<string, Command[]>();
  /** Containers in which a crash has cut an ExecSync off: what it began goes on. */
  readonly #cutOff = new Set<string>();
  /** conmons that a fault has killed. */
  readonly #struck = new Set<Process>();

  constructor(readonly facts: Facts, readonly options: OracleOptions) {}

  joined(process: Process): void {
    const { container } = process;
    // What a command forks is not waited for.
    if (container?.role !== "exec" || process.hasExecuted) return;
    const id = container.containerId;
    const callers = new Set(
      [...this.facts.calls].filter((it) => isExecution(it) && it.id === id),
    );
    const ociRuntime = process.parent;
    const command = {
      ...{ process, ociRuntime, conmon: ociRuntime?.parent },
      ...{ callers, waiting: new Set(callers), endedMicros: undefined },
    };
    this.#commands.set(id, [...this.#commands.get(id) ?? [], command]);
  }

  died(process: Process): void {
    if (process.container?.role !== "exec") return;
    const command = this.#of(process.container.containerId).find((it) => it.process === process);
    if (command !== undefined) command.endedMicros = this.facts.nowMicros;
  }

  signalled(target: Process, _signal: number, sender: Process | undefined): void {
    if (sender === undefined && target.args[0] === "conmon") this.#struck.add(target);
  }

  lost(call: Call): void {
    if (isExecution(call)) this.#cutOff.add(call.id);
  }

  answered(call: Call, exitCode: number | undefined): void {
    if (/^(Stop|Remove)PodSandbox$/.test(call.kind)) this.#requireNobodyOnTheWay(call.id);
    if (!isExecution(call)) return;
    hold(
      this.#of(call.id).some(({ process, callers }) =>
        callers.has(call) && process.exitStatus !== undefined &&
        (process.hasExecuted || process.exitStatus.kind === "signaled") &&
        codeOf(process.exitStatus) === exitCode
      ),
      "I9",
      () => `${call.kind} in ${short(call.id)} said ${exitCode}, and no command of it has ended so`,
    );
    this.#over(call);
  }

  refused(call: Call): void {
    if (isExecution(call)) this.#over(call);
  }

  #over(call: Call): void {
    for (const command of this.#of(call.id)) {
      const { process, callers, waiting, endedMicros } = command;
      const isOfCall = callers.size === 1 && callers.has(call) && !this.#cutOff.has(call.id);
      if (isOfCall) this.#requireSoon(call, endedMicros);
      if (!waiting.delete(call) || waiting.size > 0) continue;
      const isLeft = process.isAlive && this.options.isFaultless &&
        !this.#cutOff.has(call.id) && !this.#isNameless(command);
      hold(
        !isLeft,
        "I21",
        () => `${call.kind} in ${short(call.id)} is over, and ${process.pid} of it runs`,
      );
    }
  }

  /**
   * Whether nobody can tell which process it is: with its conmon, which a fault has killed, the OCI runtime has
   * died before it had written down a pid, and after it had told the command to begin (man 2 prctl,
   * PR_SET_PDEATHSIG).
   */
  #isNameless({ ociRuntime, conmon }: Command): boolean {
    return conmon !== undefined && this.#struck.has(conmon) &&
      ociRuntime?.exitStatus?.kind === "signaled";
  }

  #requireSoon({ id, runtime, pauseMs }: Call, endedMicros: number | undefined): void {
    // Who is slow to hear what was said waits for that.
    if (endedMicros === undefined || !this.options.isTimely || (pauseMs ?? 0) > 0) return;
    const lateMicros = this.facts.nowMicros - endedMicros;
    hold(
      lateMicros <= runtime.config.bounds.execDrainMs * 1_000 + LATE_MICROS_MAX,
      "I13",
      () => `a command in ${short(id)} ended ${lateMicros / 1_000} ms before its answer`,
    );
  }

  #requireNobodyOnTheWay(sandboxId: string): void {
    if (!this.options.isFaultless) return;
    for (const container of this.facts.containers.values()) {
      const { id } = container;
      if (container.sandboxId !== sandboxId || this.#cutOff.has(id)) continue;
      const isOnTheWay = this.facts.machine.processes.all().some(({ isAlive, args }) =>
        isAlive && args.includes(id) && isExec(args)
      );
      hold(
        !isOnTheWay,
        "I5",
        () => `sandbox ${short(sandboxId)} was stopped, and somebody executes in ${short(id)}`,
      );
    }
  }

  #of(id: string): readonly Command[] {
    return this.#commands.get(id) ?? [];
  }
}

/** Whether a call is answered with the end of a command. */
export function isExecution({ kind }: Call): boolean {
  return kind === "ExecSync" || kind === "Exec";
}
