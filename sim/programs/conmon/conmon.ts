import { hasErrno, KernelError } from "../../../src/kernel/errno.ts";
import type { ExitStatus } from "../../../src/kernel/processes.ts";
import type { Program, Sys } from "../program.ts";
import { AttachedClients } from "./attached_clients.ts";
import { ContainerLog } from "./log.ts";
import { type ConmonOptions, conmonOptions, runtimeArguments } from "./options.ts";
import { toText } from "../../world/content.ts";

const FORWARDED: readonly number[] = [15, 3, 2];
const SIGKILL = 9;
const SIGPIPE = 13;
const FAILURE = 1;
const READ_BYTES = 8_192;
const VERSION = "conmon version 2.1.6\n";

/** The container monitor conmon, version 2.1.6: keeps log, exit code and control of one container. */
export const conmon: Program = async (sys) => {
  if (sys.args.includes("--version")) {
    await sys.write(1, VERSION);
    return 0;
  }
  const options = conmonOptions(sys.args.slice(1), sys.cwd);
  if (typeof options === "string") return await fail(sys, options);
  if (!options.runtime.startsWith("/") || !await sys.canExecute(options.runtime)) {
    return await fail(
      sys,
      `[conmon:e]: Runtime path ${options.runtime} is not valid No such file or directory`,
    );
  }
  let log: ContainerLog | undefined;
  try {
    if (options.logPath !== undefined) {
      log = await ContainerLog.open(sys, options.logPath, options.logSizeMax);
    }
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return await fail(sys, `[conmon:e]: Failed to open log file ${textOf(error)}`);
  }
  await sys.signalAction(SIGPIPE, "ignore");
  const startPipe = numberOf(sys.env["_OCI_STARTPIPE"]);
  if (startPipe !== undefined) {
    // The end of the pipe is as good as a byte: the parent has let go either way.
    await sys.read(startPipe, READ_BYTES);
    if (!options.awaitsAttach) await sys.close(startPipe);
  }
  const monitor: Program = (child) => new Monitor(child, options, log).run();
  if (options.isSync) return await monitor(sys);
  const pid = await sys.fork(sys.args.join(" "), monitor);
  if (options.conmonPidFile !== undefined) {
    await sys.writeFile(options.conmonPidFile, String(pid));
  }
  return 0;
};

/**
 * What the container's process writes to and reads from, where that is conmon's. A terminal is a pipe in each
 * direction here, and stderr is the runtime's alone then.
 */
interface Ends {
  readonly stdout: readonly [number, number];
  readonly stderr: readonly [number, number];
  readonly stdin: readonly [number, number] | undefined;
}

/** conmon from where it has left its parent's terminal on (conmon.c, main). */
class Monitor {
  readonly #sys: Sys;
  readonly #options: ConmonOptions;
  readonly #log: ContainerLog | undefined;
  #syncPipe: number | undefined;
  #control: number | undefined;
  #clients: AttachedClients | undefined;
  /** The output of a container that has a terminal. */
  #terminal: number | undefined;
  #controlText = "";
  #containerPid = 0;
  #status: ExitStatus | undefined;

  constructor(sys: Sys, options: ConmonOptions, log: ContainerLog | undefined) {
    this.#sys = sys;
    this.#options = options;
    this.#log = log;
    this.#syncPipe = numberOf(sys.env["_OCI_SYNCPIPE"]);
  }

