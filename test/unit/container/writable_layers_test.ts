import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { Container } from "../../../src/container/container.ts";
import { created } from "../../../src/container/state.ts";
import { WritableLayers } from "../../../src/container/writable_layers.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { EventStream } from "../../../src/events.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { DiskUsage } from "../../../src/kernel/files.ts";
import { Lifetime } from "../../../src/kernel/lifetime.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { SILENT, type Telemetry } from "../../../src/telemetry.ts";
import {
  containerRecordWith,
  FakeClock,
  fakeKernel,
  idOf,
  isPending,
  partial,
  turnsTaken,
} from "../fakes.ts";

const SMALL: DiskUsage = { bytes: 4_096, inodes: 1 };
const LARGE: DiskUsage = { bytes: 1 << 30, inodes: 1_000_000 };

/** A count that is under way. */
interface Count {
  readonly ids: readonly string[];
  readonly context: Context;
  end(usages?: Readonly<Record<string, DiskUsage>>): Promise<void>;
  fail(error: Error): Promise<void>;
}

/** Containers whose files are counted when the test says so. */
class Scene {
  readonly clock = new FakeClock();
  readonly counts: Count[] = [];
  readonly logged: string[] = [];
  readonly life = new Lifetime();
  readonly layers: WritableLayers;
  readonly #kernel = fakeKernel({
    clock: this.clock,
    files: { usageOfEach: (paths, context) => this.#count(paths, context) },
  });

  constructor() {
    const telemetry: Telemetry = { ...SILENT, log: (_level, message) => this.logged.push(message) };
    this.layers = new WritableLayers(partial<Runtime>("runtime", {
      config: { ...DEFAULT_CONFIG, root: "/root" },
      kernel: this.#kernel,
      life: this.life,
      telemetry,
      reportIfBug: () => {},
    }));
  }

  container(digit: string): Container {
    const record = containerRecordWith({ id: idOf(digit) });
    return new Container(record, created(0), this.#kernel, new EventStream(SILENT));
  }

  #count(paths: readonly string[], context: Context): Promise<ReadonlyMap<string, DiskUsage>> {
    const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, DiskUsage>>();
    this.counts.push({
      ids: paths.map((path) => /^\/root\/containers\/(\w)\1{63}\/upper$/.exec(path)?.[1] ?? path),
      context,
      async end(usages) {
        resolve(
          new Map(paths.flatMap((path) => {
            const usage = usages === undefined ? SMALL : usages[path.at(-7)!];
            return usage === undefined ? [] : [[path, usage]];
          })),
        );
        await turnsTaken();
      },
      async fail(error) {
        reject(error);
        await turnsTaken();
      },
    });
    return promise;
  }
}

Deno.test("WritableLayers counts containers together, and again when some seconds have passed", async () => {
  const scene = new Scene();
  const both = [scene.container("a"), scene.container("b")];
  const first = scene.layers.measure(both, new Context());
  assertEquals(scene.counts.map((it) => it.ids), [["a", "b"]]);
  await scene.counts[0]!.end();
  await first;
  const measuredMicros = scene.clock.nowMicros();
  assertEquals(both.map((it) => it.measurement?.layer), [
    { ...SMALL, measuredMicros },
    { ...SMALL, measuredMicros },
  ]);
  await scene.clock.advance(9_999);
  await scene.layers.measure(both, new Context());
  assertEquals(scene.counts.length, 1);
  await scene.clock.advance(1);
  // What is known is good enough meanwhile: nobody waits.
  await scene.layers.measure(both, new Context());
  await scene.layers.measure(both, new Context());
  assertEquals(scene.counts.length, 2);
  await scene.counts[1]!.end({ a: { bytes: 9, inodes: 9 }, b: SMALL });
  assertEquals(both[0]!.measurement?.layer?.bytes, 9);
});

Deno.test("WritableLayers has nobody wait long for the first count", async () => {
  const scene = new Scene();
  const container = scene.container("a");
  const first = scene.layers.measure([container], new Context());
  await scene.clock.advance(249);
  assertEquals(await isPending(first), true);
  await scene.clock.advance(1);
  await first;
  assertEquals(container.measurement, undefined);
  await scene.counts[0]!.end();
  assertEquals(container.measurement === undefined, false);
  assertEquals(scene.clock.timerCount, 0);
});

