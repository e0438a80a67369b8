import { assert } from "@std/assert";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { type Command, SIGTERM } from "../../src/kernel/processes.ts";
import { runChecked } from "../../src/kernel/run.ts";
import { type Daemon, inMacrotask, type Program, Simulation, type Sys } from "../../sim/mod.ts";
import { textOf } from "../../src/utf8.ts";
import { background, type ContractPrograms, type PromiseBody, type RunPromise } from "./fixture.ts";

/** Interleavings that each promise is checked on. */
const SEEDS = 20;
const SCRATCH = "/tmp/contract";
const CGROUP = "/slipway-test";
const READ_BYTES = 4_096;
/** For a helper that takes no time of the virtual clock. */
const TIMEOUT_MS = 60_000;

/** Runs a promise on simulated machines, as work of a daemon, once a seed. */
export const runOnSim: RunPromise = async (body) => {
  for (let seed = 1; seed <= SEEDS; seed++) await runSeed(body, seed);
};

/** The same, once. */
export const runOnSeed: RunPromise = (body) => runSeed(body, 1);

async function runSeed(body: PromiseBody, seed: number): Promise<void> {
  const simulation = new Simulation({ seed, programs: PROGRAMS });
  let daemon = boot(simulation);
  const { kernel } = daemon;
  // Not a task of the daemon, since one promise is about what comes after its death.
  const task = simulation.spawn("promise", async () => {
    await kernel.files.mkdir(SCRATCH);
    await body({
      kernel,
      scratch: SCRATCH,
      cgroup: CGROUP,
      programs: COMMANDS,
      makeFifo: (path) => runHelper(kernel, "contract-mkfifo", path),
      makeDevice: (path, major, minor) =>
        runHelper(kernel, "contract-mknod", path, `${major}:${minor}`),
      restart() {
        daemon.crash();
        daemon = boot(simulation);
        return Promise.resolve(daemon.kernel);
      },
    });
  });
  const outcome = await inMacrotask(() => simulation.run());
  assert(outcome.kind === "done", `seed ${seed}: ${outcome.text}`);
  task.value;
}

function boot(simulation: Simulation): Daemon<void> {
  return simulation.bootDaemon(() => {});
}

async function runHelper(
  kernel: Kernel,
  program: string,
  ...args: readonly string[]
): Promise<void> {
  const options = { context: background, timeoutMs: TIMEOUT_MS };
  await runChecked(kernel, command(program, ...args), options);
}

function command(program: string, ...args: readonly string[]): Command {
  return { program, args };
}

const COMMANDS: ContractPrograms = {
  exit: (code) => command("contract-exit", String(code)),
  print: (stdout, stderr) => command("contract-print", stdout, stderr),
  echo: () => command("contract-echo"),
  relay: () => command("contract-relay"),
  converse: (path) => command("contract-converse", path),
  wait: () => command("contract-wait"),
  ignoreTerm: () => command("contract-ignore-term"),
  fork: () => command("contract-fork"),
  neglect: () => command("contract-neglect"),
  enter: (cgroup) => command("contract-enter", cgroup),
};

const PROGRAMS: Readonly<Record<string, Program>> = {
  "contract-exit": (sys) => Promise.resolve(Number(sys.args[1])),

  "contract-print": async (sys) => {
    const [, stdout = "", stderr = ""] = sys.args;
    if (stdout !== "") await sys.write(1, stdout);
    if (stderr !== "") await sys.write(2, stderr);
    return 0;
  },

  "contract-echo": async (sys) => {
    for (;;) {
      const bytes = await sys.read(0, READ_BYTES);
      if (bytes.length === 0) return 0;
      await sys.write(1, bytes);
    }
  },

  "contract-relay": async (sys) => {
    for (let line = ""; !line.endsWith("\n");) {
      const part = textOf(await sys.read(3, READ_BYTES));
      await sys.write(4, part);
      line += part;
    }
    return 0;
  },

  "contract-converse": async (sys) => {
    const listener = await sys.bindSocket(sys.args[1]!);
    await sys.write(3, "\n");
    await sys.close(3);
    await sys.poll({ read: [listener] });
    const [reader, writer] = (await sys.accept(listener))!;
    await sys.close(listener);
    await sys.write(writer, "hello");
    for (let packet; (packet = await sys.read(reader, READ_BYTES)).length > 0;) {
      await sys.write(writer, Uint8Array.of(0x21, ...packet));
    }
    await sys.write(writer, "bye");
    return 0;
  },

  "contract-wait": (sys) => wait(sys, ""),

  "contract-ignore-term": async (sys) => {
    await sys.signalAction(SIGTERM, "ignore");
    return await wait(sys, "");
  },

  "contract-fork": async (sys) => {
    const pid = await sys.fork("sleep", forever, { files: { 0: 0, 1: 1, 2: 2 } });
    await sys.write(3, `${pid}\n`);
    return 0;
  },

  "contract-neglect": async (sys) => {
    const pid = await sys.fork("sleep", forever, { files: { 0: 0, 1: 1, 2: 2 } });
    return await wait(sys, String(pid));
  },

  "contract-enter": async (sys) => {
    await sys.cgroupMove(sys.args[1]!, sys.pid);
    return await wait(sys, "");
  },

  "contract-mkfifo": async (sys) => {
    await sys.mkfifo(sys.args[1]!, 0o600);
    return 0;
  },

  "contract-mknod": async (sys) => {
    await sys.mknod(sys.args[1]!, sys.args[2]!, 0o600);
    return 0;
  },
};

/** Says that it is ready, then lives until a signal ends it. */
async function wait(sys: Sys, line: string): Promise<number> {
  await sys.write(3, `${line}\n`);
  await sys.close(3);
  return await forever(sys);
}

async function forever(sys: Sys): Promise<number> {
  for (;;) await sys.poll({});
}
