import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { Command, SpawnOptions } from "../../../src/kernel/processes.ts";
import { programFailed, run, runChecked } from "../../../src/kernel/run.ts";
import {
  CountingContext,
  endedChild,
  FakeChild,
  FakeClock,
  fakeKernel,
  isPending,
} from "../fakes.ts";

const command: Command = { program: "runc", args: ["delete", "x"] };
const succeeded = { kind: "exited", code: 0 } as const;
const cause = new RuntimeError("CANCELLED", "the client left");

/** A kernel that starts `child` whatever it is asked to start, and remembers how it was asked. */
function kernelWith(child: FakeChild, clock = new FakeClock()) {
  const spawned: [Command, SpawnOptions][] = [];
  const kernel = fakeKernel({
    clock,
    processes: {
      spawn(command, options) {
        spawned.push([command, options]);
        return Promise.resolve(child);
      },
    },
  });
  return { kernel, clock, spawned };
}

Deno.test("run() gives how the program ended and what it wrote", async () => {
  const context = new CountingContext();
  const child = endedChild({ kind: "exited", code: 3 }, "out\n", "err\n");
  const { kernel, clock, spawned } = kernelWith(child);
  assertEquals(await run(kernel, command, { context, timeoutMs: 100 }), {
    status: { kind: "exited", code: 3 },
    stdout: "out\n",
    stderr: "err\n",
  });
  assertEquals(spawned, [[command, { outputBytesMax: 1024 * 1024 }]]);
  assertEquals(child.signals, []);
  assert(child.isDisposed);
  assertEquals([clock.timerCount, context.listenerCount], [0, 0]);
});

Deno.test("run() passes on standard input and the bound of the output", async () => {
  const { kernel, spawned } = kernelWith(endedChild(succeeded));
  const context = new Context();
  await run(kernel, command, { context, timeoutMs: 100, stdin: "{}", outputBytesMax: 5 });
  assertEquals(spawned, [[command, { stdin: "{}", outputBytesMax: 5 }]]);
});

Deno.test("run() starts nothing when its context is over", async () => {
  const context = new Context();
  context.cancel(cause);
  const { kernel, spawned } = kernelWith(endedChild(succeeded));
  const error = await assertRejects(() => run(kernel, command, { context, timeoutMs: 100 }));
  assertStrictEquals(error, cause);
  assertEquals(spawned, []);
});

Deno.test("run() passes on why a program cannot be executed", async () => {
  const error = new KernelError("spawn", "ENOENT", "runc");
  const kernel = fakeKernel({
    clock: new FakeClock(),
    processes: { spawn: () => Promise.reject(error) },
  });
  const running = () => run(kernel, command, { context: new Context(), timeoutMs: 100 });
  assertStrictEquals(await assertRejects(running), error);
});

Deno.test("run() kills the program when its context ends, and throws the cause", async () => {
  const context = new CountingContext();
  const child = new FakeChild();
  const { kernel, clock } = kernelWith(child);
  const running = run(kernel, command, { context, timeoutMs: 100 });
  assert(await isPending(running));
  assertEquals(child.signals, []);
  context.cancel(cause);
  assertStrictEquals(await assertRejects(() => running), cause);
  assertEquals(child.signals, [9]);
  assert(child.isDisposed);
  assertEquals([clock.timerCount, context.listenerCount], [0, 0]);
});

Deno.test("run() kills the program when the time is up, not before", async () => {
  const child = new FakeChild();
  const { kernel, clock } = kernelWith(child);
  const running = run(kernel, command, { context: new Context(), timeoutMs: 100 });
  await clock.advance(99);
  assert(await isPending(running));
  assertEquals(child.signals, []);
  await clock.advance(1);
  const error = await assertRejects(() => running, RuntimeError);
  assertEquals(error.code, "DEADLINE_EXCEEDED");
  assertEquals(error.message, "runc: not done within 100 ms");
  assertEquals(child.signals, [9]);
});

