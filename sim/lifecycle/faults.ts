import type { FaultOptions, FaultSpell } from "../faults.ts";

/** One way in which a machine goes wrong under a lifecycle, and where Linux does it. */
interface LifecycleFault {
  /** The manual page or specification that says so. */
  readonly source: string;
  /** Whether a client's stop or removal must succeed all the same. */
  readonly isHarmless?: boolean;
  /** Whether it takes time: who is late has not waited for anybody then. */
  readonly takesTime?: boolean;
  /** What to ask of the simulator: `rate` is the probability at each point where it can happen. */
  readonly options: (rate: number) => FaultOptions;
}

const OCI_RUNTIME = /^\S*runc --root \S+ (create|delete|update)/;
const CONMON = /^conmon /;
/** Who executes a command without a time for it waits as long as that takes, whoever hangs. */
const CONMON_OF_A_TASK = /^conmon (?!.* --exec )/;
const STARTED_BY_ID = /^processes\.spawn (conmon|\S*runc) /;
const PLUGIN = /^\S*(bridge|host-local|portmap)\b/;
/** What fetches images and unpacks their layers. */
const PULLER = /^\S*(skopeo|tar)\b/;
/** What runs in containers, and makes system calls of its own. */
const WORKLOAD =
  /^(echo|exit|fork-holder|ignore-term|on-term|oom-child|pieces|stay-in-cgroup|true)\b/;
const SLOW_MS = 3_000;
const SLOWNESS_MAX = 0.03;

