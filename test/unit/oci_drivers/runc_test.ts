import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { ExitStatus } from "../../../src/kernel/processes.ts";
import {
  deleteContainer,
  execCommand,
  isRuntimeInit,
  readableMessage,
  readInitState,
} from "../../../src/oci/runc.ts";
import { endedChild, FakeChild, FakeClock, fakeKernel, noEntry, partial } from "../fakes.ts";

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

/** Reads a state file with this content, or none. */
function readState(content: string | undefined) {
  const kernel = fakeKernel({
    files: {
      stat: () => Promise.resolve(content === undefined ? undefined : partial("stat", {})),
      readFile(path) {
        if (content === undefined) return Promise.reject(noEntry(path));
        return Promise.resolve(new TextEncoder().encode(content));
      },
    },
  });
  return readInitState(kernel, "/run/test/runtime/c1/state.json");
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
  const endings: ExitStatus[] = [{ kind: "exited", code: 1 }, { kind: "signaled", signal: 9 }];
  for (const status of endings) {
    const { kernel } = kernelWith(endedChild(status, "", "cannot kill\n"));
    const error = await assertRejects(
      () => deleteContainer(kernel, runtime, "c1", 100, new Context()),
      KernelError,
      "cannot kill",
    );
    assertEquals(error.errno, "EIO");
  }
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

Deno.test("execCommand() hands over the process and asks for its pid", () => {
  assertEquals(execCommand(runtime, "c1", "/process.json", "/pid"), {
    program: "/usr/bin/runc",
    args: [
      "--root",
      "/run/test/runtime",
      "exec",
      "--process",
      "/process.json",
      "--pid-file",
      "/pid",
      "c1",
    ],
  });
});

Deno.test("readInitState() is the identity of init, out of all that is recorded", async () => {
  const text = '{"id":"c1","init_process_pid":4711,"init_process_start":981234,"config":{}}';
  assertEquals(await readState(text), { pid: 4711, startTime: 981234 });
});

Deno.test("readInitState() is none where there is no such record", async () => {
  assertEquals(await readState(undefined), undefined);
  const others = [
    "",
    "{",
    "null",
    "7",
    "[]",
    "{}",
    '{"init_process_pid":4711}',
    '{"init_process_start":981234}',
    '{"init_process_pid":"4711","init_process_start":981234}',
    '{"init_process_pid":4711,"init_process_start":1.5}',
  ];
  for (const text of others) assertEquals(await readState(text), undefined, text);
});

Deno.test("readInitState() passes on that a record cannot be read", async () => {
  const error = new KernelError("read", "EIO", "state.json");
  const kernel = fakeKernel({
    files: {
      stat: () => Promise.resolve(partial("stat", {})),
      readFile: () => Promise.reject(error),
    },
  });
  assertStrictEquals(await assertRejects(() => readInitState(kernel, "/state.json")), error);
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
