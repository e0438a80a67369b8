import { execa } from "execa";
import { findHierarchies } from "./cgroup_files.ts";
import { parseMountinfo } from "./mountinfo.ts";

/** One thing that a daemon needs of its host, and whether it is there. */
export interface HostFact {
  readonly name: string;
  readonly isPresent: boolean;
  /** Whether pods cannot run at all without it. */
  readonly isRequired: boolean;
  /** What was found, or what is missed without it. */
  readonly detail: string;
  /** A command line, or what to change; empty where nothing is to be done. */
  readonly howToInstall: string;
}

/** Where to look; what is left out is looked for where Debian puts it. */
export interface HostPlaces {
  readonly runtime?: string;
  readonly conmon?: string;
  readonly skopeo?: string;
  readonly socat?: string;
  readonly pause?: string;
  readonly cniDirectories?: readonly string[];
}

const CNI_DIRECTORIES = ["/opt/cni/bin", "/usr/lib/cni"];
const CNI_PLUGINS = ["bridge", "host-local", "loopback", "portmap"];
const CAP_SYS_ADMIN = 21n;
const CAP_SYS_RESOURCE = 24n;
const VERSION_MS_MAX = 5_000;
/** The first conmon that a command in a container can be given to: log path "passthrough" (conmon, ctr_logging.c). */
const CONMON_VERSION_MIN = "2.0.32";

/** Looks at the host, changing nothing. Never throws: what cannot be read is not there. */
export async function probeHost(places: HostPlaces = {}): Promise<readonly HostFact[]> {
  const programs = [
    probeProgram(places.runtime ?? "runc", true, "runc", "runs containers"),
    probeConmon(places.conmon ?? "conmon"),
    probeProgram("unshare", true, "util-linux", "creates a pod's namespaces"),
    probeProgram("tar", true, "tar", "unpacks images"),
    probeProgram(places.skopeo ?? "skopeo", true, "skopeo", "fetches images"),
    probeProgram(places.socat ?? "socat", false, "socat", "forwards ports of pods", "-V"),
    probeProgram(
      places.pause ?? "catatonit",
      false,
      "catatonit",
      "pods that share a PID namespace",
    ),
  ];
  return [
    probeSystem(),
    probeRoot(),
    ...await Promise.all(programs),
    probeCni(places.cniDirectories ?? CNI_DIRECTORIES),
    probeCgroups(),
    probeOverlay(),
    probeNamespaces(),
    probeResource(),
  ];
}

function probeSystem(): HostFact {
  const isPresent = Deno.build.os === "linux";
  const release = Deno.osRelease();
  const howToInstall = "a Linux machine, version 5.6 or later";
  return fact("linux", isPresent, `${Deno.build.os} ${release}`, howToInstall);
}

function probeRoot(): HostFact {
  const isPresent = Deno.uid() === 0 && hasCapability(CAP_SYS_ADMIN);
  const detail = isPresent
    ? "uid 0 with CAP_SYS_ADMIN"
    : `uid ${Deno.uid()}, not all of root's rights`;
  return fact("root", isPresent, detail, "run it with sudo, outside of an unprivileged container");
}

async function probeProgram(
  program: string,
  isRequired: boolean,
  debianPackage: string,
  purpose: string,
  versionFlag = "--version",
): Promise<HostFact> {
  const result = await execa(program, [versionFlag], {
    reject: false,
    timeout: VERSION_MS_MAX,
    killSignal: "SIGKILL",
  });
  const isPresent = result.exitCode !== undefined;
  const lines = result.stdout?.split("\n") ?? [];
  // socat says first who has written it.
  const version = lines.find((it) => it.startsWith(`${debianPackage} version`)) || lines[0] ||
    "version unknown";
  return {
    ...fact(program, isPresent, isPresent ? version : purpose, `apt-get install ${debianPackage}`),
    isRequired,
  };
}

/** Pods run with an older one as well. */
async function probeConmon(program: string): Promise<HostFact> {
  const found = await probeProgram(program, true, "conmon", "supervises containers");
  const [, version] = /^conmon version ([0-9.]+)/.exec(found.detail) ?? [];
  if (!found.isPresent || version === undefined || isAtLeast(version, CONMON_VERSION_MIN)) {
    return found;
  }
  return {
    ...found,
    isPresent: false,
    isRequired: false,
    detail: `${found.detail}: no command can be executed in a container`,
    howToInstall: `conmon ${CONMON_VERSION_MIN} or later`,
  };
}

function probeCni(directories: readonly string[]): HostFact {
  const missing = CNI_PLUGINS.filter((name) => !directories.some((it) => exists(`${it}/${name}`)));
  const isPresent = missing.length === 0;
  const where = directories.join(", ");
  const detail = isPresent ? `in ${where}` : `${missing.join(", ")} not in ${where}`;
  return {
    ...fact(
      "CNI plugins",
      isPresent,
      detail,
      "apt-get install containernetworking-plugins iptables",
    ),
    isRequired: false,
  };
}

function probeCgroups(): HostFact {
  const found = findHierarchies(parseMountinfo(read("/proc/self/mountinfo")), read);
  const controllers = found.flatMap((it) => it.controllers);
  const versions = new Set(found.map((it) => it.version));
  const kind = versions.size === 2 ? "hybrid" : `version ${[...versions][0]}`;
  const isPresent = controllers.includes("memory") && controllers.includes("pids");
  const detail = found.length === 0 ? "not mounted" : `${kind}: ${controllers.sort().join(" ")}`;
  return fact("cgroups", isPresent, detail, "mount -t cgroup2 cgroup2 /sys/fs/cgroup");
}

function probeOverlay(): HostFact {
  const isPresent = /^nodev\toverlay$/m.test(read("/proc/filesystems"));
  const detail = isPresent ? "known to the kernel" : "not loaded";
  return fact("overlayfs", isPresent, detail, "modprobe overlay");
}

function probeNamespaces(): HostFact {
  const missing = ["net", "ipc", "uts", "pid", "mnt"].filter((it) =>
    !exists(`/proc/self/ns/${it}`)
  );
  const isPresent = missing.length === 0;
  const detail = isPresent ? "net, ipc, uts, pid, mnt" : `no ${missing.join(", ")}`;
  return fact("namespaces", isPresent, detail, "a kernel with CONFIG_NAMESPACES");
}

function probeResource(): HostFact {
  const isPresent = hasCapability(CAP_SYS_RESOURCE);
  const detail = isPresent ? "held" : "limits cannot be raised, nor oom_score_adj lowered";
  const howToInstall = "start the daemon with CAP_SYS_RESOURCE";
  return { ...fact("CAP_SYS_RESOURCE", isPresent, detail, howToInstall), isRequired: false };
}

function fact(name: string, isPresent: boolean, detail: string, howToInstall: string): HostFact {
  return { name, isPresent, isRequired: true, detail, howToInstall: isPresent ? "" : howToInstall };
}

function hasCapability(number: bigint): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(read("/proc/self/status"))?.[1] ?? "0";
  return (BigInt(`0x${mask}`) >> number & 1n) === 1n;
}

function isAtLeast(version: string, wanted: string): boolean {
  return version.localeCompare(wanted, "en", { numeric: true }) >= 0;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
