import type { NamespaceKind } from "../../src/kernel/namespaces.ts";
import { footprints } from "../footprint.ts";

/** A network interface, as far as CNI plugins and the tests care. */
export interface NetworkInterface {
  readonly name: string;
  addresses: string[];
  isUp: boolean;
}

/** What new namespaces have in files of /proc/sys (man 5 proc). */
const PARAMETERS: Readonly<Partial<Record<NamespaceKind, readonly (readonly [string, string])[]>>> =
  {
    net: [["/proc/sys/net/ipv4/ip_forward", "0"], ["/proc/sys/net/core/somaxconn", "4096"]],
    ipc: [["/proc/sys/kernel/shmmni", "4096"], ["/proc/sys/fs/mqueue/msg_max", "10"]],
  };

/** A namespace (man 7 namespaces). It lives as long as somebody uses it: a process or a pin. */
export class Namespace {
  users = 0;
  /** Of a uts namespace. */
  hostname = "";
  /** Of a network namespace. */
  readonly interfaces: Map<string, NetworkInterface> = new Map();
  #parameters: Map<string, string> | undefined;

  constructor(readonly kind: NamespaceKind, readonly number: number) {
    if (kind === "net") this.interfaces.set("lo", { name: "lo", addresses: [], isUp: false });
  }

  get isAlive(): boolean {
    return this.users > 0;
  }

  /** What can be set in it, by the file of /proc/sys: some of what Linux has. */
  get parameters(): Map<string, string> {
    return this.#parameters ??= new Map(PARAMETERS[this.kind]);
  }
}

/** One of each kind: what a process is in. */
export type NamespaceSet = Readonly<Record<NamespaceKind, Namespace>>;

/** Every namespace of the machine that was ever made, so that an oracle can ask for those left. */
export class Namespaces {
  readonly host: NamespaceSet;
  readonly #all: Set<Namespace> = new Set();
  #count = 0;

  constructor() {
    this.host = {
      net: this.make("net"),
      ipc: this.make("ipc"),
      uts: this.make("uts"),
      pid: this.make("pid"),
    };
    this.host.uts.hostname = "machine";
    for (const namespace of Object.values(this.host)) namespace.users++;
  }

  make(kind: NamespaceKind): Namespace {
    // Linux numbers them from 0xf0000000 on (man 7 namespaces, /proc/PID/ns).
    const namespace = new Namespace(kind, 4_026_531_840 + ++this.#count);
    this.#all.add(namespace);
    return namespace;
  }

  acquire(namespace: Namespace): void {
    namespace.users++;
  }

  release(namespace: Namespace): void {
    footprints.present?.touch("namespaces", "add");
    if (--namespace.users === 0) this.#all.delete(namespace);
  }

  /** Those in use, in the order in which they were made. */
  alive(): readonly Namespace[] {
    footprints.present?.touch("namespaces", "read");
    return [...this.#all].filter((it) => it.isAlive);
  }
}
