import { assertEquals, assertExists } from "@std/assert";
import type { Hold, Process, SimTask } from "../../sim/mod.ts";
import { type ExecResult, execSync } from "../../src/container/exec.ts";
import { RuntimeError } from "../../src/errors.ts";
import { Context } from "../../src/kernel/context.ts";
import { isExec } from "../../src/oci/conmon.ts";
import { type Scenario, scenario } from "./scenario.ts";

scenario("X1: what is executed in a container is over before its end is told", async (it) => {
  const container = await it.runningAmongOthers("exit", "3", "5000");
  const exec = it.call(
    "exec",
    (runtime) => execSync(runtime, container.id, ["sleep", "600"], 0, new Context()),
  );
  await it.simulation.idle();
  const { machine } = it.simulation;
  const roles = () => machine.processesOf(container.id).map((process) => process.container?.role);
  assertEquals(roles(), ["init", "exec"]);
  const record = await it.simulation.until(undefined, /^store\.commit .*EXITED/);
  assertEquals(roles(), []);
  record.release();
  await it.simulation.idle();
  assertEquals((await exec.promise).exitCode, 137);
  assertEquals(it.seen(container), "EXITED 3 , 0 processes, executed 1 times");
});

scenario(
  "W22: a command whose descendant holds its output open has ended with its code",
  async (it) => {
    const container = await it.running("sleep", "1000");
    const { clock } = it.runtime.kernel;
    const beforeMs = clock.monotonicMs();
    const { exitCode } = await it.call(
      "exec",
      (runtime) =>
        execSync(runtime, container.id, ["fork-holder", "60000", "3"], 30_000, new Context()),
    ).promise;
    assertEquals(exitCode, 3);
    assertEquals(Math.floor(clock.monotonicMs() - beforeMs), it.runtime.config.bounds.execDrainMs);
  },
);

scenario("X2: a command does not outlive the answer when its conmon is killed", async (it) => {
  const container = await it.running("sleep", "1000");
  const exec = execSleep(it, container.id);
  await it.simulation.idle();
  assertEquals(commandsIn(it, container.id), ["sleep 600"]);
  it.kill(conmonOf(it));
  await exec.settled;
  assertEquals(commandsIn(it, container.id), []);
  assertEquals(codeOf(exec.error), "UNKNOWN");
  assertEquals(it.seen(container), "RUNNING, 1 processes, executed 1 times");
});

scenario("X2b: nor when that comes before conmon has named it", async (it) => {
  const container = await it.running("sleep", "1000");
  const { exec, hold } = await execUntil(it, container.id, CONMON, /^readFile .*exec-.*pid/);
  using _hold = hold;
  it.kill(conmonOf(it));
  await exec.settled;
  assertEquals(commandsIn(it, container.id), []);
  assertEquals(codeOf(exec.error), "UNKNOWN");
});

scenario("X2c: nor when its time is up meanwhile", async (it) => {
  const container = await it.running("sleep", "1000");
  const looking = it.simulation.until(undefined, /^processes\.list/);
  const exec = execSleep(it, container.id, 500);
  const look = await looking;
  it.kill(conmonOf(it));
  look.release();
  await exec.settled;
  assertEquals(commandsIn(it, container.id), []);
  assertEquals(codeOf(exec.error), "DEADLINE_EXCEEDED");
});

scenario("X2d: but who has got its pid by then is another", async (it) => {
  const container = await it.running("sleep", "1000");
  const first = execSleep(it, container.id);
  await it.simulation.idle();
  const [command] = executed(it, container.id);
  assertExists(command);
  const looking = it.simulation.until(first, /^processes\.list/);
  it.kill(conmonOf(it));
  it.kill(command);
  const look = await looking;
  await it.simulation.idle();
  const { exec: second, hold: fork } = await execUntil(it, container.id, OCI_RUNTIME, /^fork/);
  it.simulation.machine.processes.skipTo(command.pid);
  fork.release();
  await it.simulation.idle();
  assertEquals(executed(it, container.id).map(({ pid }) => pid), [command.pid]);
  look.release();
  await first.settled;
  await it.simulation.idle();
  assertEquals([commandsIn(it, container.id), second.state], [["sleep 600"], "running"]);
});

