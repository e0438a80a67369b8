import { assertEquals, assertRejects } from "@std/assert";

import { Context } from "../../../src/kernel/context.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { FileStat } from "../../../src/kernel/files.ts";
import type { ExitStatus } from "../../../src/kernel/processes.ts";
import { type OciDevice } from "../../../src/oci/runtime_spec.ts";
import { DEVICES_MAX, readDevices } from "../../../src/oci/spec_host.ts";
import { endedChild, FakeClock, fakeKernel, partial } from "../fakes.ts";

const NULL = "21b6 1 3 0 0 /dev/null\0";
const GONE = "find: '/dev/loop7': No such file or directory";

const DONE: ExitStatus = { kind: "exited", code: 0 };
const FAILED: ExitStatus = { kind: "exited", code: 1 };

/** Devices as find(1) prints them, which then ends so. */
function devices(
  stdout: string,
  status: ExitStatus,
  isThere = true,
): Promise<readonly OciDevice[]> {
  const kernel = fakeKernel({
    clock: new FakeClock(),
    processes: { spawn: () => Promise.resolve(endedChild(status, stdout, GONE)) },
    files: { stat: () => Promise.resolve(isThere ? partial<FileStat>("stat", {}) : undefined) },
  });
  return readDevices(kernel, "/dev", { timeoutMs: 1_000, context: Context.background() });
}

Deno.test("readDevices() takes what is left when a device goes meanwhile", async () => {
  const found = await devices(NULL, FAILED);
  assertEquals(found.map(({ path }) => path), ["/dev/null"]);
});

Deno.test("readDevices() does not take a part for all", async () => {
  const ends: readonly ExitStatus[] = [{ kind: "signaled", signal: 9 }, {
    kind: "exited",
    code: 127,
  }];
  for (const status of ends) await assertRejects(() => devices(NULL, status), KernelError);
  await assertRejects(() => devices("", FAILED), KernelError, "loop7");
});

Deno.test("readDevices() names the device that the host does not have", async () => {
  const error = await assertRejects(() => devices("", FAILED, false), RuntimeError);
  assertEquals(
    [error.code, error.message],
    ["FAILED_PRECONDITION", 'Cannot create container: the host has no device "/dev"'],
  );
});

Deno.test("readDevices() names what is no device", async () => {
  const error = await assertRejects(() => devices("", DONE), RuntimeError);
  assertEquals(
    [error.code, error.message],
    ["INVALID_ARGUMENT", 'Cannot create container: there is no device at "/dev"'],
  );
});

Deno.test("readDevices() gives all devices or none", async () => {
  const some = (count: number) => NULL.repeat(count);
  assertEquals((await devices(some(DEVICES_MAX), DONE)).length, DEVICES_MAX);
  const error = await assertRejects(() => devices(some(DEVICES_MAX + 1), DONE), RuntimeError);
  assertEquals(
    [error.code, error.message],
    [
      "INVALID_ARGUMENT",
      `Cannot create container: there are more than ${DEVICES_MAX} devices at "/dev"`,
    ],
  );
});
