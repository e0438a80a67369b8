import { hasErrno, KernelError } from "../../../src/kernel/errno.ts";
import { parseFlags } from "../flags.ts";
import type { Sys } from "../program.ts";
import { rfc3339 } from "../time.ts";
import { INIT_FILES, initProgram } from "./init.ts";
import { type Limits, setLimits } from "./limits.ts";
import {
  cgroupPaths,
  type Globals,
  RuncError,
  type Spec,
  stateFolder,
  writeState,
} from "./state.ts";
import { toText } from "../../world/content.ts";

const SIGKILL = 9;

/** `runc create` (runc, create.go, libcontainer/process_linux.go): everything up to the user's program. */
export async function create(sys: Sys, globals: Globals, args: readonly string[]): Promise<number> {
  const { values, rest } = parseFlags(args, {
    values: ["bundle", "pid-file", "console-socket", "preserve-fds"],
    switches: ["no-pivot", "no-new-keyring"],
    short: { b: "bundle" },
  });
  const [id] = rest;
  if (id === undefined || rest.length !== 1) {
    throw new RuncError('"create" requires exactly 1 argument(s)');
  }
  const bundle = values.get("bundle") ?? sys.cwd;
  const spec = await loadSpec(sys, bundle);
  const folder = stateFolder(globals, id);
  // Looked up first and made after: two creates of one id can both get here.
  if (await sys.stat(folder) !== undefined) {
    throw new RuncError("container with given ID already exists");
  }
  await sys.mkdirs(folder, 0o711);
  const cgroup = spec.linux?.cgroupsPath ?? `/${id}`;
  let pid = 0;
  try {
    await sys.mkfifo(`${folder}/exec.fifo`, 0o622);
    // A terminal is both outputs of the program; the runtime's own words go elsewhere.
    const stderr = values.has("console-socket") ? 1 : 2;
    const onFork = (it: number) => pid = it;
    pid = await startInit(sys, { id, bundle, spec, cgroup, folder, stderr, onFork });
    const pidFile = values.get("pid-file");
    if (pidFile !== undefined) await writePidFile(sys, pidFile, pid);
    return 0;
  } catch (error) {
    await undo(sys, pid, cgroup, folder);
    throw error instanceof RuncError ? error : new RuncError(textOf(error));
  }
}

interface Init {
  readonly id: string;
  readonly bundle: string;
  readonly spec: Spec;
  readonly cgroup: string;
  readonly folder: string;
  /** Which of the runtime's descriptors is the program's standard error. */
  readonly stderr: number;
  onFork(pid: number): void;
}

/** Forks the init and takes it, message by message, to where it waits for its start. */
async function startInit(sys: Sys, init: Init): Promise<number> {
  const { id, bundle, spec, cgroup, folder, stderr } = init;
  const path = spec.root?.path ?? "rootfs";
  const rootfs = path.startsWith("/") ? path : `${bundle}/${path}`;
  const [childReads, weWrite] = sys.pipe();
  const [weRead, childWrites] = sys.pipe();
  const fifo = await sys.openPath(`${folder}/exec.fifo`);
  const hasOwnPid = spec.linux?.namespaces?.some((it) => it.type === "pid" && !it.path) ?? false;
  const pid = await sys.fork("runc init", initProgram(id, spec, rootfs), {
    args: [sys.args[0] ?? "runc", "init"],
    env: { _LIBCONTAINER_STATEDIR: folder },
    newPidNamespace: hasOwnPid,
    files: {
      0: 0,
      1: 1,
      2: stderr,
      [INIT_FILES.fromParent]: childReads,
      [INIT_FILES.toParent]: childWrites,
      [INIT_FILES.execFifo]: fifo,
    },
  });
  init.onFork(pid);
  await sys.close(childReads);
  await sys.close(childWrites);
  await sys.close(fifo);
  await sys.cgroupCreate(cgroup);
  await sys.cgroupMove(cgroup, pid);
  await tell(sys, weWrite, "b");
  expect(await readLine(sys, weRead), "ready");
  const limits = spec.linux?.resources ?? {};
  await limit(sys, cgroup, limits);
  const stat = await sys.processStat(pid);
  await writeState(sys, folder, {
    id,
    init_process_pid: pid,
    init_process_start: stat?.startTime ?? 0,
    created: `${rfc3339(sys.realtimeMicros())}Z`,
    cgroup_paths: cgroupPaths(cgroup),
    namespace_paths: { NEWPID: `/proc/${pid}/ns/pid`, NEWNET: `/proc/${pid}/ns/net` },
    intel_rdt_path: isInRdtGroup(id) ? `/sys/fs/resctrl/${id}` : "",
    config: {
      rootfs,
      Hooks: { poststop: spec.hooks?.poststop ?? null },
      labels: [`bundle=${bundle}`],
      cgroups: { Resources: limits },
      namespaces: (spec.linux?.namespaces ?? []).map((it) => ({
        type: `NEW${it.type === "network" ? "NET" : it.type.toUpperCase()}`,
        path: it.path ?? "",
      })),
    },
  });
  await tell(sys, weWrite, "r");
  // The end of the pipe says that the init has found the program and waits at exec.fifo.
  expect(await readLine(sys, weRead), "");
  await sys.close(weRead);
  await sys.close(weWrite);
  return pid;
}

