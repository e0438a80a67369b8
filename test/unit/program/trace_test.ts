import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";

import { TraceFile } from "../../../src/program/trace_file.ts";
import { type TracedSpan, TracingTelemetry } from "../../../src/program/trace.ts";
import { SILENT, spanned } from "../../../src/telemetry.ts";

function tracing() {
  const spans: TracedSpan[] = [];
  const telemetry = new TracingTelemetry(SILENT, (span) => spans.push(span));
  const on = (name: string, work: () => Promise<void>) => spanned(telemetry, name, {}, work);
  const nameOf = (id: number | null) => spans.find((it) => it.id === id)?.name ?? null;
  const parents = () =>
    Object.fromEntries(spans.map(({ name, parent }) => [name, nameOf(parent)] as const));
  return { telemetry, spans, on, parents };
}

Deno.test("TracingTelemetry knows what a span was begun in, others that go on beside it or not", async () => {
  const { on, parents } = tracing();
  const turn = Promise.withResolvers<void>();
  await Promise.all([
    on("start", async () => {
      await on("create", () => turn.promise);
      await on("release", () => Promise.resolve());
    }),
    on("stop", () => on("kill", () => Promise.resolve().then(turn.resolve))),
  ]);
  assertEquals(parents(), {
    "start": null,
    "create": "start",
    "release": "start",
    "stop": null,
    "kill": "stop",
  });
});

Deno.test("TracingTelemetry gives background work the parent that it outlives", async () => {
  const { on, parents, spans } = tracing();
  const turn = Promise.withResolvers<void>();
  let background = Promise.resolve();
  await on("start", () => {
    background = on("watch", () => turn.promise);
    return Promise.resolve();
  });
  turn.resolve();
  await background;
  assertEquals(parents(), { "start": null, "watch": "start" });
  assertEquals(spans.map((it) => it.name), ["start", "watch"]);
});

Deno.test("TracingTelemetry tells when a span was, what it is about and why it failed, once", () => {
  const { telemetry, spans } = tracing();
  const before = Date.now();
  const span = telemetry.span("pull", { "image.reference": "a" });
  span.set({ "image.id": "b" });
  span.fail(new Error("refused"));
  span[Symbol.dispose]();
  span[Symbol.dispose]();
  assertEquals(spans.map((it) => it.attributes), [
    { "image.reference": "a", "image.id": "b", "error": "refused" },
  ]);
  const [{ beganMs, ms } = { beganMs: 0, ms: -1 }] = spans;
  // Both clocks are of this process; the coarser one cuts off less than a millisecond.
  assert(beganMs >= before - 1 && ms >= 0 && beganMs + ms <= Date.now() + 1);
});

Deno.test("TraceFile writes a line a span, the last ones when it is disposed", async () => {
  const folder = await Deno.makeTempDir({ prefix: "slipway-test-" });
  try {
    const path = join(folder, "trace.jsonl");
    const span = { id: 1, parent: null, name: "commit", beganMs: 1.5, ms: 2, attributes: {} };
    {
      using file = new TraceFile(path);
      file.add(span);
      file.add({ ...span, id: 2 });
    }
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    assertEquals(lines.map((it) => JSON.parse(it)), [span, { ...span, id: 2 }]);
    // It says what runs here: for its owner alone.
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
