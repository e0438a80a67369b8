/**
 * A daemon in one file, for tests of what survives its death: starts a program that outlives it and
 * commits a record, prints the program's pid, and ends as its argument says.
 *
 * @module
 */

import { Context } from "../../src/kernel/context.ts";
import { linuxKernel } from "../../real/kernel.ts";

const [end, stateFile] = Deno.args;
using kernel = linuxKernel({ stateFile: stateFile! });
using child = await kernel.processes.spawn(
  { program: "sleep", args: ["1000000"] },
  { outputBytesMax: 100, childWrites: [3], detached: true },
);
await kernel.store.commit([
  { kind: "put", record: { table: "children", id: "1", value: String(child.identity.pid) } },
]);
// A wait that was given up keeps no thread, and so not the daemon.
const context = new Context();
using handle = await kernel.processes.open(child.identity);
const wait = handle.exited(context).catch(() => {});
context.cancel();
await wait;
console.log(child.identity.pid);
if (end === "kill") Deno.kill(Deno.pid, "SIGKILL");
