import { type Flags, parseFlags } from "../flags.ts";

/** conmon's command line (conmon, cli.c, version 2.1.6). */
export interface ConmonOptions {
  readonly id: string;
  readonly runtime: string;
  readonly runtimeArgs: readonly string[];
  /** Options for the runtime's command itself. */
  readonly runtimeOptions: readonly string[];
  readonly bundle: string;
  readonly pidFile: string;
  readonly conmonPidFile: string | undefined;
  readonly exitFolder: string | undefined;
  readonly persistFolder: string | undefined;
  /** Of a k8s-file log; undefined for none. */
  readonly logPath: string | undefined;
  /** The container's process gets conmon's own standard streams. */
  readonly passesThrough: boolean;
  readonly apiVersion: number;
  readonly socketFolder: string;
  readonly uuid: string;
  readonly timeoutSeconds: number;
  readonly logSizeMax: number;
  readonly isSync: boolean;
  readonly syncsLog: boolean;
  readonly isExec: boolean;
  readonly processFile: string | undefined;
  readonly isTerminal: boolean;
  readonly hasStdin: boolean;
  readonly leavesStdinOpen: boolean;
  readonly hasFullAttach: boolean;
  /** The runtime is started only when the start pipe says so once more. */
  readonly awaitsAttach: boolean;
  readonly hasSystemdCgroup: boolean;
  readonly hasNoPivot: boolean;
  readonly hasNoNewKeyring: boolean;
}

const VALUES: readonly string[] = [
  "api-version",
  "bundle",
  "cid",
  "conmon-pidfile",
  "container-pidfile",
  "cuuid",
  "exec-process-spec",
  "exit-command",
  "exit-command-arg",
  "exit-delay",
  "exit-dir",
  "log-level",
  "log-path",
  "log-size-max",
  "log-global-size-max",
  "log-tag",
  "name",
  "persist-dir",
  "pidfile",
  "restore",
  "runtime",
  "runtime-arg",
  "runtime-opt",
  "sdnotify-socket",
  "socket-dir-path",
  "timeout",
];

const SWITCHES: readonly string[] = [
  "exec",
  "exec-attach",
  "full-attach",
  "leave-stdin-open",
  "no-new-keyring",
  "no-pivot",
  "no-sync-log",
  "replace-listen-pid",
  "stdin",
  "sync",
  "syslog",
  "systemd-cgroup",
  "terminal",
  "version",
];

const SHORT: Readonly<Record<string, string>> = {
  b: "bundle",
  c: "cid",
  P: "conmon-pidfile",
  p: "container-pidfile",
  u: "cuuid",
  e: "exec",
  l: "log-path",
  n: "name",
  "0": "persist-dir",
  r: "runtime",
  i: "stdin",
  s: "systemd-cgroup",
  t: "terminal",
  T: "timeout",
};

/** The options, or the message with which conmon ends. */
export function conmonOptions(args: readonly string[], cwd: string): ConmonOptions | string {
  const flags = parseFlags(args, { values: VALUES, switches: SWITCHES, short: SHORT }, true);
  if (flags.unknown !== undefined) {
    return `conmon: option parsing failed: Unknown option ${flags.unknown}`;
  }
  const { values, switches } = flags;
  const id = values.get("cid");
  if (id === undefined) return "conmon: Container ID not provided. Use --cid";
  const uuid = values.get("cuuid");
  if (uuid === undefined) return "[conmon:e] Container UUID not provided. Use --cuuid";
  const runtime = values.get("runtime");
  if (runtime === undefined) return "[conmon:e] Runtime path not provided. Use --runtime";
  const isExec = switches.has("exec");
  if (isExec && !values.has("exec-process-spec")) {
    return "[conmon:e] Exec process spec path not provided. Use --exec-process-spec";
  }
  const logPath = logPathOf(flags);
  if (logPath instanceof Error) return `[conmon:e] ${logPath.message}`;
  return {
    id,
    uuid,
    runtime,
    runtimeArgs: flags.all.get("runtime-arg") ?? [],
    runtimeOptions: flags.all.get("runtime-opt") ?? [],
    bundle: values.get("bundle") ?? cwd,
    pidFile: values.get("container-pidfile") ?? values.get("pidfile") ?? `${cwd}/pidfile-${id}`,
    conmonPidFile: values.get("conmon-pidfile"),
    exitFolder: values.get("exit-dir"),
    persistFolder: values.get("persist-dir"),
    logPath,
    passesThrough: flags.all.get("log-path")?.includes("passthrough") ?? false,
    apiVersion: Number(values.get("api-version") ?? 0),
    socketFolder: values.get("socket-dir-path") ?? "/var/run/crio",
    timeoutSeconds: Number(values.get("timeout") ?? 0),
    logSizeMax: Number(values.get("log-size-max") ?? -1),
    isSync: switches.has("sync"),
    syncsLog: !switches.has("no-sync-log"),
    isExec,
    processFile: values.get("exec-process-spec"),
    isTerminal: switches.has("terminal"),
    hasStdin: switches.has("stdin"),
    leavesStdinOpen: switches.has("leave-stdin-open"),
    awaitsAttach: switches.has("exec-attach"),
    hasFullAttach: switches.has("full-attach"),
    hasSystemdCgroup: switches.has("systemd-cgroup"),
    hasNoPivot: switches.has("no-pivot"),
    hasNoNewKeyring: switches.has("no-new-keyring"),
  };
}

/** What the runtime is called with (conmon, runtime_args.c). */
export function runtimeArguments(options: ConmonOptions): string[] {
  const args: string[] = [];
  if (options.hasSystemdCgroup && !options.isExec) args.push("--systemd-cgroup");
  args.push(...options.runtimeArgs);
  if (options.isExec) {
    args.push("exec", "--pid-file", options.pidFile, "--process", options.processFile ?? "");
    args.push("--detach");
    if (options.isTerminal) args.push("--tty");
  } else {
    args.push("create", "--bundle", options.bundle, "--pid-file", options.pidFile);
    if (options.hasNoPivot) args.push("--no-pivot");
    if (options.hasNoNewKeyring) args.push("--no-new-keyring");
  }
  args.push(...options.runtimeOptions);
  if (options.isTerminal) args.push("--console-socket", `${options.bundle}/console.sock`);
  args.push(options.id);
  return args;
}

function logPathOf(flags: Flags): string | undefined | Error {
  let logPath: string | undefined;
  const logs = flags.all.get("log-path");
  if (logs === undefined) return new Error("Log driver not provided. Use --log-path");
  for (const log of logs) {
    const colon = log.indexOf(":");
    const driver = colon < 0 ? log : log.slice(0, colon);
    if (["none", "off", "null", "journald", "passthrough"].includes(driver)) continue;
    if (colon < 0) logPath = log;
    else if (driver !== "k8s-file" && driver !== "") {
      return new Error(`No such log driver ${driver}`);
    } else logPath = log.slice(colon + 1);
    if (logPath === "") return new Error("k8s-file requires a filename");
  }
  return logPath;
}
