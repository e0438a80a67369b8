import { assertEquals, assertRejects } from "@std/assert";

import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { ExitStatus } from "../../../src/kernel/processes.ts";
import { type OciDevice } from "../../../src/oci/runtime_spec.ts";
import { readDevices } from "../../../src/oci/spec_host.ts";
import { endedChild, FakeClock, fakeKernel } from "../fakes.ts";

const NULL = "21b6 1 3 0 0 /dev/null\0";
const GONE = "find: '/dev/loop7': No such file or directory";

/** Devices as find(1) prints them, which then ends so. */
function devices(stdout: string, status: ExitStatus): Promise<readonly OciDevice[]> {
  const kernel = fakeKernel({
    clock: new FakeClock(),
    processes: { spawn: () => Promise.resolve(endedChild(status, stdout, GONE)) },
  });
  return readDevices(kernel, "/dev", { timeoutMs: 1_000, context: Context.background() });
}

Deno.test("readDevices() takes what is left when a device goes meanwhile", async () => {
  const found = await devices(NULL, { kind: "exited", code: 1 });
  assertEquals(found.map(({ path }) => path), ["/dev/null"]);
});

Deno.test("readDevices() does not take a part for all", async () => {
  const ends: readonly ExitStatus[] = [{ kind: "signaled", signal: 9 }, {
    kind: "exited",
    code: 127,
  }];
  for (const status of ends) await assertRejects(() => devices(NULL, status), KernelError);
  await assertRejects(() => devices("", { kind: "exited", code: 1 }), KernelError, "loop7");
});
