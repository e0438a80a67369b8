import type { ContainerSecurity } from "../container/config.ts";
import { RuntimeError } from "../errors.ts";

/** Every capability that we know by name, in the order of its bit (linux/capability.h). */
export const CAPABILITIES: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
];

/** What a container has when its client asks for nothing, as Docker and containerd have it. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FSETID",
  "CAP_FOWNER",
  "CAP_MKNOD",
  "CAP_NET_RAW",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETFCAP",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_SYS_CHROOT",
  "CAP_KILL",
  "CAP_AUDIT_WRITE",
];

/** A container's sets; the bounding set is also the effective and the permitted one. */
export interface ContainerCapabilities {
  readonly bounding: readonly string[];
  /** Kept by an unprivileged user across execve(2); part of `bounding`. */
  readonly ambient: readonly string[];
}

/** Of /proc/PID/status: hexadecimal, the lowest bit last. */
const MASKS = {
  CapEff: /^CapEff:\s*([0-9a-fA-F]{1,16})$/m,
  CapBnd: /^CapBnd:\s*([0-9a-fA-F]{1,16})$/m,
} as const;

/**
 * The capabilities behind a mask as /proc/PID/status prints it ("CapEff: 000001fffeffffff"). Bits
 * that are younger than this table are left out.
 *
 * @throws {RuntimeError} INTERNAL when there is no such line.
 */
export function capabilitiesOfStatus(status: string, set: keyof typeof MASKS): readonly string[] {
  const mask = MASKS[set].exec(status)?.[1];
  if (mask === undefined) {
    throw new RuntimeError("INTERNAL", `Cannot read the daemon's capabilities: no ${set} line`);
  }
  return CAPABILITIES.filter((_, bit) => {
    const digit = Number.parseInt(mask.at(-1 - Math.trunc(bit / 4)) ?? "0", 16);
    return (digit >> (bit % 4)) & 1;
  });
}

/**
 * What a container may do: the default set or, privileged, everything that the daemon has; then "ALL",
 * added and dropped names, in that order, so that all-but-one and none-but-one can be said
 * (CRI, Capability). Names count with or without their prefix, in any case.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for what is no name; FAILED_PRECONDITION for a capability
 * that the daemon cannot give since it lacks it.
 */
export function containerCapabilities(
  security: ContainerSecurity,
  hostCapabilities: readonly string[],
): ContainerCapabilities {
  const ambient = security.addAmbientCapabilities.map(canonicalName);
  const add = [...security.addCapabilities.map(canonicalName), ...ambient];
  const drop = security.dropCapabilities.map(canonicalName);

  // Defaults that the daemon lacks were not asked for, so they are no error.
  let set = new Set(DEFAULT_CAPABILITIES.filter((it) => hostCapabilities.includes(it)));
  if (add.includes(ALL)) set = new Set(hostCapabilities);
  if (drop.includes(ALL)) set = new Set();
  for (const name of add) if (name !== ALL) set.add(name);
  for (const name of drop) set.delete(name);
  // As in containerd, a privileged container keeps what it drops.
  if (security.isPrivileged) set = new Set(hostCapabilities);

  const missing = [...set].find((it) => !hostCapabilities.includes(it));
  if (missing !== undefined) {
    throw new RuntimeError(
      "FAILED_PRECONDITION",
      `Cannot add capability ${missing}: the daemon does not have it`,
    );
  }
  return {
    bounding: [...set],
    ambient: [...set].filter((it) => ambient.includes(it) || ambient.includes(ALL)),
  };
}

const ALL = "CAP_ALL";

function canonicalName(name: string): string {
  const upper = name.toUpperCase();
  const full = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
  if (full === ALL || CAPABILITIES.includes(full)) return full;
  throw new RuntimeError(
    "INVALID_ARGUMENT",
    `Cannot use capability ${JSON.stringify(name)}: no such capability`,
  );
}