/** The catalogue of the lifecycle runs. All of it is off unless a program enables it. */
export const LIFECYCLE_FAULTS = {
  "slow machine": {
    source: "man 7 sched: nothing bounds how long a process is not run",
    isHarmless: true,
    takesTime: true,
    // One on which more than timers never moves is none.
    options: (rate) => ({ slowness: Math.min(rate, SLOWNESS_MAX) }),
  },
  "disk full": {
    source: "man 2 write, mkdir, ERRORS: ENOSPC",
    options: (rate) => ({
      calls: [
        { call: /^store\.commit/, errno: "ENOSPC", probability: rate },
        { call: /^files\.(writeFile|mkdir)/, errno: "ENOSPC", probability: rate },
      ],
    }),
  },
  "disk fails": {
    source: "man 2 read, unlink, fsync, ERRORS: EIO",
    options: (rate) => ({
      calls: [
        { call: /^store\.commit/, errno: "EIO", probability: rate },
        { call: /^files\.(readFile|remove)/, errno: "EIO", probability: rate },
      ],
    }),
  },
  "commit done and refused": {
    source: "man 2 fsync, EIO: what was written may be there",
    options: (rate) => ({
      calls: [{ call: /^store\.commit/, errno: "EIO", probability: rate, isAfterEffect: true }],
    }),
  },
  "no descriptors": {
    source: "man 2 open, pidfd_open, inotify_init, ERRORS: EMFILE",
    options: (rate) => ({
      calls: [
        { call: /^files\.(readFile|list|watch|openFifo)/, errno: "EMFILE", probability: rate },
        { call: /^processes\.(open|spawn)/, errno: "EMFILE", probability: rate },
      ],
    }),
  },
  interrupted: {
    source: "man 2 open, EINTR: blocked on a slow device, such as a fifo",
    options: (rate) => ({
      calls: [{ call: /^files\.(openFifo|writeFifo)/, errno: "EINTR", probability: rate }],
    }),
  },
  "no processes": {
    source: "man 2 fork, ERRORS: EAGAIN",
    options: (rate) => ({
      calls: [{ call: /^processes\.spawn/, errno: "EAGAIN", probability: rate }],
    }),
  },
  "spawned and refused": {
    source: "man 2 open, EMFILE: /proc/PID/stat of what was just started cannot be read",
    options: (rate) => ({
      calls: [
        // Programs that are found again by their id; a plugin has none to be found by.
        { call: STARTED_BY_ID, errno: "EMFILE", probability: rate, isAfterEffect: true },
      ],
    }),
  },
  "no mounts": {
    source: "man 2 mount, ENOSPC: fs.mount-max",
    options: (rate) => ({
      calls: [{ call: /^mounts\.mount /, errno: "ENOSPC", probability: rate }],
    }),
  },
  "mounted and refused": {
    source: "man 2 mount_setattr: fsopen, fsmount and move_mount are steps; a later one may fail",
    options: (rate) => ({
      calls: [{ call: /^mounts\.mount /, errno: "ENOSPC", probability: rate, isAfterEffect: true }],
    }),
  },
  "busy mounts": {
    source: "man 2 umount, ERRORS: EBUSY",
    options: (rate) => ({
      calls: [
        { call: /^(mounts\.unmount|namespaces\.unpin) /, errno: "EBUSY", probability: rate },
      ],
    }),
  },
  "signals refused": {
    source: "man 2 pidfd_send_signal, EPERM; man 5 apparmor.d, signal: a profile may refuse",
    options: (rate) => ({
      calls: [{ call: /^handle\.signal /, errno: "EPERM", probability: rate }],
    }),
  },
  "busy cgroups": {
    source: "man 7 cgroups: rmdir of a group with members, EBUSY",
    options: (rate) => ({
      calls: [{ call: /^cgroups\.(kill|remove)/, errno: "EBUSY", probability: rate }],
    }),
  },
  "runtime killed": {
    source: "man 5 proc, oom_score_adj: the OOM killer takes any process",
    options: (rate) => ({ programs: [{ program: OCI_RUNTIME, kind: "kill", probability: rate }] }),
  },
  "runtime fails first": {
    source: "man 8 runc: its exit status; out of threads, or of memory, before it acts",
    options: (rate) => ({
      programs: [{ program: OCI_RUNTIME, kind: "fail-before", probability: rate }],
    }),
  },
  "runtime fails last": {
    source: "https://github.com/opencontainers/runc/commit/e02822874: fails after it has acted",
    options: (rate) => ({
      programs: [{ program: OCI_RUNTIME, kind: "fail-after", probability: rate }],
    }),
  },
  "runtime hangs": {
    source: "man 5 proc, stat: state D",
    takesTime: true,
    options: (rate) => ({ programs: [{ program: OCI_RUNTIME, kind: "hang", probability: rate }] }),
  },
  "conmon killed": {
    source: "man 5 proc, oom_score_adj: the OOM killer takes any process",
    options: (rate) => ({ programs: [{ program: CONMON, kind: "kill", probability: rate }] }),
  },
  "conmon hangs": {
    source: "man 5 proc, stat: state D",
    takesTime: true,
    options: (rate) => ({
      programs: [{ program: CONMON_OF_A_TASK, kind: "hang", probability: rate }],
    }),
  },
  "programs slow": {
    source: "man 7 cgroups, cpu.max: a throttled group",
    takesTime: true,
    options: (rate) => ({
      programs: [OCI_RUNTIME, CONMON, PLUGIN].map((program) => (
        { program, kind: "slow", probability: rate, slowMs: SLOW_MS }
      )),
    }),
  },
  "plugin fails first": {
    source: "CNI SPEC.md, Error: a plugin may fail before it acts",
    options: (rate) => ({
      programs: [{ program: PLUGIN, kind: "fail-before", probability: rate }],
    }),
  },
  "plugin fails last": {
    source: "CNI SPEC.md, Error: a plugin may fail after it has acted",
    options: (rate) => ({
      programs: [{ program: PLUGIN, kind: "fail-after", probability: rate }],
    }),
  },
  "plugin killed": {
    source: "man 5 proc, oom_score_adj: the OOM killer takes any process",
    options: (rate) => ({ programs: [{ program: PLUGIN, kind: "kill", probability: rate }] }),
  },
  "plugin hangs": {
    source: "CNI SPEC.md has no bound; man 5 proc, stat: state D",
    takesTime: true,
    options: (rate) => ({ programs: [{ program: PLUGIN, kind: "hang", probability: rate }] }),
  },
  "pull fails": {
    source: "man 1 skopeo, EXIT STATUS; man 1 tar, RETURN VALUE: before they act, or after",
    options: (rate) => ({
      programs: [
        { program: PULLER, kind: "fail-before", probability: rate },
        { program: PULLER, kind: "fail-after", probability: rate },
      ],
    }),
  },
  "pull killed": {
    source: "man 5 proc, oom_score_adj: the OOM killer takes any process",
    options: (rate) => ({ programs: [{ program: PULLER, kind: "kill", probability: rate }] }),
  },
  "pull hangs": {
    source: "man 7 tcp: a registry that answers no more; man 5 proc, stat: state D",
    takesTime: true,
    options: (rate) => ({ programs: [{ program: PULLER, kind: "hang", probability: rate }] }),
  },
  "program out of memory": {
    source: "man 7 cgroups, memory.events, oom_kill",
    isHarmless: true,
    options: (rate) => ({ programs: [{ program: WORKLOAD, kind: "oom", probability: rate }] }),
  },
  "events late": {
    source: "man 7 inotify: read by whoever is slow",
    isHarmless: true,
    options: (rate) => ({ watch: { late: rate } }),
  },
  "events twice": {
    source: "man 7 inotify: a rename within the folder is two events",
    isHarmless: true,
    options: (rate) => ({ watch: { twice: rate } }),
  },
  "events lost": {
    source: "man 7 inotify, IN_Q_OVERFLOW",
    isHarmless: true,
    options: (rate) => ({ watch: { overflow: rate } }),
  },
} satisfies Readonly<Record<string, LifecycleFault>>;

