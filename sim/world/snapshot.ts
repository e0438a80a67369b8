import { toText } from "./content.ts";
import { Directory, type Inode } from "./inode.ts";
import type { Machine } from "./machine.ts";
import type { Place } from "./place.ts";

/** Where what belongs to pods can be left behind. */
const ROOTS: readonly string[] = ["/run", "/var/lib", "/var/log", "/tmp", "/dev/shm"];

/** Bookkeeping of host-local that outlives every allocation by design. */
const HARMLESS = /^(last_reserved_ip\.\d+|lock)$/;

/** What a snapshot looks at. */
export interface SnapshotOptions {
  /** Folders whose files count. */
  readonly roots?: readonly string[];
  /** Paths that are left out; what is below them counts, unless it is meant as well. */
  readonly ignore?: RegExp;
}

/** An address that CNI's host-local has given out. */
export interface Allocation {
  /** The network's name in CNI's configuration. */
  readonly network: string;
  /** Without prefix length. */
  readonly address: string;
  /** The sandbox's id, which CNI calls the container's. */
  readonly containerId: string;
  /** The pod's end: "eth0". */
  readonly interfaceName: string;
}

/**
 * Everything that could be left behind, a line each: processes, mounts, cgroups, namespaces, files,
 * addresses, records. Two snapshots are equal when nothing leaked between them.
 */
export function snapshot(machine: Machine, options: SnapshotOptions = {}): string[] {
  const lines: string[] = [];
  for (const process of machine.processes.all()) {
    if (process === machine.processes.init || process.isReaper) continue;
    lines.push(`process ${process.args.join(" ")}${process.isAlive ? "" : " (zombie)"}`);
  }
  for (const mount of machine.tree.mounts) lines.push(`mount ${mount.type} ${mount.target}`);
  for (const path of machine.cgroups.paths()) {
    const limits = machine.cgroups.find(path)?.limits() ?? [];
    lines.push([`cgroup ${path}`, ...limits.map((it) => it.join("="))].join(" "));
  }
  const namespaces = new Map<string, number>();
  for (const { kind } of machine.namespaces.alive()) {
    namespaces.set(kind, (namespaces.get(kind) ?? 0) + 1);
  }
  for (const [kind, count] of namespaces) lines.push(`namespaces ${kind} ${count}`);
  for (const root of options.roots ?? ROOTS) {
    const place = machine.tree.find(root);
    if (place !== undefined) listFiles(place, root, options.ignore, lines);
  }
  for (const { table, id } of machine.store.records()) lines.push(`record ${table} ${id}`);
  return lines.sort();
}

/** What is in `after` and not in `before`, with "+", and the other way round, with "-". */
export function difference(before: readonly string[], after: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of after) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const line of before) counts.set(line, (counts.get(line) ?? 0) - 1);
  const lines: string[] = [];
  for (const [line, count] of counts) {
    for (let i = 0; i < Math.abs(count); i++) lines.push(`${count > 0 ? "+" : "-"} ${line}`);
  }
  return lines.sort();
}

/** The paths of everything below a folder that is none itself, in order; nothing of what is mounted there. */
export function filesBelow(machine: Machine, folder: string): string[] {
  const paths: string[] = [];
  const place = machine.tree.find(folder);
  if (place === undefined) return paths;
  visit(place, folder, (path, inode) => {
    if (!(inode instanceof Directory)) paths.push(path);
  });
  return paths.sort();
}

/** The address table of CNI (host-local keeps a file for each, named by the address). */
export function allocations(machine: Machine): Allocation[] {
  const found: Allocation[] = [];
  const networks = machine.tree.find("/var/lib/cni/networks")?.inode;
  if (!(networks instanceof Directory)) return found;
  for (const network of networks.names()) {
    const folder = networks.lookup(network);
    if (!(folder instanceof Directory)) continue;
    for (const address of folder.names()) {
      if (HARMLESS.test(address)) continue;
      const text = toText(folder.lookup(address)?.content ?? "");
      const [containerId = "", interfaceName = ""] = text.split(/\r?\n/);
      found.push({ network, address, containerId, interfaceName });
    }
  }
  return found;
}

function listFiles(place: Place, path: string, ignore: RegExp | undefined, lines: string[]): void {
  visit(place, path, (child, inode) => {
    const size = inode.kind === "file" && inode.content.length === 0 ? " (empty)" : "";
    if (!ignore?.test(child)) lines.push(`${inode.kind} ${child}${size}`);
  });
}

/** Whatever is below a folder, but what a mount shows: that is named by the mount's own line. */
function visit(place: Place, path: string, see: (path: string, inode: Inode) => void): void {
  if (!(place.inode instanceof Directory)) return;
  for (const name of place.inode.names()) {
    const inode = place.inode.lookup(name);
    if (inode === undefined || HARMLESS.test(name)) continue;
    const child = `${path}/${name}`;
    see(child, inode);
    if (place.mount.children.get(inode) !== undefined) continue;
    visit({ mount: place.mount, inode, parent: place, name }, child, see);
  }
}
