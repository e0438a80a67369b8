import { parseFlags } from "../flags.ts";
import type { Sys } from "../program.ts";
import { type Globals, loadState, RuncError, type State, statusOf } from "./state.ts";

/** `runc state` (OCI runtime-spec, runtime.md, State). */
export async function state(sys: Sys, globals: Globals, args: readonly string[]): Promise<number> {
  const found = await loadState(sys, globals, args[0] ?? "");
  await sys.write(1, JSON.stringify(await describe(sys, globals, found), undefined, 2));
  return 0;
}

/** `runc list`, as JSON or as a table. */
export async function list(sys: Sys, globals: Globals, args: readonly string[]): Promise<number> {
  const { values, switches } = parseFlags(args, {
    values: ["format"],
    switches: ["quiet"],
    short: { f: "format", q: "quiet" },
  });
  const rows: Awaited<ReturnType<typeof describe>>[] = [];
  for (const id of await sys.list(globals.root).catch(() => [])) {
    try {
      rows.push(await describe(sys, globals, await loadState(sys, globals, id)));
    } catch (error) {
      if (!(error instanceof RuncError)) throw error;
    }
  }
  if (switches.has("quiet")) await sys.write(1, rows.map((it) => `${it.id}\n`).join(""));
  else if (values.get("format") === "json") await sys.write(1, JSON.stringify(rows));
  else {
    const lines = rows.map((it) =>
      `${it.id} ${it.pid} ${it.status} ${it.bundle} ${it.created} root`
    );
    await sys.write(1, ["ID PID STATUS BUNDLE CREATED OWNER", ...lines, ""].join("\n"));
  }
  return 0;
}

async function describe(sys: Sys, globals: Globals, state: State) {
  const status = await statusOf(sys, globals, state);
  return {
    ociVersion: "1.0.2-dev",
    id: state.id,
    pid: status === "stopped" ? 0 : state.init_process_pid,
    status,
    bundle: state.config.labels.find((it) => it.startsWith("bundle="))?.slice(7) ?? "",
    rootfs: state.config.rootfs,
    created: state.created,
    owner: "",
  };
}
