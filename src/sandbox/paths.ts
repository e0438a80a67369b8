import { join } from "@std/path";
import type { Config } from "../config.ts";
import type { NamespacePins } from "../kernel/namespaces.ts";
import type { SandboxConfig } from "./config.ts";

/** Where a sandbox keeps what its containers share. A function of its id alone; a reboot ends all of it. */
export interface SandboxPaths {
  readonly directory: string;
  readonly resolvConf: string;
  readonly hosts: string;
  readonly hostname: string;
  /** A tmpfs: /dev/shm of the pod. */
  readonly shm: string;
  readonly net: string;
  readonly ipc: string;
  readonly uts: string;
  readonly pid: string;
}

export function sandboxPaths(config: Config, id: string): SandboxPaths {
  const directory = join(sandboxesDirectory(config), id);
  return {
    directory,
    resolvConf: join(directory, "resolv.conf"),
    hosts: join(directory, "hosts"),
    hostname: join(directory, "hostname"),
    shm: join(directory, "shm"),
    net: join(directory, "net"),
    ipc: join(directory, "ipc"),
    uts: join(directory, "uts"),
    pid: join(directory, "pid"),
  };
}

export function sandboxesDirectory(config: Config): string {
  return join(config.state, "sandboxes");
}

/** The namespaces that a sandbox has of its own, and where they are pinned. */
export function pinsOf(paths: SandboxPaths, config: SandboxConfig): NamespacePins {
  const hasNetwork = config.namespaces.network !== "NODE";
  return {
    ...(hasNetwork ? { net: paths.net, uts: paths.uts } : {}),
    ...(config.namespaces.ipc === "NODE" ? {} : { ipc: paths.ipc }),
  };
}
