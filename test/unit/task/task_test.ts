import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";

import { KernelError } from "../../../src/kernel/errno.ts";
import { openHandles, openIfPresent, taskOf } from "../../../src/task/task.ts";
import { fakeKernel, FakeProcess } from "../fakes.ts";

Deno.test("taskOf() lets go of init and conmon when it is disposed, and not before", () => {
  const init = new FakeProcess(10);
  const supervisor = new FakeProcess(9);
  const task = taskOf(init, supervisor);
  assertFalse(init.isDisposed || supervisor.isDisposed);
  task[Symbol.dispose]();
  assert(init.isDisposed && supervisor.isDisposed);
  assertEquals([init.signals, supervisor.signals], [[], []]);
});

Deno.test("taskOf() does without a conmon", () => {
  const init = new FakeProcess(10);
  const task = taskOf(init, undefined);
  assertEquals(task.supervisor, undefined);
  task[Symbol.dispose]();
  assert(init.isDisposed);
});

Deno.test("openIfPresent() takes hold of the process by its identity", async () => {
  const process = new FakeProcess(10);
  const asked: unknown[] = [];
  const kernel = fakeKernel({
    processes: {
      open(which) {
        asked.push(which);
        return Promise.resolve(process);
      },
    },
  });
  assertStrictEquals(await openIfPresent(kernel, process.identity), process);
  assertEquals(asked, [process.identity]);
});

Deno.test("openIfPresent() is nothing for nobody, and for a process that is gone", async () => {
  assertEquals(await openIfPresent(fakeKernel({}), undefined), undefined);
  const gone = new KernelError("open", "ESRCH", "pid 10");
  const kernel = fakeKernel({ processes: { open: () => Promise.reject(gone) } });
  assertEquals(await openIfPresent(kernel, { pid: 10, startTime: 1 }), undefined);
});

Deno.test("openIfPresent() passes on every other refusal", async () => {
  const error = new KernelError("open", "EMFILE", "pid 10");
  const kernel = fakeKernel({ processes: { open: () => Promise.reject(error) } });
  const opening = () => openIfPresent(kernel, { pid: 10, startTime: 1 });
  assertStrictEquals(await assertRejects(opening), error);
});

Deno.test("openHandles() holds both, or neither", async () => {
  const init = new FakeProcess(10);
  const supervisor = new FakeProcess(9);
  const openings = [() => init, () => supervisor, () => init, () => {
    throw new KernelError("open", "EMFILE", "9");
  }];
  const kernel = fakeKernel({
    processes: { open: () => Promise.try(openings.shift() ?? (() => init)) },
  });
  const handles = await openHandles(kernel, init.identity, supervisor.identity);
  assertStrictEquals(handles.init, init);
  assertStrictEquals(handles.supervisor, supervisor);
  assertFalse(init.isDisposed);
  await assertRejects(
    () => openHandles(kernel, init.identity, supervisor.identity),
    KernelError,
    "EMFILE",
  );
  assert(init.isDisposed);
});
