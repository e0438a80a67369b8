import { RuntimeError } from "../errors.ts";
import { KernelError } from "../kernel/errno.ts";
import type { NamespacePins } from "../kernel/namespaces.ts";

/** The namespace that a kernel parameter belongs to, or undefined when it is the whole machine's. */
function sysctlNamespace(name: string): "net" | "ipc" | "uts" | undefined {
  const dotted = name.replaceAll("/", ".");
  if (dotted.startsWith("net.")) return "net";
  if (dotted.startsWith("fs.mqueue.") || IPC_SYSCTLS.has(dotted)) return "ipc";
  return dotted === "kernel.domainname" ? "uts" : undefined;
}

/**
 * Refuses parameters of a pod that would change the whole machine, for RunPodSandbox to ask before it
 * does anything.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT.
 */
export function validateSysctls(sysctls: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(sysctls)) {
    if (!/^[a-zA-Z0-9_-]+([./][a-zA-Z0-9_@:-]+)+$/.test(name) || value.includes("\0")) {
      throw invalid(name, "malformed");
    }
    if (name.replaceAll("/", ".") === "kernel.hostname") throw invalid(name, "hostname sets it");
    if (sysctlNamespace(name) === undefined) throw invalid(name, "it belongs to no namespace");
  }
}

/** The parameters of namespaces that are a pod's own, by their paths below /proc/sys. */
export function sysctlsFor(
  sysctls: Readonly<Record<string, string>>,
  pins: NamespacePins,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(sysctls).flatMap(([name, value]) => {
      const namespace = sysctlNamespace(name);
      const isOwn = namespace !== undefined && pins[namespace] !== undefined;
      return isOwn ? [[pathOf(name), value]] : [];
    }),
  );
}

/** What the client is told of an error of `Namespaces.pin`: of a parameter its own name for it. */
export function sysctlRefusal(
  error: unknown,
  sysctls: Readonly<Record<string, string>>,
): unknown {
  if (!(error instanceof KernelError)) return error;
  const refused = Object.entries(sysctls)
    .find(([name]) => error.subject === `/proc/sys/${pathOf(name)}`);
  if (refused === undefined) return error;
  const [name, value] = refused.map((it) => JSON.stringify(it));
  const message = `Cannot set sysctl ${name} to ${value}: this kernel refuses it`;
  return new RuntimeError("INVALID_ARGUMENT", message, { cause: error });
}

/** With dots between its parts a slash stands for a dot in one (man 5 sysctl.d). */
function pathOf(name: string): string {
  const isPath = /^[^.]*\//.test(name);
  return isPath ? name : name.replace(/[./]/g, (it) => it === "." ? "/" : ".");
}

/** System V objects and their limits (man 7 ipc_namespaces). */
const IPC_SYSCTLS: ReadonlySet<string> = new Set([
  "kernel.msgmax",
  "kernel.msgmnb",
  "kernel.msgmni",
  "kernel.sem",
  "kernel.shmall",
  "kernel.shmmax",
  "kernel.shmmni",
  "kernel.shm_rmid_forced",
]);

function invalid(name: string, why: string): RuntimeError {
  return new RuntimeError("INVALID_ARGUMENT", `Cannot set sysctl ${JSON.stringify(name)}: ${why}`);
}
