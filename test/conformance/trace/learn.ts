import { isExec } from "../../../src/oci/conmon.ts";
import type { ProcessEntry, ProcessIdentity } from "../../../src/kernel/processes.ts";
import { textOf } from "../../../src/utf8.ts";
import { basename } from "@std/path";
import type { Pids } from "./pids.ts";
import type { RecordedCall } from "./trace.ts";

/**
 * Takes from two answers to one call which process of the model stands for which of the recorded
 * machine. `startTimeOf` tells that of a process of the model.
 */
export function learnPids(
  call: RecordedCall,
  { real, model }: { readonly real: unknown; readonly model: unknown },
  pids: Pids,
  startTimeOf: (pid: number) => number,
): void {
  if (call.verb === "processes.spawn" || call.verb === "processes.open") {
    return pids.learn(real as ProcessIdentity, model as ProcessIdentity);
  }
  if (call.verb !== "files.readFile" || !PROCESS_FILES.test(String(call.args[0]))) return;
  if (!(real instanceof Uint8Array) || !(model instanceof Uint8Array)) return;
  const one = identityIn(textOf(real));
  const other = identityIn(textOf(model));
  if (one === undefined || other === undefined) return;
  pids.learn(one, { ...other, startTime: other.startTime || startTimeOf(other.pid) });
}

/** Takes from two lists of one directory, in order, which temporary file stands for which. */
export function learnTemporaryNames(
  { real, model }: { readonly real: unknown; readonly model: unknown },
  names: Map<string, string>,
): void {
  const models = model as readonly string[];
  for (const [index, name] of (real as readonly string[]).entries()) {
    const other = models[index];
    if (other !== undefined && other !== name) names.set(name, other);
  }
}

/** Takes from two process tables what each OCI runtime, or conmon of a command, that is known has last started. */
export function learnCommands(
  { real, model }: { readonly real: unknown; readonly model: unknown },
  pids: Pids,
): void {
  for (const pair of [...pids.pairs]) {
    const one = commandOf(real, pair.real);
    const other = commandOf(model, pair.model);
    if (one !== undefined && other !== undefined) pids.learn(one, other);
  }
}

/**
 * What an OCI runtime, or the conmon of a command, has last started in a process table, itself or through
 * the runtime below it; undefined when it has started nothing, or is none.
 */
export function commandOf(table: unknown, parent: ProcessIdentity): ProcessEntry | undefined {
  const processes = table as readonly ProcessEntry[];
  const helper = processes.find((it) => it.pid === parent.pid);
  if (helper === undefined || !(isExec(helper.args) || isRuntime(helper))) return undefined;
  return processes.filter((it) => it.parentPid === helper.pid)
    .flatMap((it) => isExec(it.args) ? commandOf(table, it) ?? [] : [it])
    .toSorted((a, b) => b.startTime - a.startTime)[0];
}

function isRuntime({ args }: ProcessEntry): boolean {
  return basename(args[0] ?? "") === "runc";
}

/** Files that name a process. */
const PROCESS_FILES = /\/(state\.json|pid|exec-\w+\.pid)$/;

/** The process that the OCI runtime's state.json or a pid file names; start time 0 where it says none. */
function identityIn(text: string): ProcessIdentity | undefined {
  if (/^\d+$/.test(text)) return { pid: Number(text), startTime: 0 };
  const [, pid] = /"init_process_pid": *(\d+)/.exec(text) ?? [];
  const [, startTime] = /"init_process_start": *(\d+)/.exec(text) ?? [];
  if (pid === undefined || startTime === undefined) return undefined;
  return { pid: Number(pid), startTime: Number(startTime) };
}
