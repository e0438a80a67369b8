import { hasErrno } from "../../../src/kernel/errno.ts";
import { parseFlags } from "../flags.ts";
import type { Sys } from "../program.ts";
import { signalNumber } from "../signals.ts";
import { cgroupOf, type Globals, loadState, RuncError, statusOf } from "./state.ts";

/** `runc kill` (runc, kill.go): by pid, after a look at the state. */
export async function kill(sys: Sys, globals: Globals, args: readonly string[]): Promise<number> {
  const { switches, rest } = parseFlags(
    args,
    { values: [], switches: ["all"], short: { a: "all" } },
    true,
  );
  const [id = "", name = "SIGTERM"] = rest;
  const state = await loadState(sys, globals, id);
  const signal = signalNumber(name);
  if (signal === undefined) throw new RuncError(`unknown signal "${name}"`);
  if (switches.has("all")) {
    await killAll(sys, cgroupOf(state), signal);
    return 0;
  }
  if (await statusOf(sys, globals, state) === "stopped") {
    throw new RuncError("container not running");
  }
  try {
    await sys.kill(state.init_process_pid, signal);
  } catch (error) {
    if (hasErrno(error, "ESRCH")) throw new RuncError("container not running");
    throw error;
  }
  return 0;
}

/** Signals every process of a group, one after another. */
export async function killAll(sys: Sys, cgroup: string, signal: number): Promise<void> {
  for (const pid of await sys.cgroupProcesses(cgroup)) {
    await sys.kill(pid, signal).catch((error: unknown) => {
      if (!hasErrno(error, "ESRCH")) throw error;
    });
  }
}
