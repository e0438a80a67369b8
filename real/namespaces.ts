import { hasErrno, KernelError } from "../src/kernel/errno.ts";
import type {
  InterfaceUsage,
  NamespaceKind,
  NamespacePins,
  Namespaces,
} from "../src/kernel/namespaces.ts";
import type { Processes, ProcessIdentity } from "../src/kernel/processes.ts";
import { hasSucceeded } from "../src/kernel/run.ts";
import { asKernelError, attempt } from "./errno.ts";
import { parseInterfaces } from "./interfaces.ts";
import { check, libc, O, openFd, owned } from "./libc.ts";
import { linuxMounts } from "./mounts.ts";
import { statOf } from "./proc.ts";
import type { SpareNamespaces } from "./spare_namespaces.ts";
import { runTool, toolFailed, type ToolResult } from "./tool.ts";

const NSFS_MAGIC = 0x6e736673n;
const STATFS_BYTES = 256;
/** How the script ends when a parameter is refused: its last line is the parameter's path. */
const REFUSED = 100;
/** What is set are arguments, never a part of the script: they come from a client. */
const SET_PARAMETERS = 'while [ $# -gt 0 ]; do printf %s "$2" > "/proc/sys/$1" || ' +
  `{ echo "/proc/sys/$1" >&2; exit ${REFUSED}; }; shift 2; done`;

/** Namespaces that a bind mount of nsfs keeps alive (man 7 namespaces). */
export class LinuxNamespaces implements Namespaces, Disposable {
  readonly #processes: Processes;
  readonly #spares: SpareNamespaces;
  #prepared: Promise<void> = Promise.resolve();

  constructor(processes: Processes, spares: SpareNamespaces) {
    this.#processes = processes;
    this.#spares = spares;
  }

  /** Resolves when spares for the pod after the last one are there, or never will be. */
  get prepared(): Promise<void> {
    return this.#prepared;
  }

  async pin(
    pins: NamespacePins,
    hostname: string,
    sysctls: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const paths = Object.entries(pins).filter(([, path]) => path !== undefined);
    if (paths.length === 0) return;
    for (const [, path] of paths) preparePin(path);
    const kinds = paths.map(([kind]) => kind);
    const parameters = Object.entries(sysctls);
    // What it is to have is not known when a spare is made.
    const isPlain = parameters.length === 0;
    using spare = isPlain ? await this.#spares.take(kinds, hostname) : undefined;
    if (spare === undefined) {
      if (pins.uts !== undefined) parameters.unshift(["kernel/hostname", hostname]);
      const result = await this.#unshare(paths, parameters);
      if (!hasSucceeded(result)) throw pinFailed(paths[0]![1], result);
    } else {
      for (const [index, { fd }] of spare.namespaces.entries()) await bind(fd, paths[index]![1]);
    }
    this.#prepared = this.#spares.prepare(kinds);
  }

