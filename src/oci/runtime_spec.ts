/** A spec that is longer than this is none of ours. */
export const SPEC_BYTES_MAX: number = 4 * 1024 * 1024;

/** What a container is, to an OCI runtime: `config.json` of a bundle (OCI runtime-spec 1.0.2, config.md). */
export interface OciSpec {
  readonly ociVersion: string;
  readonly root: OciRoot;
  readonly hostname?: string;
  readonly process: OciProcess;
  readonly mounts: readonly OciMount[];
  readonly hooks?: OciHooks;
  readonly annotations: Readonly<Record<string, string>>;
  readonly linux: OciLinux;
}

export interface OciRoot {
  readonly path: string;
  readonly readonly: boolean;
}

export interface OciProcess {
  readonly terminal: boolean;
  readonly user: OciUser;
  readonly args: readonly string[];
  /** "KEY=value" each. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly capabilities: OciCapabilities;
  readonly noNewPrivileges: boolean;
  readonly oomScoreAdj: number;
}

export interface OciUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

/** Names as man 7 capabilities has them ("CAP_KILL"). */
export interface OciCapabilities {
  readonly bounding: readonly string[];
  readonly effective: readonly string[];
  readonly permitted: readonly string[];
  readonly inheritable: readonly string[];
  readonly ambient: readonly string[];
}

export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** When hooks are executed, in the order of a container's life (config.md, POSIX-platform Hooks). */
export type OciHookName =
  | "prestart"
  | "createRuntime"
  | "createContainer"
  | "startContainer"
  | "poststart"
  | "poststop";

export type OciHooks = Readonly<Partial<Record<OciHookName, readonly OciHook[]>>>;

/** A program that the runtime executes and awaits. */
export interface OciHook {
  readonly path: string;
  /** From its own name on. */
  readonly args?: readonly string[];
  /** "KEY=value" each; absent for the runtime's own. */
  readonly env?: readonly string[];
  /** Seconds. */
  readonly timeout?: number;
}

export interface OciLinux {
  readonly cgroupsPath: string;
  readonly namespaces: readonly OciNamespace[];
  readonly resources: OciResources;
  readonly devices: readonly OciDevice[];
  readonly rootfsPropagation?: "rshared" | "rslave";
  readonly seccomp?: OciSeccomp;
  readonly intelRdt?: OciIntelRdt;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
}

/** Shares of caches and of memory's bandwidth (config-linux.md, IntelRdt), as far as runc 1.1 knows them. */
export interface OciIntelRdt {
  readonly closID?: string;
  readonly l3CacheSchema?: string;
  readonly memBwSchema?: string;
}

export interface OciNamespace {
  readonly type: "pid" | "network" | "ipc" | "uts" | "mount" | "cgroup";
  /** Absent for a new one. */
  readonly path?: string;
}

/** A device node to create (config-linux.md, Devices). */
export interface OciDevice {
  readonly path: string;
  readonly type: "b" | "c" | "p";
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface OciDeviceRule {
  readonly allow: boolean;
  readonly type?: "a" | "b" | "c" | "p";
  readonly major?: number;
  readonly minor?: number;
  /** Some of "r", "w", "m". */
  readonly access: string;
}

export interface OciResources {
  readonly devices: readonly OciDeviceRule[];
  readonly cpu?: {
    readonly shares?: number;
    readonly quota?: number;
    readonly period?: number;
    readonly cpus?: string;
    readonly mems?: string;
  };
  readonly memory?: { readonly limit?: number; readonly swap?: number };
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[];
  readonly unified?: Readonly<Record<string, string>>;
}

/** What of it can be changed as long as a container has a task. */
export type OciLimits = Omit<OciResources, "devices">;

/** A filter of system calls (config-linux.md, Seccomp). */
export interface OciSeccomp {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures: readonly string[];
  readonly flags?: readonly string[];
  readonly syscalls: readonly OciSyscallRule[];
}

export interface OciSyscallRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly OciSyscallArgument[];
}

export interface OciSyscallArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo: number;
  readonly op: string;
}
