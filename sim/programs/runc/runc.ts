import { hasErrno, KernelError } from "../../../src/kernel/errno.ts";
import { parseFlags } from "../flags.ts";
import type { Program, Sys } from "../program.ts";
import { rfc3339 } from "../time.ts";
import { create } from "./create.ts";
import { deleteContainer } from "./delete.ts";
import { exec, EXEC_FAILED } from "./exec.ts";
import { kill } from "./kill.ts";
import { list, state } from "./list.ts";
import { start } from "./start.ts";
import { type Globals, RuncError } from "./state.ts";
import { update } from "./update.ts";

const VERSION = "runc version 1.1.5\nspec: 1.0.2-dev\n";
/** As runc 1.1.5 tells them. */
const MOUNT_OPTIONS: readonly string[] =
  ("acl async atime bind defaults dev diratime dirsync exec iversion lazytime loud mand " +
    "noacl noatime nodev nodiratime noexec noiversion nolazytime nomand norelatime " +
    "nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime relatime " +
    "remount rexec rnoatime rnodev rnodiratime rnoexec rnorelatime rnostrictatime rnosuid " +
    "rnosymfollow ro rprivate rrelatime rro rrw rshared rslave rstrictatime rsuid " +
    "rsymfollow runbindable rw shared silent slave strictatime suid symfollow sync " +
    "tmpcopyup unbindable").split(" ");
const FEATURES = {
  ociVersionMin: "1.0.0",
  ociVersionMax: "1.0.2-dev",
  mountOptions: MOUNT_OPTIONS,
  linux: { namespaces: ["cgroup", "ipc", "mount", "network", "pid", "user", "uts"] },
};

type Command = (sys: Sys, globals: Globals, args: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  create,
  start,
  kill,
  delete: deleteContainer,
  exec,
  update,
  state,
  list,
  features: async (sys) => {
    await sys.write(1, JSON.stringify(FEATURES));
    return 0;
  },
};

/** What a failure of some commands starts with. */
const PREFIXES: Readonly<Record<string, string>> = {
  create: "runc create failed: ",
  exec: "exec failed: ",
};

/** The OCI runtime runc, version 1.1, as far as a container's life goes. */
export const runc: Program = async (sys) => {
  const { values, switches, rest, unknown } = parseFlags(sys.args.slice(1), {
    values: ["root", "log", "log-format", "criu", "rootless"],
    switches: ["systemd-cgroup", "debug", "version"],
    short: { v: "version" },
  });
  if (switches.has("version")) {
    await sys.write(1, VERSION);
    return 0;
  }
  const globals = {
    root: values.get("root") ?? "/run/runc",
    log: values.get("log"),
    logFormat: values.get("log-format") ?? "text",
  };
  const [name = "", ...args] = rest;
  const command = COMMANDS[name];
  if (unknown !== undefined || command === undefined) {
    await sys.write(2, `No help topic for '${unknown ?? name}'\n`);
    return 3;
  }
  try {
    return await command(sys, globals, args);
  } catch (error) {
    if (!(error instanceof RuncError) && !(error instanceof KernelError)) throw error;
    await fail(sys, globals, `${PREFIXES[name] ?? ""}${textOf(error)}`);
    return name === "exec" ? EXEC_FAILED : 1;
  }
};

/** With a log file, standard error gets the bare message; without, the log line itself. */
async function fail(sys: Sys, globals: Globals, message: string): Promise<void> {
  const time = `${rfc3339(sys.realtimeMicros()).slice(0, 19)}Z`;
  const line = globals.logFormat === "json"
    ? JSON.stringify({ level: "error", msg: message, time })
    : `time="${time}" level=error msg=${JSON.stringify(message)}`;
  if (globals.log === undefined) return await sys.write(2, `${line}\n`);
  const log = await sys.open(globals.log, "append", { createMode: 0o644 });
  await sys.write(log, `${line}\n`);
  await sys.write(2, `${message}\n`);
}

function textOf(error: RuncError | KernelError): string {
  if (hasErrno(error, "ENOENT")) return `${error.verb} ${error.subject}: no such file or directory`;
  return error.message;
}
