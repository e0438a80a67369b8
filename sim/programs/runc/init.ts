import { hasErrno } from "../../../src/kernel/errno.ts";
import type { NamespaceKind } from "../../../src/kernel/namespaces.ts";
import type { Program, Sys } from "../program.ts";
import type { Spec, SpecProcess } from "./state.ts";

/** The descriptors of `runc init`, beside its standard ones. */
export const INIT_FILES = { fromParent: 3, toParent: 4, execFifo: 5 } as const;

const KINDS: Readonly<Record<string, NamespaceKind>> = {
  network: "net",
  ipc: "ipc",
  uts: "uts",
  pid: "pid",
};

const SIGNALS_TO_RESET: readonly number[] = [13];

/**
 * The first process of a container, before it becomes the user's program (runc,
 * libcontainer/standard_init_linux.go). Dies when `runc create` goes away before it is set up.
 */
export function initProgram(containerId: string, spec: Spec, rootfs: string): Program {
  return async (sys) => {
    sys.setContainer({ containerId, role: "init" });
    // Nothing happens before the parent has put us into the cgroup.
    if ((await sys.read(INIT_FILES.fromParent, 1)).length === 0) return 1;
    try {
      await joinNamespaces(sys, spec);
      await checkMounts(sys, spec, rootfs);
      await changeRoot(sys, rootfs);
      await makeWorkingDirectory(sys, spec.process.cwd ?? "/");
    } catch (error) {
      return await report(sys, messageOf(error));
    }
    await sys.write(INIT_FILES.toParent, "ready\n");
    if ((await sys.read(INIT_FILES.fromParent, 1)).length === 0) return 1;
    const missing = await whyNotExecutable(sys, spec.process);
    if (missing !== undefined) return await report(sys, missing);
    await sys.close(INIT_FILES.toParent);
    await sys.close(INIT_FILES.fromParent);
    const fifo = await sys.reopen(INIT_FILES.execFifo, "write");
    await sys.write(fifo, "0");
    await sys.close(fifo);
    await sys.close(INIT_FILES.execFifo);
    return await execute(sys, spec.process);
  };
}

/** Becomes the program that the specification names. */
export async function execute(sys: Sys, process: SpecProcess): Promise<number> {
  for (const signal of SIGNALS_TO_RESET) await sys.signalAction(signal, "default");
  const [program = "", ...args] = process.args;
  if (hasWorkingDirectory(process.cwd)) await sys.changeDirectory(process.cwd);
  return await sys.exec(program, args, environment(process));
}

/** Why the program cannot be executed, as Go's exec.LookPath says it; undefined when it can. */
export async function whyNotExecutable(
  sys: Sys,
  process: SpecProcess,
): Promise<string | undefined> {
  const [program = ""] = process.args;
  if (await sys.canExecute(program)) return undefined;
  return program.includes("/")
    ? `exec: "${program}": stat ${program}: no such file or directory`
    : `exec: "${program}": executable file not found in $PATH`;
}

function environment(process: SpecProcess): Record<string, string> {
  return Object.fromEntries((process.env ?? []).map((entry) => {
    const equals = entry.indexOf("=");
    return [entry.slice(0, equals), entry.slice(equals + 1)];
  }));
}

async function joinNamespaces(sys: Sys, spec: Spec): Promise<void> {
  const own: NamespaceKind[] = [];
  for (const { type, path } of spec.linux?.namespaces ?? []) {
    const kind = KINDS[type];
    if (kind === undefined) continue;
    if (path) await sys.joinPath(kind, path);
    else if (kind !== "pid") own.push(kind);
  }
  if (own.length > 0) await sys.unshare(own);
  if (own.includes("uts") && spec.hostname) await sys.setHostname(spec.hostname);
}

async function checkMounts(sys: Sys, spec: Spec, rootfs: string): Promise<void> {
  for (const { type, source, options = [], destination } of spec.mounts ?? []) {
    const isBind = type === "bind" || options.includes("bind") || options.includes("rbind");
    if (!isBind || source === undefined || await sys.stat(source) !== undefined) continue;
    throw new Error(
      `error mounting "${source}" to rootfs at "${destination}": stat ${source}: no such file or directory`,
    );
  }
  if (await sys.stat(rootfs) === undefined) {
    throw new Error(`error preparing rootfs: stat ${rootfs}: no such file or directory`);
  }
}

async function changeRoot(sys: Sys, rootfs: string): Promise<void> {
  await sys.changeRoot(rootfs);
}

/** Made with its parents where it is missing (runc, libcontainer/rootfs_linux.go, os.MkdirAll). */
async function makeWorkingDirectory(sys: Sys, cwd: string): Promise<void> {
  if (!hasWorkingDirectory(cwd)) return;
  let path = "";
  for (const name of cwd.split("/").filter(Boolean)) {
    path += `/${name}`;
    const kind = (await sys.stat(path))?.kind;
    if (kind === undefined) await sys.mkdir(path);
    else if (kind === "file") {
      throw new Error(`error during container init: mkdir ${path}: not a directory`);
    }
  }
}

/** The root itself needs neither making nor entering. */
function hasWorkingDirectory(cwd: string | undefined): cwd is string {
  return cwd !== undefined && cwd !== "" && cwd !== "/";
}

async function report(sys: Sys, message: string): Promise<number> {
  await sys.write(INIT_FILES.toParent, `error ${message}\n`).catch(() => {});
  return 1;
}

function messageOf(error: unknown): string {
  if (hasErrno(error, "ENOENT")) return `${error.verb} ${error.subject}: no such file or directory`;
  if (error instanceof Error) return error.message;
  throw error;
}
