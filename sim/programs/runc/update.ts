import { parseFlags } from "../flags.ts";
import type { Sys } from "../program.ts";
import { type Limits, setLimits } from "./limits.ts";
import {
  cgroupOf,
  type Globals,
  loadState,
  RuncError,
  type State,
  stateFolder,
  statusOf,
  writeState,
} from "./state.ts";

const STDIN = 0;

/**
 * `runc update` (runc, update.go; libcontainer/container_linux.go, Set): what it is told replaces what it
 * remembers of the container, and is written to the group, file by file. Where Linux refuses one, what it
 * remembered before is written again: a limit that had none before stays as it has become.
 */
export async function update(sys: Sys, globals: Globals, args: readonly string[]): Promise<number> {
  const { values, rest } = parseFlags(args, {
    values: ["resources"],
    switches: [],
    short: { r: "resources" },
  });
  const [id = ""] = rest;
  const state = await loadState(sys, globals, id);
  const told = await toldLimits(sys, values.get("resources"));
  const before = state.config.cgroups.Resources;
  const after = updated(before, told);
  if (await statusOf(sys, globals, state) === "stopped") {
    throw new RuncError("container not running");
  }
  const cgroup = cgroupOf(state);
  try {
    await setLimits(sys, cgroup, after);
  } catch (error) {
    if (!(error instanceof RuncError)) throw error;
    await setLimits(sys, cgroup, before).catch(() => {});
    throw error;
  }
  const config: State["config"] = { ...state.config, cgroups: { Resources: after } };
  await writeState(sys, stateFolder(globals, id), { ...state, config });
  return 0;
}

async function toldLimits(sys: Sys, source: string | undefined): Promise<Limits> {
  if (source === undefined) return {};
  const text = source === "-" ? await sys.readAll(STDIN) : await sys.readFile(source);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuncError("EOF");
    throw error;
  }
}

/** Of quota and period one alone leaves the other; CPUs, nodes and `unified` are always replaced. */
function updated(before: Limits, told: Limits): Limits {
  const { shares = before.cpu?.shares, quota = 0, period = 0, cpus, mems } = told.cpu ?? {};
  const isOne = (quota === 0) !== (period === 0);
  return {
    cpu: {
      ...(shares === undefined ? {} : { shares }),
      quota: isOne && quota === 0 ? before.cpu?.quota ?? 0 : quota,
      period: isOne && period === 0 ? before.cpu?.period ?? 0 : period,
      ...(cpus === undefined ? {} : { cpus }),
      ...(mems === undefined ? {} : { mems }),
    },
    memory: { ...before.memory, ...told.memory },
    ...(told.unified === undefined ? {} : { unified: told.unified }),
  };
}
