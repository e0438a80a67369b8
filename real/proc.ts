import { hasErrno } from "../src/kernel/errno.ts";
import type { ProcessEntry, ProcessIdentity } from "../src/kernel/processes.ts";
import { asKernelError, attempt } from "./errno.ts";
import type { Executions, Look } from "./executions.ts";
import type { MemoryFile, ProcessMemory } from "./process_memory.ts";

/** Of the files that are read on other threads. */
const READ_AT_ONCE = 4;

/** Flags of a process: forked, and has executed nothing since; a thread of the kernel (linux/sched.h). */
const PF_FORKNOEXEC = 0x40;
const PF_KTHREAD = 0x20_0000;

/** What the port wants of /proc/PID/stat (man 5 proc). */
export interface ProcessStat extends ProcessIdentity {
  readonly parentPid: number;
  /** Nothing of it runs any more; a first thread that has ended leaves others of its process behind. */
  readonly hasEnded: boolean;
  /** It has no arguments. */
  readonly isKernelThread: boolean;
  /** It still has the program of who forked it. */
  readonly isForked: boolean;
  /** In the middle of an execve: its old memory is gone, and its arguments are not in the new one yet. */
  readonly isExecuting: boolean;
}

/**
 * Reads one line of /proc/PID/stat; undefined when it is none. The name of the program may hold
 * spaces and brackets, so the fields are counted from the last closing one.
 */
export function parseStat(text: string): ProcessStat | undefined {
  const nameEnd = text.lastIndexOf(")");
  const pid = Number.parseInt(text, 10);
  // The third field of the line is the first here.
  const fields = text.slice(nameEnd + 2).split(" ");
  const [state, parentPid, flags, threads, startTime, codeStart] = [3, 4, 9, 20, 22, 26]
    .map((it) => fields[it - 3]);
  if (nameEnd < 0 || !Number.isInteger(pid) || !Number.isInteger(Number(startTime))) {
    return undefined;
  }
  const hasEnded = state === "X" || state === "Z" && Number(threads) < 2;
  const isKernelThread = (Number(flags) & PF_KTHREAD) !== 0;
  return {
    pid,
    startTime: Number(startTime),
    parentPid: Number(parentPid),
    hasEnded,
    isKernelThread,
    isForked: (Number(flags) & PF_FORKNOEXEC) !== 0,
    // Where its code is, which is known once all else is in place (load_elf_binary in fs/binfmt_elf.c).
    isExecuting: codeStart === "0" && !isKernelThread && state !== "Z" && state !== "X",
  };
}

/**
 * The process that has `pid` now, a zombie included; undefined when there is none.
 *
 * @throws {KernelError} EMFILE and the like, when nobody can tell.
 */
export function statOf(pid: number): ProcessStat | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/**
 * The process table, sorted by pid. Of thousands, which any container may start, it takes as many turns of the
 * event loop as there are reads on other threads, a few at the same time.
 */
export async function processTable(
  memory: ProcessMemory,
  executions: Executions,
): Promise<ProcessEntry[]> {
  const lastLook = executions.reading();
  const table: ProcessEntry[] = [];
  const pids = allPids();
  while (pids.length > 0) {
    const looks = pids.splice(0, READ_AT_ONCE).map((pid) => lastLook(() => lookAt(pid, memory)));
    const seen = (await Promise.all(looks)).filter((it) => it !== undefined);
    table.push(...seen.map(({ args, after: { pid, startTime, parentPid } }) => ({
      pid,
      startTime,
      parentPid,
      args,
    })));
  }
  return table;
}

function allPids(): number[] {
  return attempt("list", "/proc", () => [...Deno.readDirSync("/proc")])
    .filter((entry) => /^[0-9]+$/.test(entry.name))
    .map((entry) => Number(entry.name))
    .sort((a, b) => a - b);
}

/** The arguments are only the process's when it is still there after they were read. */
async function lookAt(pid: number, memory: ProcessMemory): Promise<Look | undefined> {
  const before = statOf(pid);
  if (before === undefined || before.hasEnded) return undefined;
  const read = await textsOf(before, "cmdline", memory);
  return read && { before, args: read.texts, after: read.after };
}

/** The environment that a process was executed with; none when it has ended, or keeps whoever reads it. */
export async function environmentOf(
  process: ProcessIdentity,
  memory: ProcessMemory,
): Promise<Record<string, string>> {
  const read = await textsOf(process, "environ", memory);
  const variables = read?.texts.filter((it) => it.includes("=")) ?? [];
  return Object.fromEntries(variables.map((it) => {
    const nameEnd = it.indexOf("=");
    return [it.slice(0, nameEnd), it.slice(nameEnd + 1)];
  }));
}

/** What a process was executed with, each ending in a NUL (man 5 proc); undefined once it has ended. */
async function textsOf(
  process: ProcessIdentity,
  file: MemoryFile,
  memory: ProcessMemory,
): Promise<{ readonly texts: readonly string[]; readonly after: ProcessStat } | undefined> {
  const text = await memory.text(process, file);
  const after = statOf(process.pid);
  if (after?.startTime !== process.startTime || after.hasEnded) return undefined;
  return { texts: text === "" ? [] : text.replace(/\0$/, "").split("\0"), after };
}

/** Undefined when the process is gone. */
function readProc(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throwUnlessGone(path, error);
    return undefined;
  }
}

/**
 * What kept a file of a process from being read, unless the process is gone: ENOENT before the file is opened,
 * ESRCH after. Of whatever cannot be looked at now nobody may say that it is gone (RACES.md W14).
 *
 * @throws {KernelError}
 */
export function throwUnlessGone(path: string, error: unknown): void {
  const kernelError = asKernelError("read", path, error);
  if (!hasErrno(kernelError, "ENOENT", "ESRCH")) throw kernelError;
}