Deno.test("run() kills the program when its context ended while it was being started", async () => {
  const context = new Context();
  const child = new FakeChild();
  const reply = Promise.withResolvers<FakeChild>();
  const kernel = fakeKernel({
    clock: new FakeClock(),
    processes: { spawn: () => reply.promise },
  });
  const running = run(kernel, command, { context, timeoutMs: 100 });
  context.cancel(cause);
  reply.resolve(child);
  assertStrictEquals(await assertRejects(() => running), cause);
  assertEquals(child.signals, [9]);
  assert(child.isDisposed);
});

Deno.test("run() throws the cause also when there is nobody left to kill", async () => {
  const context = new Context();
  const child = new FakeChild();
  child.signal = () => Promise.reject(new KernelError("signal", "ESRCH", "pid 100"));
  const { kernel } = kernelWith(child);
  const running = run(kernel, command, { context, timeoutMs: 100 });
  context.cancel(cause);
  child.exit(succeeded);
  assertStrictEquals(await assertRejects(() => running), cause);
});

Deno.test("run() awaits the end of a program that it killed, not for ever", async () => {
  const context = new Context();
  const child = new FakeChild();
  child.signal = () => Promise.resolve();
  const { kernel, clock } = kernelWith(child);
  const running = run(kernel, command, { context, timeoutMs: 100 });
  context.cancel(cause);
  assert(await isPending(running));
  const failed = assertRejects(() => running);
  await clock.advance(5_000);
  assertStrictEquals(await failed, cause);
});

Deno.test("run() waits for the last output of a program that has ended", async () => {
  const child = new FakeChild();
  const { kernel, clock } = kernelWith(child);
  const running = run(kernel, command, { context: new Context(), timeoutMs: 5_000 });
  child.exit(succeeded);
  await clock.advance(999);
  assert(await isPending(running));
  child.stdout = "late";
  child.endOutput();
  assertEquals((await running).stdout, "late");
});

Deno.test("run() waits a second at most for output that a descendant holds open", async () => {
  const child = new FakeChild();
  child.stdout = "so far";
  const { kernel, clock } = kernelWith(child);
  const running = run(kernel, command, { context: new Context(), timeoutMs: 5_000 });
  child.exit(succeeded);
  await clock.advance(1_000);
  assertEquals(await running, { status: succeeded, stdout: "so far", stderr: "" });
  assertEquals(child.signals, []);
  assertEquals(clock.timerCount, 0);
});

Deno.test("runChecked() gives the standard output of a program that succeeded", async () => {
  const { kernel } = kernelWith(endedChild(succeeded, "out", "warning"));
  assertEquals(
    await runChecked(kernel, command, { context: new Context(), timeoutMs: 100 }),
    "out",
  );
});

Deno.test("runChecked() throws EIO and what was printed when the program failed", async () => {
  const statuses = [{ kind: "exited", code: 1 }, { kind: "signaled", signal: 9 }] as const;
  const messages = [];
  for (const status of statuses) {
    const { kernel } = kernelWith(endedChild(status, "out", "no such container\n"));
    const error = await assertRejects(() =>
      runChecked(kernel, command, { context: new Context(), timeoutMs: 100 })
    );
    assertInstanceOf(error, KernelError);
    messages.push([error.errno, error.message]);
  }
  assertEquals(messages, [
    ["EIO", 'run "runc delete": EIO: exit code 1: no such container'],
    ["EIO", 'run "runc delete": EIO: signal 9: no such container'],
  ]);
});

Deno.test("programFailed() takes standard output when there is nothing on standard error", () => {
  const status = { kind: "exited", code: 1 } as const;
  const bare: Command = { program: "runc", args: [] };
  assertEquals(
    programFailed(bare, { status, stdout: "out\n", stderr: " \n" }).message,
    'run "runc": EIO: exit code 1: out',
  );
  assertEquals(
    programFailed(bare, { status, stdout: "", stderr: "" }).message,
    'run "runc": EIO: exit code 1',
  );
});

Deno.test("programFailed() keeps the end of what was printed, 2000 characters of it", () => {
  const stderr = `${"a".repeat(3_000)}end`;
  const { message } = programFailed(command, {
    status: { kind: "exited", code: 1 },
    stdout: "",
    stderr,
  });
  assert(message.endsWith(`: ${stderr.slice(-2_000)}`));
});
