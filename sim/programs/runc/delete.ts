import { hasErrno } from "../../../src/kernel/errno.ts";
import { parseFlags } from "../flags.ts";
import type { Sys } from "../program.ts";
import { killAll } from "./kill.ts";
import {
  cgroupOf,
  type Globals,
  hasOwnPidNamespace,
  loadState,
  RuncError,
  type State,
  stateFolder,
  statusOf,
} from "./state.ts";

const SIGKILL = 9;
const DEATH_CHECKS_MAX = 100;
const DEATH_CHECK_MS = 100;
const CGROUP_TRIES = 5;
const CGROUP_FIRST_WAIT_MS = 10;

/** `runc delete` (runc, delete.go). */
export async function deleteContainer(
  sys: Sys,
  globals: Globals,
  args: readonly string[],
): Promise<number> {
  const { switches, rest } = parseFlags(
    args,
    { values: [], switches: ["force"], short: { f: "force" } },
    true,
  );
  const [id = ""] = rest;
  const isForced = switches.has("force");
  let state: State;
  try {
    state = await loadState(sys, globals, id);
  } catch (error) {
    if (!(error instanceof RuncError)) throw error;
    // What an aborted create has left is there although runc does not see it.
    if (id !== "") await sys.removeAll(stateFolder(globals, id));
    if (isForced) return 0;
    throw error;
  }
  const status = await statusOf(sys, globals, state);
  if (status === "running" && !isForced) {
    throw new RuncError(`cannot delete container ${id} that is not stopped: ${status}`);
  }
  if (status !== "stopped") await killInit(sys, globals, state);
  await destroy(sys, globals, state);
  return 0;
}

async function killInit(sys: Sys, globals: Globals, state: State): Promise<void> {
  await sys.kill(state.init_process_pid, SIGKILL).catch(ignoreGone);
  for (let i = 0; i < DEATH_CHECKS_MAX; i++) {
    await sys.sleep(DEATH_CHECK_MS);
    if (await statusOf(sys, globals, state) === "stopped") return;
  }
  throw new RuncError("container init still running");
}

async function destroy(sys: Sys, globals: Globals, state: State): Promise<void> {
  const cgroup = cgroupOf(state);
  if (!hasOwnPidNamespace(state)) await killAll(sys, cgroup, SIGKILL);
  await removeCgroup(sys, cgroup);
  await sys.removeAll(stateFolder(globals, state.id));
}

/** Tried again for a while, since a killed process leaves its group late (runc, cgroups/utils.go). */
async function removeCgroup(sys: Sys, cgroup: string): Promise<void> {
  let wait = CGROUP_FIRST_WAIT_MS;
  for (let i = 0; i < CGROUP_TRIES; i++) {
    try {
      return await sys.cgroupRemove(cgroup);
    } catch (error) {
      if (!hasErrno(error, "EBUSY")) throw error;
    }
    await sys.sleep(wait);
    wait *= 2;
  }
  throw new RuncError(
    `unable to destroy container: unable to remove container's cgroup: ${cgroup}`,
  );
}

function ignoreGone(error: unknown): void {
  if (!hasErrno(error, "ESRCH")) throw error;
}