scenario("X2e: nor does what the OCI runtime of a killed conmon still brings in", async (it) => {
  const container = await it.running("sleep", "1000");
  const { exec, hold } = await execUntil(it, container.id, OCI_RUNTIME, /^prctl/);
  it.kill(conmonOf(it));
  await it.simulation.idle();
  hold.release();
  await exec.settled;
  assertEquals(commandsIn(it, container.id), []);
  assertEquals(codeOf(exec.error), "UNKNOWN");
});

scenario("X2f: nor does it when its client gives up right then", async (it) => {
  const container = await it.running("sleep", "1000");
  const context = new Context();
  const exec = execSleep(it, container.id, 0, context);
  await it.simulation.idle();
  const reading = it.simulation.until(exec, /^child\.readPipeLine/);
  it.kill(conmonOf(it));
  const hold = await reading;
  context.cancel();
  hold.release();
  await exec.settled;
  assertEquals(commandsIn(it, container.id), []);
});

scenario("X3: a client that gives up while its command is brought in leaves none", async (it) => {
  const container = await it.running("sleep", "1000");
  const context = new Context();
  const naming = /^createFile .*exec-.*pid/;
  const { exec, hold } = await execUntil(it, container.id, OCI_RUNTIME, naming, context);
  assertEquals(commandsIn(it, container.id), ["sleep 600"]);
  context.cancel();
  await it.simulation.idle();
  hold.release();
  await exec.settled;
  assertEquals(commandsIn(it, container.id), []);
});

scenario("X4: who comes into a container at its end does not hold that up", async (it) => {
  const container = await it.running("sleep", "1000");
  const moving = /^write cgroup\.procs/;
  const { exec, hold: move } = await execUntil(it, container.id, OCI_RUNTIME, moving);
  const removing = it.simulation.until(undefined, /^cgroups\.remove/);
  it.kill(it.init(container));
  const removal = await removing;
  const telling = it.simulation.until(OCI_RUNTIME, /^write/);
  move.release();
  const word = await telling;
  const states = new Set<string>();
  it.simulation.onStep(() => void states.add(it.container(container.id).status.state));
  removal.release();
  const record = await it.simulation.until(undefined, /^store\.commit .*(EXITED|UNKNOWN)/);
  record.release();
  word.release();
  await exec.settled;
  await it.simulation.idle();
  assertEquals([...states], ["RUNNING", "EXITED"]);
  assertEquals(it.seen(container), "EXITED 137 , 0 processes, executed 1 times");
});

function execSleep(
  it: Scenario,
  id: string,
  timeoutMs = 0,
  context: Context = new Context(),
): SimTask<ExecResult> {
  const command = ["sleep", "600"];
  return it.call("exec", (runtime) => execSync(runtime, id, command, timeoutMs, context));
}

/** Executes, and holds `who` of those who bring the command in where he comes to `what`. */
async function execUntil(
  it: Scenario,
  id: string,
  who: RegExp,
  what: RegExp,
  context?: Context,
): Promise<{ readonly exec: SimTask<ExecResult>; readonly hold: Hold }> {
  const holding = it.simulation.until(who, what);
  const exec = execSleep(it, id, 0, context);
  return { exec, hold: await holding };
}

const CONMON = /^conmon .*--exec/;
const OCI_RUNTIME = /^\/usr\/sbin\/runc .*exec/;

/** The conmon above the command. */
function conmonOf(it: Scenario): Process {
  const conmon = it.simulation.machine.processes.all()
    .find(({ isAlive, args }) => isAlive && args[0] === "conmon" && isExec(args));
  assertExists(conmon);
  return conmon;
}

/** What lives of what was executed in a container. */
function executed(it: Scenario, id: string): readonly Process[] {
  return it.simulation.machine.processesOf(id).filter((it) => it.container?.role === "exec");
}

/** Their command lines. */
function commandsIn(it: Scenario, id: string): readonly string[] {
  return executed(it, id).map(({ args }) => args.join(" "));
}

function codeOf(error: unknown): string | undefined {
  return error instanceof RuntimeError ? error.code : undefined;
}
