import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";

import { DEFAULT_BOUNDS, DEFAULT_CONFIG } from "../../../src/config.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { Transport } from "../../../src/image/transport.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import { unpackLayer } from "../../../src/image/unpack.ts";
import { SIGKILL } from "../../../src/kernel/processes.ts";
import { endedChild, FakeChild, FakeClock, fakeKernel, isPending, turnsTaken } from "../fakes.ts";

const STALL_MS = 1_000;
const config = { ...DEFAULT_CONFIG, bounds: { ...DEFAULT_BOUNDS, pullMs: STALL_MS } };

/** skopeo or tar at work: it fills a folder as the test says. */
class Scene {
  readonly clock = new FakeClock();
  readonly context = new Context();
  readonly child = new FakeChild();
  bytes = 0;
  refusal: KernelError | undefined;

  readonly kernel = fakeKernel({
    clock: this.clock,
    files: {
      mkdir: () => Promise.resolve(),
      usage: () =>
        this.refusal === undefined
          ? Promise.resolve({ bytes: this.bytes, inodes: 1 })
          : Promise.reject(this.refusal),
    },
    processes: {
      spawn: ({ args }) =>
        Promise.resolve(args[0] === "--list" ? endedChild(SUCCESS, "file\n") : this.child),
    },
  });

  copy(): Promise<void> {
    const workspace = { directory: "/ingest/1", authFile: "/auth" };
    const transport = new Transport(this.kernel, config);
    return transport.copy("docker://r.example/a:1", "r.example", "/image", workspace, this.context);
  }

  unpack(): Promise<void> {
    const options = { timeoutMs: STALL_MS, context: this.context };
    return unpackLayer(this.kernel, "/archive", "/ingest/1/layer", options);
  }

  /** Lets the time pass in which nothing may come, several times; something comes each time. */
  async fill(): Promise<void> {
    for (let round = 0; round < 50; round++) {
      this.bytes++;
      await this.clock.advance(STALL_MS / 2);
    }
  }

  succeed(): void {
    this.child.exit(SUCCESS);
    this.child.endOutput();
  }
}

const SUCCESS = { kind: "exited", code: 0 } as const;

for (const work of ["copy", "unpack"] as const) {
  Deno.test(`${work} goes on for as long as something comes`, async () => {
    const scene = new Scene();
    const done = scene[work]();
    await scene.fill();
    assertEquals(await isPending(done), true);
    assertEquals(scene.child.signals, []);
    scene.succeed();
    await done;
    assertEquals(scene.clock.timerCount, 0);
  });

  Deno.test(`${work} is killed when nothing comes any more`, async () => {
    const scene = new Scene();
    const done = scene[work]();
    done.catch(() => {});
    await scene.fill();
    await scene.clock.advance(STALL_MS / 2 - 1);
    assertEquals(scene.child.signals, []);
    await scene.clock.advance(STALL_MS / 2);
    const error = await assertRejects(() => done, RuntimeError);
    assertEquals([error.code, scene.child.signals], ["DEADLINE_EXCEEDED", [SIGKILL]]);
    assertEquals(scene.clock.timerCount, 0);
  });
}

Deno.test("copy that cannot be measured ends like one that has stalled", async () => {
  const scene = new Scene();
  scene.refusal = new KernelError("usage", "EAGAIN", "/ingest/1");
  const done = scene.copy();
  done.catch(() => {});
  await scene.clock.advance(2 * STALL_MS);
  assertEquals((await assertRejects(() => done, RuntimeError)).code, "DEADLINE_EXCEEDED");
});

Deno.test("copy ends with its client", async () => {
  const scene = new Scene();
  const done = scene.copy();
  done.catch(() => {});
  await turnsTaken();
  const cause = new RuntimeError("CANCELLED", "the client left");
  scene.context.cancel(cause);
  assertStrictEquals(await assertRejects(() => done), cause);
  assertEquals([scene.child.signals, scene.clock.timerCount], [[SIGKILL], 0]);
});
