import { assertEquals, assertRejects } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import { SharedMap } from "../../../src/kernel/shared_memory.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { runtimeHandlers } from "../../../src/status.ts";
import { SILENT } from "../../../src/telemetry.ts";
import { endedChild, FakeChild, FakeClock, fakeKernel, partial, turnsTaken } from "../fakes.ts";

/** What each program answers when it is asked for its features, or why it cannot be. */
type Programs = Record<string, () => FakeChild>;

/** A runtime with runc as its default, and crun. */
class Scene {
  readonly clock = new FakeClock();
  readonly asked: string[] = [];
  readonly kernel: Kernel;
  readonly runtime: Runtime;

  constructor(programs: Programs, kernelRelease = "6.1.0") {
    this.kernel = fakeKernel({
      clock: this.clock,
      machine: { architecture: "x86_64", kernelRelease },
      processes: {
        // deno-lint-ignore require-await
        spawn: async ({ program }) => {
          this.asked.push(program);
          return programs[program]!();
        },
      },
    });
    this.runtime = partial<Runtime>("runtime", {
      kernel: this.kernel,
      config: {
        ...DEFAULT_CONFIG,
        handlers: { runc: { program: "runc" }, crun: { program: "crun" } },
      },
      telemetry: SILENT,
      recursiveReadonly: new SharedMap(),
      ociRuntime: (program) => ({ program, root: "/run" }),
    });
  }

  async ask(context = new Context()): Promise<Record<string, boolean>> {
    const handlers = await runtimeHandlers(this.runtime, context);
    return Object.fromEntries(handlers.map((it) => [it.name, it.hasRecursiveReadonly]));
  }
}

function knowing(...mountOptions: readonly string[]) {
  return () => endedChild({ kind: "exited", code: 0 }, JSON.stringify({ mountOptions }));
}

Deno.test("runtimeHandlers() says of each handler whether its runtime knows rro", async () => {
  const scene = new Scene({ runc: knowing("ro", "rro"), crun: knowing("ro") });
  assertEquals(await scene.ask(), { "": true, runc: true, crun: false });
});

Deno.test("runtimeHandlers() asks each runtime once", async () => {
  const scene = new Scene({ runc: knowing("rro"), crun: knowing() });
  const first = await scene.ask();
  assertEquals(await scene.ask(), first);
  assertEquals(scene.asked.toSorted(), ["crun", "runc"]);
});

Deno.test("runtimeHandlers() asks nobody on a kernel without mount_setattr", async () => {
  const scene = new Scene({}, "5.11.0");
  assertEquals(await scene.ask(), { "": false, runc: false, crun: false });
});

Deno.test("runtimeHandlers() takes one that cannot be asked for one without, until it can", async () => {
  const programs: Programs = {
    runc: () => {
      throw new KernelError("spawn", "EAGAIN", "runc");
    },
    crun: knowing("rro"),
  };
  const scene = new Scene(programs);
  assertEquals(await scene.ask(), { "": false, runc: false, crun: true });
  programs.runc = knowing("rro");
  assertEquals(await scene.ask(), { "": true, runc: true, crun: true });
});

Deno.test("runtimeHandlers() kills a runtime that does not answer", async () => {
  const hanging = new FakeChild();
  const scene = new Scene({ runc: () => hanging, crun: knowing("rro") });
  const answer = scene.ask();
  await scene.clock.advance(60_000);
  assertEquals(await answer, { "": false, runc: false, crun: true });
  assertEquals([hanging.signals, scene.clock.timerCount], [[9], 0]);
});

Deno.test("runtimeHandlers() ends with its client", async () => {
  const hanging = new FakeChild();
  const scene = new Scene({ runc: () => hanging, crun: knowing() });
  const context = new Context();
  const answer = scene.ask(context);
  await turnsTaken();
  context.cancel();
  await assertRejects(() => answer, RuntimeError, "context cancelled");
});
