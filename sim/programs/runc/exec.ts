import { hasErrno } from "../../../src/kernel/errno.ts";
import type { ExitStatus } from "../../../src/kernel/processes.ts";
import { parseFlags } from "../flags.ts";
import type { Program, Sys } from "../program.ts";
import { writePidFile } from "./create.ts";
import { execute, whyNotExecutable } from "./init.ts";
import {
  cgroupOf,
  type Globals,
  loadState,
  RuncError,
  type SpecProcess,
  stateFolder,
  statusOf,
} from "./state.ts";
import { toText } from "../../world/content.ts";

const FROM_PARENT = 3;
const TO_PARENT = 4;
const FAILED = 255;
const SIGKILL = 9;
const COPY_BYTES = 32_768;

/** `runc exec` (runc, exec.go; libcontainer/setns_init_linux.go). Fails with 255. */
export async function exec(sys: Sys, globals: Globals, args: readonly string[]): Promise<number> {
  const { values, all, switches, rest } = parseFlags(args, {
    values: ["process", "pid-file", "cwd", "env", "user", "cap", "console-socket", "preserve-fds"],
    switches: ["detach", "tty", "no-new-privs"],
    short: { p: "process", d: "detach", t: "tty", e: "env", u: "user" },
  });
  const [id = "", ...words] = rest;
  const state = await loadState(sys, globals, id);
  if (await statusOf(sys, globals, state) === "stopped") {
    throw new RuncError("cannot exec in a stopped container");
  }
  const file = values.get("process");
  const process: SpecProcess = file === undefined
    ? { args: words, env: all.get("env") ?? [], cwd: values.get("cwd") ?? "/" }
    : JSON.parse(await sys.readFile(file));
  if (process.args.length === 0) throw new RuncError("process args cannot be empty");
  const [childReads, weWrite] = sys.pipe();
  const [weRead, childWrites] = sys.pipe();
  // Whom it leaves gets its own output; for whom it waits it copies (runc, utils_linux.go, setupIO).
  const copied = switches.has("detach") ? undefined : { stdout: sys.pipe(), stderr: sys.pipe() };
  const pid = await sys.fork(
    "runc init (exec)",
    setnsProgram(id, state.init_process_pid, process),
    {
      args: [sys.args[0] ?? "runc", "init"],
      env: { _LIBCONTAINER_STATEDIR: stateFolder(globals, id) },
      files: {
        0: 0,
        1: copied?.stdout[1] ?? 1,
        2: copied?.stderr[1] ?? (values.has("console-socket") ? 1 : 2),
        [FROM_PARENT]: childReads,
        [TO_PARENT]: childWrites,
      },
    },
  );
  await sys.close(childReads);
  await sys.close(childWrites);
  for (const [, theirs] of Object.values(copied ?? {})) await sys.close(theirs);
  try {
    await sys.cgroupMove(cgroupOf(state), pid);
    await sys.write(weWrite, "b");
    const answer = toText(await sys.read(weRead, 8_192)).trimEnd();
    if (answer !== "") throw new RuncError(`unable to start container process: ${answer}`);
    const pidFile = values.get("pid-file");
    if (pidFile !== undefined) await writePidFile(sys, pidFile, pid);
  } catch (error) {
    await sys.kill(pid, SIGKILL).catch(() => {});
    await sys.wait(pid).catch(() => {});
    if (hasErrno(error, "ENOENT", "ESRCH", "EEXIST")) throw new RuncError(error.message);
    throw error;
  }
  if (copied === undefined) return 0;
  await copyToEnd(sys, new Map([[copied.stdout[0], 1], [copied.stderr[0], 2]]));
  return codeOf((await sys.wait(pid)).status);
}

/** Copies what comes until nobody holds any of the pipes, whoever that is (runc, tty.go, Close). */
async function copyToEnd(sys: Sys, copies: Map<number, number>): Promise<void> {
  while (copies.size > 0) {
    for (const from of (await sys.poll({ read: [...copies.keys()] })).readable) {
      const bytes = await sys.read(from, COPY_BYTES);
      if (bytes.length === 0) copies.delete(from);
      else await sys.write(copies.get(from) ?? 1, bytes);
    }
  }
}

export { FAILED as EXEC_FAILED };

/** The process that enters the container and becomes the program. */
function setnsProgram(containerId: string, initPid: number, process: SpecProcess): Program {
  return async (sys) => {
    sys.setContainer({ containerId, role: "exec" });
    if ((await sys.read(FROM_PARENT, 1)).length === 0) return 1;
    try {
      await sys.joinProcess(initPid);
    } catch (error) {
      if (!hasErrno(error, "ESRCH")) throw error;
      await sys.write(TO_PARENT, "container init is gone\n").catch(() => {});
      return 1;
    }
    const missing = await whyNotExecutable(sys, process);
    if (missing !== undefined) {
      await sys.write(TO_PARENT, `${missing}\n`).catch(() => {});
      return 1;
    }
    await sys.close(FROM_PARENT);
    await sys.close(TO_PARENT);
    return await execute(sys, process);
  };
}

function codeOf(status: ExitStatus): number {
  return status.kind === "exited" ? status.code : 128 + status.signal;
}
