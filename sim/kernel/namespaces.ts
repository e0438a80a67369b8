import { Context } from "../../src/kernel/context.ts";
import type {
  InterfaceUsage,
  NamespaceKind,
  NamespacePins,
  Namespaces,
} from "../../src/kernel/namespaces.ts";
import type { Processes, ProcessIdentity } from "../../src/kernel/processes.ts";
import { toText } from "../world/content.ts";
import { refuse } from "../world/errors.ts";
import type { Life } from "./life.ts";

/** The port's namespaces. Creating them takes a helper process, which a crash of the daemon leaves running. */
export class SimNamespaces implements Namespaces {
  readonly #life: Life;
  readonly #processes: Processes;

  constructor(life: Life, processes: Processes) {
    this.#life = life;
    this.#processes = processes;
  }

  async pin(
    pins: NamespacePins,
    hostname: string,
    sysctls: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const args = [
      ...Object.entries(pins).map(([kind, path]) => `--${kind}=${path}`),
      ...Object.entries(sysctls).map(([path, value]) => `/proc/sys/${path}=${value}`),
    ];
    using child = await this.#processes.spawn({
      program: "slipway-pin",
      args: [...args, hostname],
    }, { outputBytesMax: 4_096 });
    const status = await child.exited(Context.background());
    if (status.kind === "exited" && status.code === 0) return;
    const [errno = "EIO", ...path] = toText(child.output().stderr).trim().split(" ");
    refuse("pin", errno === "" ? "EIO" : errno, path.join(" "));
  }

  pinOf(process: ProcessIdentity, kind: NamespaceKind, path: string): Promise<void> {
    return this.#life.call("namespaces.pinOf", [String(process.pid), kind, path], () => {
      const { machine } = this.#life;
      const found = machine.processes.get(process.pid);
      if (found === undefined || found.startTime !== process.startTime || !found.isAlive) {
        return refuse("pinOf", "ESRCH", String(process.pid));
      }
      if (machine.tree.find(path) === undefined) machine.tree.write("pinOf", path, "", 0o444);
      return machine.pin("pinOf", found.namespaces[kind], path);
    });
  }

  unpin(path: string): Promise<void> {
    return this.#life.call("namespaces.unpin", path, () => {
      const { machine } = this.#life;
      while (machine.tree.find(path, { follow: false })?.inode.namespace !== undefined) {
        machine.unmount("unpin", path);
      }
      if (machine.tree.find(path, { follow: false }) === undefined) return;
      machine.tree.unlink("unpin", machine.tree.parentOf("unpin", path));
    });
  }

  isPinned(path: string): Promise<boolean> {
    return this.#life.call(
      "namespaces.isPinned",
      path,
      () => this.#life.machine.tree.find(path, { follow: false })?.inode.namespace !== undefined,
    );
  }

  /** Nobody sends anything here. */
  interfaces(path: string, process: ProcessIdentity): Promise<readonly InterfaceUsage[]> {
    return this.#life.call("namespaces.interfaces", [path, String(process.pid)], () => {
      const { machine } = this.#life;
      const { namespace } = machine.tree.resolve("interfaces", path).inode;
      const found = machine.processes.find(process);
      if (!found?.isAlive || found.namespaces.net !== namespace) {
        return refuse("interfaces", "ESRCH", String(process.pid));
      }
      return [...found.namespaces.net.interfaces.keys()].map((name) => ({
        name,
        receivedBytes: 0,
        receiveErrors: 0,
        sentBytes: 0,
        sendErrors: 0,
      }));
    });
  }
}