  /** In a program of its own: whoever unshares leaves its namespaces, and the daemon must not. */
  async #unshare(
    paths: readonly Pin[],
    parameters: readonly (readonly [path: string, value: string])[],
  ): Promise<ToolResult> {
    const args = paths.map(([kind, path]) => `--${kind}=${path}`);
    const inside = parameters.length === 0
      ? ["true"]
      : ["sh", "-e", "-c", SET_PARAMETERS, "sh", ...parameters.flat()];
    return await runTool(this.#processes, { program: "unshare", args: [...args, "--", ...inside] });
  }

  async pinOf(process: ProcessIdentity, kind: NamespaceKind, path: string): Promise<void> {
    using namespace = openNamespace(process, kind);
    // After the open: what is open is the namespace of whoever had the pid then, and still has it.
    const stat = statOf(process.pid);
    if (stat === undefined || stat.startTime !== process.startTime) throw gone(process);
    preparePin(path);
    await bind(namespace.fd, path);
  }

  async unpin(path: string): Promise<void> {
    try {
      // More than one only where somebody pinned twice.
      while (isPin(path)) await linuxMounts.unmount(path);
      Deno.removeSync(path);
    } catch (error) {
      const kernelError = asKernelError("unpin", path, error);
      if (!hasErrno(kernelError, "ENOENT", "ENOTDIR")) throw kernelError;
    }
  }

  // deno-lint-ignore require-await
  async isPinned(path: string): Promise<boolean> {
    try {
      return isPin(path);
    } catch (error) {
      if (hasErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return false;
      throw error;
    }
  }

  async interfaces(path: string, process: ProcessIdentity): Promise<readonly InterfaceUsage[]> {
    const { ino: wanted } = attempt("stat", path, () => Deno.statSync(path));
    const file = `/proc/${process.pid}/net/dev`;
    const text = await Deno.readTextFile(file).catch((error) => {
      const kernelError = asKernelError("read", file, error);
      const isGone = hasErrno(kernelError, "ENOENT", "ESRCH", "EINVAL", "ENXIO");
      throw isGone ? gone(process, "interfaces") : kernelError;
    });
    // After the read: it was told through whoever had the pid then, and still has it. Who has the capabilities
    // may go over to another namespace; of that nobody asked.
    const stat = statOf(process.pid);
    const isSame = stat?.startTime === process.startTime && !stat.hasEnded;
    if (!isSame || networkOf(process) !== wanted) throw gone(process, "interfaces");
    return parseInterfaces(text, file);
  }

  /** Lets go of the spares. */
  [Symbol.dispose](): void {
    this.#spares[Symbol.dispose]();
  }
}

type Pin = readonly [kind: string, path: string];

function pinFailed(path: string, result: ToolResult): KernelError {
  const { status, stderr } = result;
  if (status.kind !== "exited" || status.code !== REFUSED) return toolFailed("pin", path, result);
  const lines = stderr.trim().split("\n");
  const parameter = lines.pop() ?? path;
  return toolFailed("pin", parameter, { ...result, stderr: lines.join("\n") });
}

/** @throws {KernelError} */
async function bind(fd: number, path: string): Promise<void> {
  await linuxMounts.mount(`/proc/self/fd/${fd}`, path, { type: "bind", options: [] });
}

/** Makes the file that a namespace is bound to. @throws {KernelError} ENOENT, EEXIST. */
function preparePin(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    const kernelError = asKernelError("pin", path, error);
    if (!hasErrno(kernelError, "EEXIST")) throw kernelError;
    if (isPin(path)) throw new KernelError("pin", "EEXIST", path, { detail: "already a pin" });
  }
}

/** A process without namespaces is a zombie (proc_ns_get_link in fs/proc/namespaces.c). */
function openNamespace(process: ProcessIdentity, kind: NamespaceKind) {
  try {
    return owned(openFd("pinOf", `/proc/${process.pid}/ns/${kind}`, O.RDONLY));
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ESRCH", "EACCES")) throw gone(process);
    throw error;
  }
}

function gone(process: ProcessIdentity, verb = "pinOf"): KernelError {
  return new KernelError(verb, "ESRCH", `pid ${process.pid}`);
}

/** The number of the network namespace that a process is in (man 7 namespaces); undefined when it is gone. */
function networkOf({ pid }: ProcessIdentity): number | null | undefined {
  const path = `/proc/${pid}/ns/net`;
  try {
    return Deno.statSync(path).ino;
  } catch (error) {
    const kernelError = asKernelError("stat", path, error);
    if (hasErrno(kernelError, "ENOENT", "ESRCH", "EACCES")) return undefined;
    throw kernelError;
  }
}

/** Whether what is at `path` is a namespace, a last symlink not followed. */
function isPin(path: string): boolean {
  using file = owned(openFd("isPinned", path, O.PATH | O.NOFOLLOW));
  const statfs = new BigUint64Array(STATFS_BYTES / 8);
  check("isPinned", path, libc().fstatfs(file.fd, statfs));
  return statfs[0] === NSFS_MAGIC;
}