  async run(): Promise<number> {
    const sys = this.#sys;
    const { passesThrough } = this.#options;
    if (!passesThrough) this.#leaveStreams();
    sys.setSubreaper();
    const ends: Ends | undefined = passesThrough ? undefined : {
      stdin: this.#options.hasStdin || this.#options.isTerminal ? sys.pipe() : undefined,
      stdout: sys.pipe(),
      stderr: sys.pipe(),
    };
    if (this.#options.isTerminal) this.#terminal = ends?.stdout[0];
    try {
      if (!passesThrough) await this.#setUpControl(ends?.stdin?.[1]);
    } catch (error) {
      if (error instanceof KernelError) return FAILURE;
      throw error;
    }
    const createStatus = await this.#runRuntime(ends);
    if (createStatus !== 0) {
      // The runtime has said why to whom the streams belong.
      if (ends === undefined) return await this.#end(FAILURE);
      const message = await sys.read(ends.stderr[0], READ_BYTES - 1);
      await this.#report(-1, toText(message));
      return await this.#end(FAILURE);
    }
    let contents: string;
    try {
      contents = await sys.readFile(this.#options.pidFile);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      return await this.#end(FAILURE);
    }
    this.#containerPid = Number.parseInt(contents);
    if (this.#options.apiVersion >= 1 || !this.#options.isExec) {
      await this.#report(this.#containerPid, "");
    }
    await this.#watch(ends);
    return await this.#finish();
  }

  #leaveStreams(): void {
    for (const fd of [0, 1, 2]) this.#sys.toNull(fd);
  }

  /** The attach socket and the two fifos in the bundle (conmon, ctrl.c). */
  async #setUpControl(stdin: number | undefined): Promise<void> {
    const sys = this.#sys;
    const { bundle, hasFullAttach, hasStdin, leavesStdinOpen } = this.#options;
    if (hasFullAttach) {
      await sys.unlink(`${bundle}/attach`).catch(ignoreAbsent);
      const listener = await sys.bindSocket(`${bundle}/attach`);
      const closesInput = hasStdin && !leavesStdinOpen;
      this.#clients = new AttachedClients(sys, listener, stdin, closesInput);
    }
    for (const name of ["ctl", "winsz"]) {
      const path = `${bundle}/${name}`;
      try {
        await sys.mkfifo(path, 0o640);
      } catch (error) {
        if (!hasErrno(error, "EEXIST")) throw error;
        await sys.unlink(path);
        await sys.mkfifo(path, 0o640);
      }
      const reader = await sys.open(path, "read", { isNonblocking: true });
      // A writer of its own, so that the end of others is no end.
      await sys.open(path, "write");
      if (name === "ctl") this.#control = reader;
    }
    const attachPipe = numberOf(sys.env["_OCI_ATTACHPIPE"]);
    if (!this.#options.awaitsAttach || attachPipe === undefined) return;
    await sys.write(attachPipe, `{"data": 0}\n`).catch(ignoreBroken);
  }

  /** Runs the runtime to its end; it dies with us. */
  async #runRuntime(ends: Ends | undefined): Promise<number> {
    const sys = this.#sys;
    const args = runtimeArguments(this.#options);
    const startPipe = this.#options.awaitsAttach ? numberOf(sys.env["_OCI_STARTPIPE"]) : undefined;
    const pid = await sys.fork([this.#options.runtime, ...args].join(" "), async (child) => {
      try {
        // Of its own, after it was born: who kills conmon before that leaves the runtime at work.
        await child.setParentDeathSignal(SIGKILL);
        if (startPipe !== undefined) {
          await child.read(startPipe, READ_BYTES);
          await child.close(startPipe);
        }
        return await child.exec(this.#options.runtime, args);
      } catch (error) {
        if (error instanceof KernelError) return 127;
        throw error;
      }
    }, {
      files: {
        ...{ 0: ends?.stdin?.[0] ?? 0, 1: ends?.stdout[1] ?? 1, 2: ends?.stderr[1] ?? 2 },
        ...(startPipe === undefined ? {} : { [startPipe]: startPipe }),
      },
    });
    if (ends === undefined) this.#leaveStreams();
    for (const signal of FORWARDED) await sys.signalAction(signal, "catch");
    if (ends?.stdin !== undefined) await sys.close(ends.stdin[0]);
    if (ends !== undefined) {
      await sys.close(ends.stdout[1]);
      await sys.close(ends.stderr[1]);
    }
    // Without a terminal it waits for the runtime alone.
    const waiting = this.#options.isTerminal ? this.#clients?.newcomers ?? [] : [];
    for (;;) {
      const { readable, signals, hasChild } = await sys.poll({ read: waiting, children: true });
      for (const fd of readable) await this.#clients?.serve(fd);
      for (const signal of signals) await sys.kill(pid, signal).catch(ignoreGone);
      if (!hasChild) continue;
      const waited = await sys.tryWait();
      if (waited?.pid === pid) return codeOf(waited.status);
      if (waited !== undefined) this.#early.set(waited.pid, waited.status);
    }
  }

  /** Children that ended before we knew who the container is. */
  readonly #early: Map<number, ExitStatus> = new Map();

  /** Copies output and obeys control until the container has ended (conmon's main loop). */
  async #watch(ends: Ends | undefined): Promise<void> {
    const sys = this.#sys;
    this.#status = this.#early.get(this.#containerPid);
    const open = new Map<number, "stdout" | "stderr">(
      ends === undefined ? [] : [[ends.stdout[0], "stdout"], [ends.stderr[0], "stderr"]],
    );
    const { timeoutSeconds } = this.#options;
    while (this.#status === undefined) {
      const event = await sys.poll({
        read: [
          ...open.keys(),
          ...(this.#control === undefined ? [] : [this.#control]),
          ...(this.#clients?.readers ?? []),
        ],
        write: this.#clients?.writers ?? [],
        children: true,
        ...(timeoutSeconds > 0 ? { timeoutMs: timeoutSeconds * 1_000 } : {}),
      });
      if (event.hasTimedOut) {
        await sys.kill(this.#containerPid, SIGKILL).catch(ignoreGone);
        continue;
      }
      for (const signal of event.signals) {
        await sys.kill(this.#containerPid, signal).catch(ignoreGone);
      }
      for (const fd of event.readable) {
        const stream = open.get(fd);
        if (stream !== undefined) {
          if (!await this.#copy(fd, stream)) open.delete(fd);
        } else if (fd === this.#control) await this.#obey();
        else await this.#clients?.serve(fd);
      }
      if (event.writable.length > 0) await this.#clients?.passInput();
      if (event.hasChild) await this.#reap();
    }
    this.#open = open;
  }

  /** Pipes at whose end nobody has been yet. */
  #open: ReadonlyMap<number, "stdout" | "stderr"> = new Map();

  /** Reads once; false at the end. */
  async #copy(fd: number, stream: "stdout" | "stderr"): Promise<boolean> {
    const bytes = await this.#sys.read(fd, READ_BYTES);
    if (bytes.length === 0) return false;
    await this.#log?.write(stream, bytes);
    await this.#clients?.tell(stream, bytes);
    return true;
  }

  async #reap(): Promise<void> {
    for (;;) {
      const waited = await this.#sys.tryWait();
      if (waited === undefined) break;
      if (waited.pid === this.#containerPid) this.#status = waited.status;
    }
    // Nobody left to wait for: the container was not ours, or somebody else reaped it.
    if (this.#status !== undefined) return;
    const stat = await this.#sys.processStat(this.#containerPid);
    if (stat === undefined) this.#status = { kind: "exited", code: 0 };
  }

  /** Messages on the ctl fifo: "1 ROWS COLUMNS" resizes, "2 0 0" reopens the log. */
  async #obey(): Promise<void> {
    const sys = this.#sys;
    if (this.#control === undefined) return;
    const bytes = await sys.read(this.#control, 199).catch(() => new Uint8Array(0));
    this.#controlText += toText(bytes);
    for (;;) {
      const newline = this.#controlText.indexOf("\n");
      if (newline < 0) return;
      const message = this.#controlText.slice(0, newline);
      this.#controlText = this.#controlText.slice(newline + 1);
      if (/^2 \d+ \d+$/.test(message)) await this.#log?.reopen();
      const [, size] = /^1 (\d+ \d+)$/.exec(message) ?? [];
      if (size !== undefined && this.#terminal !== undefined) {
        await sys.resizeTerminal(this.#terminal, size);
      }
    }
  }

  /** Drains what is left without waiting, then tells the exit code (conmon, ctr_exit.c). */
  async #finish(): Promise<number> {
    const sys = this.#sys;
    for (const [fd, stream] of this.#open) {
      for (;;) {
        // A descendant may hold it open: never wait for its end.
        const { readable } = await sys.poll({ read: [fd], timeoutMs: 0 });
        if (readable.length === 0 || !await this.#copy(fd, stream)) break;
      }
    }
    const { logPath, syncsLog } = this.#options;
    if (logPath !== undefined && syncsLog) await sys.fsync(logPath).catch(() => {});
    const code = codeOf(this.#status as ExitStatus);
    try {
      const { persistFolder, exitFolder, id } = this.#options;
      if (persistFolder !== undefined) await this.#setContents(`${persistFolder}/exit`, code);
      if (exitFolder !== undefined) await this.#setContents(`${exitFolder}/${id}`, code);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      return await this.#end(FAILURE);
    }
    if (this.#options.isExec) await this.#report(code, "");
    const { bundle, hasFullAttach, passesThrough } = this.#options;
    if (hasFullAttach && !passesThrough) {
      await sys.unlink(`${bundle}/attach`).catch(ignoreAbsent);
    }
    return await this.#end(code);
  }

  /** A temporary file beside it, then its name (GLib, g_file_set_contents). */
  async #setContents(path: string, code: number): Promise<void> {
    const suffix = [...this.#sys.randomBytes(6)].map((byte) => LETTERS[byte % LETTERS.length]).join(
      "",
    );
    await this.#sys.createFile(`${path}.${suffix}`, String(code), 0o644);
    await this.#sys.rename(`${path}.${suffix}`, path);
  }

  async #end(code: number): Promise<number> {
    while (await this.#sys.tryWait() !== undefined);
    return code;
  }

  async #report(data: number, message: string): Promise<void> {
    if (this.#syncPipe === undefined) return;
    const key = this.#options.apiVersion >= 1 ? "data" : this.#options.isExec ? "exit_code" : "pid";
    const text = message === "" ? "" : `, "message": ${JSON.stringify(message)}`;
    try {
      await this.#sys.write(this.#syncPipe, `{"${key}": ${data}${text}}\n`);
    } catch (error) {
      if (!hasErrno(error, "EPIPE")) throw error;
      this.#syncPipe = undefined;
    }
  }
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

async function fail(sys: Sys, message: string): Promise<number> {
  await sys.write(2, `${message}\n`).catch(() => {});
  return FAILURE;
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function codeOf(status: ExitStatus): number {
  return status.kind === "exited" ? status.code : 128 + status.signal;
}

function textOf(error: KernelError): string {
  return error.errno === "ENOENT" ? "No such file or directory" : error.errno;
}

function ignoreGone(error: unknown): void {
  if (!hasErrno(error, "ESRCH")) throw error;
}

function ignoreBroken(error: unknown): void {
  if (!hasErrno(error, "EPIPE")) throw error;
}

function ignoreAbsent(error: unknown): void {
  if (!hasErrno(error, "ENOENT")) throw error;
}
