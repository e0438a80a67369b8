import type { Sys } from "../program.ts";
import { type Globals, loadState, RuncError, stateFolder, statusOf } from "./state.ts";

/** `runc start` (runc, start.go; libcontainer/container_linux.go, exec): lets the waiting init go on. */
export async function start(sys: Sys, globals: Globals, args: readonly string[]): Promise<number> {
  const [id = ""] = args;
  const state = await loadState(sys, globals, id);
  switch (await statusOf(sys, globals, state)) {
    case "stopped":
      throw new RuncError("cannot start a container that has stopped");
    case "running":
      throw new RuncError("cannot start an already running container");
    case "created":
  }
  const path = `${stateFolder(globals, id)}/exec.fifo`;
  const fifo = await sys.open(path, "read", { isNonblocking: true });
  // Whichever is first: the init opens its end, or it is found dead.
  const { readable } = await sys.poll({ read: [fifo], processes: [state.init_process_pid] });
  const byte = readable.length > 0 ? await sys.read(fifo, 1) : new Uint8Array(0);
  if (byte.length === 0) {
    throw new RuncError(
      readable.length > 0
        ? "cannot start an already running container"
        : "container process is already dead",
    );
  }
  await sys.unlink(path);
  return 0;
}
