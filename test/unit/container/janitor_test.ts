import { assertEquals, AssertionError } from "@std/assert";
import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { Janitor } from "../../../src/container/janitor.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import { Lifetime } from "../../../src/kernel/lifetime.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { SILENT } from "../../../src/telemetry.ts";
import { FakeClock } from "../fakes.ts";

Deno.test("Janitor.clear() reports a mistake of ours at whichever try it comes", async () => {
  const clock = new FakeClock();
  const reported: unknown[] = [];
  const runtime = {
    kernel: { clock },
    config: DEFAULT_CONFIG,
    life: new Lifetime(),
    telemetry: SILENT,
    reportIfBug: (error: unknown) => void reported.push(error),
  } as unknown as Runtime;
  const refused = new KernelError("remove", "EBUSY", "/run/slipway/tasks/a");
  const broken = new AssertionError("an end is final");
  const failures: Error[] = [refused, broken];
  const janitor = new Janitor(runtime);

  await janitor.clear("a", () => {
    const failure = failures.shift();
    return failure === undefined ? Promise.resolve() : Promise.reject(failure);
  });
  assertEquals(reported, [refused]);
  for (let tries = 0; tries < 2; tries++) {
    await clock.advance(DEFAULT_CONFIG.bounds.reaperLongestMs);
  }

  assertEquals(reported, [refused, broken]);
  assertEquals(janitor.pendingCount, 0);
});