Deno.test("WritableLayers counts a new container when others have been counted", async () => {
  const scene = new Scene();
  const [one, other] = [scene.container("a"), scene.container("b")];
  const first = scene.layers.measure([one], new Context());
  const second = scene.layers.measure([one, other], new Context());
  await scene.counts[0]!.end();
  await first;
  assertEquals(scene.counts.map((it) => it.ids), [["a"], ["b"]]);
  await scene.counts[1]!.end();
  await second;
  assertEquals(other.measurement?.layer?.inodes, 1);
});

Deno.test("WritableLayers counts what takes long apart, one at a time, and leaves it alone for longer", async () => {
  const scene = new Scene();
  const all = ["a", "b", "c"].map((it) => scene.container(it));
  const [slow, large, small] = all as [Container, Container, Container];
  const first = scene.layers.measure(all, new Context());
  await scene.clock.advance(5_000);
  await first;
  assertEquals(scene.counts[0]!.context.cause?.code, "DEADLINE_EXCEEDED");
  await scene.counts[0]!.end({ b: LARGE, c: SMALL });
  assertEquals(all.map((it) => it.measurement?.isLarge), [true, true, false]);
  assertEquals(slow.measurement?.layer, undefined);
  await scene.clock.advance(10_000);
  await scene.layers.measure(all, new Context());
  assertEquals(scene.counts.slice(1).map((it) => it.ids), [["c"], ["a"]]);
  await scene.counts[1]!.end();
  await scene.clock.advance(20_000);
  await scene.layers.measure(all, new Context());
  assertEquals(scene.counts.slice(3).map((it) => it.ids), [["c"]]);
  await scene.counts[2]!.end({ a: LARGE });
  assertEquals(slow.measurement?.layer?.inodes, LARGE.inodes);
  // It took 20 s: the other one is next, and this one after ten times as long.
  await scene.layers.measure([slow, large], new Context());
  assertEquals(scene.counts.at(-1)?.ids, ["b"]);
  await scene.counts.at(-1)!.end({ b: SMALL });
  assertEquals(large.measurement?.isLarge, false);
  await scene.clock.advance(199_999);
  await scene.layers.measure([slow], new Context());
  assertEquals(scene.counts.at(-1)?.ids, ["b"]);
  await scene.clock.advance(1);
  await scene.layers.measure([slow], new Context());
  assertEquals(scene.counts.at(-1)?.ids, ["a"]);
  assertEquals(small.measurement?.layer?.inodes, 1);
});

Deno.test("WritableLayers goes on with the others when one has taken all the time", async () => {
  const scene = new Scene();
  const all = ["a", "b", "c", "d"].map((it) => scene.container(it));
  const first = scene.layers.measure(all, new Context());
  await scene.clock.advance(5_000);
  await first;
  await scene.counts[0]!.end({ a: SMALL });
  assertEquals(scene.counts.map((it) => it.ids), [["a", "b", "c", "d"], ["c", "d"]]);
  await scene.counts[1]!.end();
  assertEquals(all.map((it) => it.measurement?.isLarge), [false, true, false, false]);
  assertEquals(all.map((it) => it.measurement?.layer?.inodes), [1, undefined, 1, 1]);
});

Deno.test("WritableLayers keeps what it knows of files that cannot be counted", async () => {
  const scene = new Scene();
  const container = scene.container("a");
  const first = scene.layers.measure([container], new Context());
  await scene.counts[0]!.end();
  await first;
  await scene.clock.advance(10_000);
  await scene.layers.measure([container], new Context());
  await scene.counts[1]!.fail(new KernelError("spawn", "EAGAIN", "du"));
  assertEquals(scene.logged.length, 1);
  await scene.layers.measure([container], new Context());
  await scene.counts[2]!.end({});
  assertEquals(container.measurement?.layer?.inodes, 1);
});

Deno.test("WritableLayers tells who gives up why, and ends with the daemon", async () => {
  const scene = new Scene();
  const context = new Context();
  const first = scene.layers.measure([scene.container("a")], context);
  const cause = new RuntimeError("CANCELLED", "the client has left");
  context.cancel(cause);
  assertStrictEquals(await assertRejects(() => first), cause);
  scene.life.cancel(new RuntimeError("UNAVAILABLE", "the daemon is shutting down"));
  assertEquals(scene.counts[0]!.context.cause?.code, "UNAVAILABLE");
  const idle = scene.life.idle(Context.background());
  assertEquals(await isPending(idle), true);
  await scene.counts[0]!.end({});
  await idle;
  assertEquals(scene.logged, []);
});
