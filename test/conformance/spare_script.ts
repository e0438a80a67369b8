/**
 * A daemon that has made namespaces for its next pod: pins those of a pod in the folder of its argument, prints
 * which shell is in the spares, and kills itself.
 *
 * @module
 */

import { linuxKernel } from "../../real/kernel.ts";
import { namespacesOf, podIn, waitingShells } from "./spare_fixture.ts";

const [folder] = Deno.args;
using kernel = linuxKernel({ stateFile: `${folder}/state.sqlite` });
using namespaces = namespacesOf(kernel.processes);
await namespaces.pin(podIn(`${folder}/pod`), "a-host");
await namespaces.prepared;
const [shell] = await waitingShells(kernel.processes);
console.log(JSON.stringify(shell));
Deno.kill(Deno.pid, "SIGKILL");
