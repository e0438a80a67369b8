import type { Settings } from "../../real/inherited_settings.ts";
import { LinuxNamespaces } from "../../real/namespaces.ts";
import { SpareNamespaces, type SpareOptions } from "../../real/spare_namespaces.ts";
import type { NamespacePins } from "../../src/kernel/namespaces.ts";
import type { ProcessEntry, Processes } from "../../src/kernel/processes.ts";

/** The namespaces of a pod with a network of its own. */
export const KINDS = ["net", "ipc", "uts"] as const;

/** Spares as soon as they can be made, whatever else the host does, under settings that stay. */
export const AT_ONCE: SpareOptions = {
  idleMs: () => Infinity,
  quietMs: 0,
  settings: settingsOf(() => ""),
};

/** Settings of no host. */
export function settingsOf(of: Settings["of"]): Settings {
  return { of, [Symbol.dispose]() {} };
}

/** Namespaces of a host, and spares that `spawn` makes. */
export function namespacesOf(
  processes: Processes,
  options: SpareOptions = AT_ONCE,
  spawn: Processes["spawn"] = (command, options) => processes.spawn(command, options),
): LinuxNamespaces {
  return new LinuxNamespaces(processes, new SpareNamespaces(spawn, options));
}

/** Pins of a pod with a network of its own; its folder is made. */
export function podIn(folder: string): Required<NamespacePins> {
  Deno.mkdirSync(folder);
  return pins(folder);
}

/** Of each kind, in a folder. */
export function pins(folder: string): Required<NamespacePins> {
  return { net: `${folder}/net`, ipc: `${folder}/ipc`, uts: `${folder}/uts` };
}

/** The shells of this process that wait for a name. */
export async function waitingShells(processes: Processes): Promise<readonly ProcessEntry[]> {
  return (await processes.list()).filter((it) =>
    it.parentPid === Deno.pid && it.args.join(" ").includes("kernel/hostname")
  );
}

/** Which namespace of each kind a process is in. */
export function namespacesOfProcess(pid: number): readonly (number | null)[] {
  return KINDS.map((kind) => Deno.statSync(`/proc/${pid}/ns/${kind}`).ino);
}