async function limit(sys: Sys, cgroup: string, limits: Limits): Promise<void> {
  try {
    await setLimits(sys, cgroup, limits);
  } catch (error) {
    if (!(error instanceof RuncError)) throw error;
    throw new RuncError(
      "unable to start container process: error during container init: " +
        `error setting cgroup config for procHooks process: ${error.message}`,
    );
  }
}

/** As on a host with resctrl: for one in four there is more to delete than files and cgroups. */
function isInRdtGroup(id: string): boolean {
  return /^[0-3]/.test(id);
}

async function loadSpec(sys: Sys, bundle: string): Promise<Spec> {
  if ((await sys.stat(bundle))?.kind !== "directory") {
    throw new RuncError(`chdir ${bundle}: no such file or directory`);
  }
  let text: string;
  try {
    text = await sys.readFile(`${bundle}/config.json`);
  } catch (error) {
    if (!hasErrno(error, "ENOENT")) throw error;
    throw new RuncError("JSON specification file config.json not found");
  }
  try {
    const spec = JSON.parse(text) as Spec;
    if (!Array.isArray(spec.process?.args) || spec.process.args.length === 0) {
      throw new RuncError("process.args must be specified");
    }
    return spec;
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuncError("unexpected EOF");
    throw error;
  }
}

async function tell(sys: Sys, fd: number, byte: string): Promise<void> {
  await sys.signalAction(13, "ignore");
  try {
    await sys.write(fd, byte);
  } catch (error) {
    if (!hasErrno(error, "EPIPE")) throw error;
  }
}

async function readLine(sys: Sys, fd: number): Promise<string> {
  const bytes = await sys.read(fd, 8_192);
  return toText(bytes).trimEnd();
}

function expect(line: string, wanted: string): void {
  if (line === wanted) return;
  const reason = line.startsWith("error ")
    ? line.slice("error ".length)
    : "container init was killed";
  throw new RuncError(`unable to start container process: ${reason}`);
}

/** Beside it first, under a name with a dot, then renamed (runc, utils_linux.go, createPidFile). */
export async function writePidFile(sys: Sys, path: string, pid: number): Promise<void> {
  const slash = path.lastIndexOf("/") + 1;
  const temporary = `${path.slice(0, slash)}.${path.slice(slash)}`;
  await sys.createFile(temporary, String(pid), 0o644);
  await sys.rename(temporary, path);
}

async function undo(sys: Sys, pid: number, cgroup: string, folder: string): Promise<void> {
  if (pid !== 0) {
    await sys.kill(pid, SIGKILL).catch(() => {});
    await sys.wait(pid).catch(() => {});
  }
  await sys.cgroupRemove(cgroup).catch(() => {});
  await sys.removeAll(folder).catch(() => {});
}

function textOf(error: unknown): string {
  if (error instanceof KernelError) return `${error.verb} ${error.subject}: ${error.errno}`;
  throw error;
}
