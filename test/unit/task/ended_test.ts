import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import { processEnded } from "../../../src/task/ended.ts";
import { SILENT } from "../../../src/telemetry.ts";
import { FakeClock, fakeKernel, FakeProcess, isPending } from "../fakes.ts";

/** A process that cannot be watched as often as the test says. */
class Unwatched extends FakeProcess {
  constructor(readonly refusals: KernelError[]) {
    super(7);
  }

  override exited(context: Context): Promise<void> {
    const refusal = this.refusals.shift();
    return refusal === undefined ? super.exited(context) : Promise.reject(refusal);
  }
}

function watch(process: Unwatched, clock: FakeClock, context = new Context()): Promise<void> {
  const kernel = fakeKernel({ clock });
  return processEnded({ kernel, config: DEFAULT_CONFIG, telemetry: SILENT }, process, context);
}

const noWatches = () => new KernelError("epoll_ctl", "ENOSPC", "fd 7");

Deno.test("processEnded() watches a process that could not be watched at once", async () => {
  const clock = new FakeClock();
  const process = new Unwatched([noWatches(), noWatches()]);
  const ended = watch(process, clock);
  await clock.advance(3 * DEFAULT_CONFIG.bounds.reaperFirstMs);
  assertEquals([await isPending(ended), process.refusals.length, clock.timerCount], [true, 0, 0]);
  process.exit();
  await ended;
});

Deno.test("processEnded() ends with a handle that was disposed, and with its context", async () => {
  const clock = new FakeClock();
  const disposed = new KernelError("wait", "EBADF", "fd 7");
  const watching = watch(new Unwatched([disposed]), clock);
  assertStrictEquals(await assertRejects(() => watching), disposed);
  const context = new Context();
  const waiting = watch(new Unwatched([noWatches()]), clock, context);
  assertEquals(await isPending(waiting), true);
  const cause = new RuntimeError("UNAVAILABLE", "the daemon is shutting down");
  context.cancel(cause);
  assertStrictEquals(await assertRejects(() => waiting), cause);
  assertEquals(clock.timerCount, 0);
});
