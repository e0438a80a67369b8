import type { Config } from "../config.ts";
import type { NamespacePins } from "../kernel/namespaces.ts";
import type { SandboxConfig } from "./config.ts";

/** Where a sandbox keeps what its containers share. A function of its id alone. */
export interface SandboxPaths {
  /** Its namespaces and its shared memory, all of which a reboot ends. */
  readonly directory: string;
  /**
   * What its containers see in /etc. They may write there, as much as they like: to the disk, not to the memory
   * that the host keeps its state in.
   */
  readonly files: string;
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
  const directory = `${sandboxesDirectory(config)}/${id}`;
  const files = `${sandboxFilesDirectory(config)}/${id}`;
  return {
    directory,
    files,
    resolvConf: `${files}/resolv.conf`,
    hosts: `${files}/hosts`,
    hostname: `${files}/hostname`,
    shm: `${directory}/shm`,
    net: `${directory}/net`,
    ipc: `${directory}/ipc`,
    uts: `${directory}/uts`,
    pid: `${directory}/pid`,
  };
}

export function sandboxesDirectory(config: Config): string {
  return `${config.state}/sandboxes`;
}

/** Where the files are that containers of sandboxes see in /etc. */
export function sandboxFilesDirectory(config: Config): string {
  return `${config.root}/sandboxes`;
}

/** The namespaces that a sandbox has of its own, and where they are pinned. */
export function pinsOf(paths: SandboxPaths, config: SandboxConfig): NamespacePins {
  const hasNetwork = config.namespaces.network !== "NODE";
  return {
    ...(hasNetwork ? { net: paths.net, uts: paths.uts } : {}),
    ...(config.namespaces.ipc === "NODE" ? {} : { ipc: paths.ipc }),
  };
}
