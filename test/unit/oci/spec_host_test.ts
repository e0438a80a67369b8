import { assertEquals, assertRejects } from "@std/assert";

import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { ExitStatus } from "../../../src/kernel/processes.ts";
import { type OciDevice } from "../../../src/oci/runtime_spec.ts";
import { hasMountSetattr, readDevices } from "../../../src/oci/spec_host.ts";
import { endedChild, FakeClock, fakeKernel, noEntry } from "../fakes.ts";

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

Deno.test("hasMountSetattr() goes by the kernel's release", async () => {
  const releases = {
    "5.11.22-generic": false,
    "5.12.0": true,
    "6.1.0-18-amd64": true,
    "4.19": false,
  };
  for (const [release, isThere] of Object.entries(releases)) {
    const content = new TextEncoder().encode(`${release}\n`);
    const kernel = fakeKernel({ files: { readFile: () => Promise.resolve(content) } });
    assertEquals(await hasMountSetattr(kernel), isThere, release);
  }
});

Deno.test("hasMountSetattr() is false of a host that does not tell", async () => {
  const kernel = fakeKernel({ files: { readFile: (path) => Promise.reject(noEntry(path)) } });
  assertEquals(await hasMountSetattr(kernel), false);
});
