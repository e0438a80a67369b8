import type { NamespaceKind } from "../../../src/kernel/namespaces.ts";
import { footprints } from "../../footprint.ts";
import type { NetworkSys } from "../../programs/program.ts";
import { refuse } from "../errors.ts";
import { Directory } from "../inode.ts";
import type { Namespace } from "../namespaces.ts";
import { DescriptorCalls } from "./descriptor_calls.ts";

/** What sets a container apart: its root, mounts, namespaces and their interfaces, cgroups. */
export abstract class IsolationCalls extends DescriptorCalls {
  changeRoot(path: string): Promise<void> {
    return this.call("pivot_root", path, () => {
      const place = this.machine.tree.resolve("pivot_root", this.absolute(path), this.follow());
      if (!(place.inode instanceof Directory)) refuse("pivot_root", "ENOTDIR", path);
      this.process.root = place;
      this.process.cwd = "/";
    });
  }

  changeDirectory(path: string): Promise<void> {
    return this.call("chdir", path, () => {
      const place = this.machine.tree.resolve("chdir", this.absolute(path), this.follow());
      if (!(place.inode instanceof Directory)) refuse("chdir", "ENOTDIR", path);
      this.process.cwd = this.absolute(path);
    });
  }

  mount(source: string, target: string, type: string, options: readonly string[]): Promise<void> {
    return this.call("mount", [source, target], () => {
      this.machine.tree.mount("mount", source, this.absolute(target), type, options);
    });
  }

  unmount(target: string): Promise<void> {
    return this.call("umount2", target, () => {
      this.machine.unmount("umount2", this.absolute(target));
    });
  }

  unshare(kinds: readonly NamespaceKind[]): Promise<void> {
    return this.call("unshare", kinds, () => {
      const { namespaces, processes } = this.machine;
      const made = Object.fromEntries(kinds.map((kind) => [kind, namespaces.make(kind)]));
      processes.setNamespaces(this.process, made);
    });
  }

  setHostname(name: string): Promise<void> {
    return this.call("sethostname", name, () => {
      this.process.namespaces.uts.hostname = name;
    });
  }

  setParameter(path: string, value: string): Promise<void> {
    return this.call("write", path, () => {
      const { net, ipc, uts } = this.process.namespaces;
      const namespace = [net, ipc, uts].find((it) => it.parameters.has(path));
      if (namespace === undefined) return refuse("write", "ENOENT", path);
      if (!/^-?\d+(\s+-?\d+)*$/.test(value)) return refuse("write", "EINVAL", path);
      namespace.parameters.set(path, value);
    });
  }

  bindNamespace(kind: NamespaceKind, path: string): Promise<void> {
    return this.call("mount", [`/proc/self/ns/${kind}`, path], () => {
      this.machine.pin("mount", this.process.namespaces[kind], this.absolute(path));
    });
  }

  isPin(path: string): Promise<boolean> {
    return this.call(
      "statfs",
      path,
      () => this.machine.tree.find(this.absolute(path))?.inode.namespace !== undefined,
    );
  }

  joinPath(kind: NamespaceKind, path: string): Promise<void> {
    return this.call("setns", [kind, path], () => {
      const namespace = this.#namespaceAt("setns", path);
      if (namespace.kind !== kind) refuse("setns", "EINVAL", path);
      // Nobody is born in one whose init is gone (Linux, alloc_pid, PIDNS_ADDING): ENOMEM of the fork.
      if (kind === "pid" && !this.machine.processes.canGrow(namespace)) {
        refuse("setns", "ENOMEM", path);
      }
      // Entering a PID namespace is for the children (man 2 setns); runc's init is such a child.
      this.machine.processes.setNamespaces(this.process, { [kind]: namespace });
    });
  }

  joinProcess(pid: number): Promise<void> {
    return this.call("setns", `/proc/${pid}/ns`, () => {
      const target = this.machine.processes.get(pid);
      // Nothing enters a PID namespace whose init is dying (man 7 pid_namespaces).
      if (target?.state !== "alive") return refuse("setns", "ESRCH", String(pid));
      this.machine.observer?.enteredNamespaces?.(this.process, target);
      this.machine.processes.setNamespaces(this.process, target.namespaces);
      this.process.root = target.root;
    });
  }

  cgroupCreate(path: string): Promise<void> {
    return this.call("mkdir", `cgroup ${path}`, () => {
      this.machine.cgroups.create(path);
    });
  }

  cgroupMove(path: string, pid: number): Promise<void> {
    return this.call("write", [`cgroup.procs of ${path}`, String(pid)], () => {
      const group = this.machine.cgroups.find(path) ?? refuse("open", "ENOENT", path);
      const target = this.machine.processes.get(pid);
      if (target === undefined || !target.isAlive) return refuse("write", "ESRCH", path);
      return this.machine.cgroups.move(target, group);
    });
  }

  cgroupProcesses(path: string): Promise<readonly number[]> {
    return this.call(
      "readFile",
      `cgroup.procs of ${path}`,
      () => this.machine.cgroups.find(path)?.allProcesses().map((it) => it.pid) ?? [],
    );
  }

  cgroupWrite(path: string, file: string, value: string): Promise<void> {
    return this.call("write", [`${file} of ${path}`, value], () => {
      const group = this.machine.cgroups.find(path) ?? refuse("open", "ENOENT", path);
      group.setLimit("write", file, value);
    });
  }

  cgroupRemove(path: string): Promise<void> {
    return this.call("rmdir", `cgroup ${path}`, () => {
      this.machine.cgroups.remove("rmdir", path);
    });
  }

  exhaustMemory(): Promise<void> {
    return this.call("brk", undefined, () => {
      this.machine.oomKill(this.process.cgroup.path, this.process);
    });
  }

  network<T>(path: string, change: (network: NetworkSys) => T): Promise<T> {
    return this.call("netlink", path, () => {
      const { interfaces, number } = this.#namespaceAt("open", path);
      footprints.present?.touch(`interfaces of ${number}`, "write");
      return change({
        has: (name) => interfaces.has(name),
        add: (name, addresses) =>
          void interfaces.set(name, { name, addresses: [...addresses], isUp: true }),
        setUp: (name) => {
          const found = interfaces.get(name) ?? refuse("netlink", "ENODEV", name);
          found.isUp = true;
        },
        remove: (name) => void interfaces.delete(name),
      });
    });
  }

  #namespaceAt(verb: string, path: string): Namespace {
    const { inode } = this.machine.tree.resolve(verb, this.absolute(path));
    return inode.namespace ?? refuse(verb, "EINVAL", path);
  }
}
