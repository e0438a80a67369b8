import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { ExitStatus } from "../../../src/kernel/processes.ts";
import {
  deleteContainer,
  hasEnded,
  hasNoState,
  isRuntimeInit,
  isUpdate,
  mountOptionsOf,
  readableMessage,
  updateContainer,
} from "../../../src/oci/runc.ts";
import { endedChild, FakeChild, FakeClock, fakeKernel } from "../fakes.ts";

const runtime = { program: "/usr/bin/runc", root: "/run/test/runtime" };

function kernelWith(child: FakeChild, clock = new FakeClock()) {
  const spawned: string[][] = [];
  const kernel = fakeKernel({
    clock,
    processes: {
      spawn({ program, args }) {
        spawned.push([program, ...args]);
        return Promise.resolve(child);
      },
    },
  });
  return { kernel, spawned };
}

Deno.test("deleteContainer() deletes by force in the runtime's own root", async () => {
  const { kernel, spawned } = kernelWith(endedChild({ kind: "exited", code: 0 }));
  await deleteContainer(kernel, runtime, "c1", 100, new Context());
  assertEquals(spawned, [[
    "/usr/bin/runc",
    "--root",
    "/run/test/runtime",
    "delete",
    "--force",
    "c1",
  ]]);
});

Deno.test("deleteContainer() fails with what the runtime printed", async () => {
  const endings: ExitStatus[] = [{ kind: "exited", code: 1 }, { kind: "signaled", signal: 15 }];
  for (const status of endings) {
    const { kernel } = kernelWith(endedChild(status, "", "cannot kill\n"));
    const error = await assertRejects(
      () => deleteContainer(kernel, runtime, "c1", 100, new Context()),
      KernelError,
      "cannot kill",
    );
    assertEquals([error.errno, error.subject], ["EIO", "/usr/bin/runc delete"]);
  }
});

Deno.test("deleteContainer() says when the runtime was killed", async () => {
  const { kernel } = kernelWith(endedChild({ kind: "signaled", signal: 9 }));
  assertEquals(await deleteContainer(kernel, runtime, "c1", 100, new Context()), false);
});

Deno.test("deleteContainer() is bounded", async () => {
  const clock = new FakeClock();
  const child = new FakeChild();
  const { kernel } = kernelWith(child, clock);
  const deleted = deleteContainer(kernel, runtime, "c1", 100, new Context());
  const failed = assertRejects(() => deleted, RuntimeError);
  await clock.advance(100);
  assertEquals((await failed).code, "DEADLINE_EXCEEDED");
  assertEquals(child.signals, [9]);
});

Deno.test("isRuntimeInit() tells the runtime's init from the user's program", () => {
  assert(isRuntimeInit(runtime, ["/usr/bin/runc", "init"]));
  const others = [
    [],
    ["/usr/bin/runc"],
    ["/usr/bin/runc", "create"],
    ["/usr/bin/runc", "init", "x"],
    ["/sbin/systemd", "init"],
    ["init"],
  ];
  for (const args of others) assertFalse(isRuntimeInit(runtime, args), args.join(" "));
});

Deno.test("readableMessage() is the last message of several log lines, without its quotes", () => {
  const lines =
    'time="now" level=warning msg="first"\nlevel=error msg="exec: \\"nope\\": no such file"';
  assertEquals(readableMessage(lines), 'exec: "nope": no such file');
});

Deno.test("readableMessage() is the text itself where there is no log line", () => {
  assertEquals(readableMessage("no such file"), "no such file");
  assertEquals(readableMessage(""), "the OCI runtime failed without a word");
});

Deno.test("updateContainer() gives the runtime the limits, and nothing when it takes them", async () => {
  const { kernel, spawned } = kernelWith(endedChild({ kind: "exited", code: 0 }));
  const options = { context: new Context(), timeoutMs: 100 };
  const limits = { cpu: { shares: 512 } };
  assertEquals(await updateContainer(kernel, runtime, "c1", limits, options), undefined);
  const args = ["--root", "/run/test/runtime", "update", "--resources", "-", "c1"];
  assertEquals(spawned, [["/usr/bin/runc", ...args]]);
  assert(isUpdate(runtime, "c1", spawned[0] ?? []));
  assertFalse(isUpdate(runtime, "c2", spawned[0] ?? []));
});

Deno.test("updateContainer() gives the runtime's words when it refuses", async () => {
  const words = 'time="now" level=error msg="failed to write \\"10\\": invalid argument"\n';
  const { kernel } = kernelWith(endedChild({ kind: "exited", code: 1 }, "", words));
  const options = { context: new Context(), timeoutMs: 100 };
  const refusal = await updateContainer(kernel, runtime, "c1", {}, options);
  assertEquals(refusal, 'failed to write "10": invalid argument');
});

Deno.test("updateContainer() fails when somebody has killed the runtime", async () => {
  const { kernel } = kernelWith(endedChild({ kind: "signaled", signal: 9 }));
  const options = { context: new Context(), timeoutMs: 100 };
  const error = await assertRejects(
    () => updateContainer(kernel, runtime, "c1", {}, options),
    KernelError,
  );
  assertEquals([error.errno, error.subject], ["EIO", "/usr/bin/runc update"]);
});

Deno.test("hasNoState() knows who does not know the container", () => {
  assert(hasNoState("container does not exist"));
  assert(hasNoState('container "c1" does not exist'));
  assert(!hasNoState("openat2 memory.max: no such file or directory"));
});

Deno.test("hasEnded() knows the words of runc and of crun", () => {
  assert(hasEnded("container not running"));
  assert(hasEnded("the container is not running"));
  assertFalse(hasEnded("invalid argument"));
});

Deno.test("mountOptionsOf() asks the runtime for its features", async () => {
  const features = JSON.stringify({ mountOptions: ["ro", "rro", 7], linux: {} });
  const { kernel, spawned } = kernelWith(endedChild({ kind: "exited", code: 0 }, features));
  const options = await mountOptionsOf(kernel, runtime, 100, new Context());
  assertEquals(options, ["ro", "rro"]);
  assertEquals(spawned, [["/usr/bin/runc", "--root", "/run/test/runtime", "features"]]);
});

Deno.test("mountOptionsOf() is nothing for a runtime that does not tell", async () => {
  const answers: readonly (readonly [code: number, stdout: string])[] = [
    [3, "No help topic for 'features'"],
    [0, "{}"],
    [0, '{"mountOptions": "rro"}'],
    [0, "null"],
    [0, "runc 1.0"],
  ];
  for (const [code, stdout] of answers) {
    const { kernel } = kernelWith(endedChild({ kind: "exited", code }, stdout));
    assertEquals(await mountOptionsOf(kernel, runtime, 100, new Context()), [], stdout);
  }
});

Deno.test("mountOptionsOf() fails when the runtime was killed, since that says nothing of it", async () => {
  const { kernel } = kernelWith(endedChild({ kind: "signaled", signal: 9 }));
  await assertRejects(() => mountOptionsOf(kernel, runtime, 100, new Context()), KernelError);
});