/** An entry of the catalogue. */
export type FaultName = keyof typeof LIFECYCLE_FAULTS;

/** Every entry of the catalogue. */
export const FAULT_NAMES = Object.keys(LIFECYCLE_FAULTS) as readonly FaultName[];

/** Those that strike nobody but where an image is pulled. */
export const PULL_FAULT_NAMES: readonly FaultName[] = FAULT_NAMES.filter((it) =>
  it.startsWith("pull ")
);

/** Those that can strike in any program. */
export const COMMON_FAULT_NAMES: readonly FaultName[] = FAULT_NAMES.filter((it) =>
  !PULL_FAULT_NAMES.includes(it)
);

/** A fault that can happen in a run. */
export interface EnabledFault {
  readonly name: FaultName;
  /** Chances in 10,000 at each point where it can happen. */
  readonly per10k: number;
  /** It happens once instead, at this point of those where it can; unless given at any. */
  readonly nth?: number;
}

/** All that the enabled faults ask of the simulator. */
export function faultOptionsOf(
  faults: readonly EnabledFault[],
  spell?: FaultSpell,
): FaultOptions {
  const options = faults.map(({ name, per10k, nth }) => {
    const every = entryOf(name).options(per10k / 10_000);
    return nth === undefined ? every : once(every, nth);
  });
  const watches = options.flatMap(({ watch }) => watch === undefined ? [] : [watch]);
  return {
    ...(spell === undefined ? {} : { spell }),
    slowness: Math.max(0, ...options.map((it) => it.slowness ?? 0)),
    calls: options.flatMap((it) => it.calls ?? []),
    programs: options.flatMap((it) => it.programs ?? []),
    ...(watches.length === 0 ? {} : { watch: Object.assign({}, ...watches) }),
  };
}

/** Of all the calls and programs that a fault can strike, the one that `nth` stands for. */
function once({ calls = [], programs = [] }: FaultOptions, nth: number): FaultOptions {
  const kinds = calls.length + programs.length;
  const isChosen = (kind: number) => kind === nth % kinds;
  const point = Math.floor(nth / kinds);
  return {
    calls: calls.filter((_, index) => isChosen(index)).map((it) => ({ ...it, nth: point })),
    programs: programs.filter((_, index) => isChosen(calls.length + index))
      .map((it) => ({ ...it, nth: point })),
  };
}

/** Whether it can happen once: it strikes calls or programs, at points that can be counted. */
export function canStrikeOnce(name: FaultName): boolean {
  const { calls = [], programs = [] } = entryOf(name).options(0);
  return calls.length + programs.length > 0;
}

/** Whether it makes calls of the port fail. */
export function isOfCalls(name: FaultName): boolean {
  const { calls = [] } = entryOf(name).options(1);
  return calls.length > 0;
}

/** Whether stops and removals must succeed with these faults. */
export function areHarmless(faults: readonly EnabledFault[]): boolean {
  return faults.every(({ name }) => entryOf(name).isHarmless ?? false);
}

/** Whether time passes with these faults although something could run, or should have. */
export function takeTime(faults: readonly EnabledFault[]): boolean {
  return faults.some(({ name }) => entryOf(name).takesTime ?? false);
}

/** Whether nothing can go wrong with these faults but that programs hang. */
export function onlyHang(faults: readonly EnabledFault[]): boolean {
  return faults.every(({ name }) =>
    name.endsWith(" hangs") || (entryOf(name).isHarmless && !entryOf(name).takesTime)
  );
}

function entryOf(name: FaultName): LifecycleFault {
  return LIFECYCLE_FAULTS[name];
}
