/**
 * What every kernel promises, as tests that run on any of them. A promise is a body that gets a kernel
 * and a place to play; how it is run, and cleaned up after, is the kernel's matter.
 *
 * @module
 */

import { cgroupPromises } from "./cgroups_contract.ts";
import { clockPromises } from "./clock_contract.ts";
import { fifoPromises } from "./fifo_contract.ts";
import { filePromises } from "./files_contract.ts";
import type { Promises, RunPromise } from "./fixture.ts";
import { mountPromises } from "./mounts_contract.ts";
import { namespacePromises } from "./namespaces_contract.ts";
import { processPromises } from "./processes_contract.ts";
import { socketPromises } from "./sockets_contract.ts";
import { storePromises } from "./store_contract.ts";
import { watchPromises } from "./watch_contract.ts";

/** Every promise by its name: the verb, and what holds. */
export const promises: Promises = {
  ...cgroupPromises,
  ...clockPromises,
  ...fifoPromises,
  ...filePromises,
  ...mountPromises,
  ...namespacePromises,
  ...processPromises,
  ...socketPromises,
  ...storePromises,
  ...watchPromises,
};

/** Registers a test for each promise, run by `run` on the kernel called `name`. */
export function describeContract(name: string, run: RunPromise): void {
  for (const [promise, body] of Object.entries(promises)) {
    Deno.test(`${name}: ${promise}`, () => run(body));
  }
}
