import { basename } from "@std/path";

/** Of /proc/PID/stat in ticks: USER_HZ is 100 on every architecture that Deno has (man 7 time). */
const TICKS_PER_SECOND = 100;
const BYTES_PER_KB = 1_024;
const MEGABYTE = 1_000_000;

/** What supervises containers from outside of the daemon. */
const HELPERS = /^(conmon|containerd-shim)/;

/** What one process has used so far. */
export interface Cpu {
  readonly parent: number;
  /** Its own, and that of its children. */
  readonly seconds: number;
  /** Of every child that has ended and was waited for, with theirs. */
  readonly childSeconds: number;
}

/** The process that listens on a unix socket, as far as this network namespace shows it. */
export function listenerOf(socketPath: string): number | undefined {
  const inode = listeningInode(read("/proc/net/unix"), socketPath);
  if (inode === undefined) return undefined;
  return processes().find((pid) => hasSocket(pid, inode));
}

/** Those that supervise a container or a pod with one of these ids: conmon and containerd's shims. */
export function helpersOf(ids: readonly string[]): readonly number[] {
  return processes().filter((pid) => {
    const [program = "", ...args] = read(`/proc/${pid}/cmdline`).split("\0");
    return HELPERS.test(basename(program)) && ids.some((id) => args.includes(id));
  });
}

/** What a process has used, undefined when it is gone. */
export function cpuOf(pid: number): Cpu | undefined {
  return parseStat(read(`/proc/${pid}/stat`));
}

/** Proportional and resident set in megabytes; 0 of what is gone. */
export function memoryOf(pid: number): { readonly pss: number; readonly rss: number } {
  const text = read(`/proc/${pid}/smaps_rollup`);
  return { pss: parseMegabytes(text, "Pss"), rss: parseMegabytes(text, "Rss") };
}

/** Reads a line of /proc/PID/stat (man 5 proc_pid_stat): the name may hold anything, so from its end on. */
export function parseStat(text: string): Cpu | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
  // From the third field on: state, ppid; utime, stime, cutime and cstime are 14 to 17.
  const [, parent] = fields;
  if (parent === undefined) return undefined;
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
  const childSeconds = (childUser + childSystem) / TICKS_PER_SECOND;
  return { parent, childSeconds, seconds: (user + system) / TICKS_PER_SECOND + childSeconds };
}

/** Reads a field of smaps_rollup, which counts in units of 1,024 bytes. */
export function parseMegabytes(text: string, field: "Pss" | "Rss"): number {
  const [, kilobytes = "0"] = new RegExp(`^${field}: +(\\d+) kB$`, "m").exec(text) ?? [];
  return Number(kilobytes) * BYTES_PER_KB / MEGABYTE;
}

/** Finds who listens among /proc/net/unix: its flags say so, accepted connections have the path as well. */
export function listeningInode(text: string, socketPath: string): string | undefined {
  for (const line of text.split("\n")) {
    const [, , , flags, , , inode, ...path] = line.trim().split(/ +/);
    if (flags === "00010000" && path.join(" ") === socketPath) return inode;
  }
  return undefined;
}

function processes(): readonly number[] {
  return [...Deno.readDirSync("/proc")].map((it) => Number(it.name)).filter(Number.isInteger);
}

function hasSocket(pid: number, inode: string): boolean {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/fd`)].some((it) =>
      Deno.readLinkSync(`/proc/${pid}/fd/${it.name}`) === `socket:[${inode}]`
    );
  } catch {
    // It has ended, or has closed one meanwhile.
    return false;
  }
}

/** Processes come and go while one looks. */
function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
