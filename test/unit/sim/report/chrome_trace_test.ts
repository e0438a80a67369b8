import { assert, assertEquals } from "@std/assert";
import { type ChromeEvent, reportChromeTrace } from "../../../../sim/report/chrome_trace.ts";
import { lifecycleReport } from "./lifecycle.ts";
import { lockReport } from "./lock_file.ts";

/** What the format wants of an event of each phase, besides `ph`, `pid` and `tid`. */
const SCHEMA: Readonly<Record<ChromeEvent["ph"], Readonly<Record<string, string>>>> = {
  M: { name: "string", args: "object" },
  X: { name: "string", cat: "string", ts: "number", dur: "number", args: "object" },
  i: { name: "string", cat: "string", ts: "number", s: "string" },
  s: { name: "string", cat: "string", id: "number", ts: "number" },
  f: { name: "string", cat: "string", id: "number", ts: "number", bp: "string" },
};

function eventsOf(text: string): ChromeEvent[] {
  const trace: { displayTimeUnit: string; traceEvents: ChromeEvent[] } = JSON.parse(text);
  assertEquals(trace.displayTimeUnit, "ns");
  for (const event of trace.traceEvents) {
    const members: Readonly<Record<string, unknown>> = { ...event };
    const wanted = { pid: "number", tid: "number", ...SCHEMA[event.ph] };
    for (const [name, type] of Object.entries(wanted)) {
      assertEquals(typeof members[name], type, `${name} of ${JSON.stringify(event)}`);
    }
    assert(Number.isSafeInteger(event.pid) && Number.isSafeInteger(event.tid));
  }
  return trace.traceEvents;
}

function ofPhase<Phase extends ChromeEvent["ph"]>(
  events: readonly ChromeEvent[],
  phase: Phase,
): Extract<ChromeEvent, { ph: Phase }>[] {
  return events.filter((it): it is Extract<ChromeEvent, { ph: Phase }> => it.ph === phase);
}

Deno.test("reportChromeTrace() names processes by kind and threads by task", async () => {
  const events = eventsOf(reportChromeTrace(await lockReport()));
  const names = ofPhase(events, "M").map(({ name, args }) =>
    "name" in args ? `${name} ${args.name}` : undefined
  );
  assertEquals(names.filter((it) => it !== undefined), [
    "process_name daemon, failing run",
    "thread_name daemon",
    "thread_name lock for bob",
    "thread_name lock for alice",
    "process_name daemon, nearest passing run",
    "thread_name daemon",
    "thread_name lock for bob",
    "thread_name lock for alice",
  ]);
});

Deno.test("reportChromeTrace() has a slice a step, and an instant for each deviation", async () => {
  const report = await lockReport();
  const events = eventsOf(reportChromeTrace(report));
  const steps = [...report.failing.steps, ...report.passing?.steps ?? []];
  assertEquals(ofPhase(events, "X").length, steps.length);
  assertEquals(ofPhase(events, "i").map((it) => it.name), [
    "preemption",
    "preemption",
    "violation",
  ]);
});

Deno.test("reportChromeTrace() nests nothing, and every arrow goes from slice to slice, forward", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const events = eventsOf(reportChromeTrace(await lifecycleReport(seed)));
    const slices = Map.groupBy(ofPhase(events, "X"), ({ pid, tid }) => `${pid} ${tid}`);
    for (const thread of slices.values()) {
      thread.forEach((it, index) => {
        const before = thread[index - 1];
        assert(before === undefined || before.ts + before.dur <= it.ts, `${it.name} overlaps`);
      });
    }
    const starts = ofPhase(events, "s");
    const ends = new Map(ofPhase(events, "f").map((it) => [it.id, it]));
    assert(starts.length > 0);
    assertEquals(ends.size, starts.length);
    for (const start of starts) {
      const end = ends.get(start.id);
      assert(end !== undefined && start.ts < end.ts);
      for (const { pid, tid, ts } of [start, end]) {
        const thread = slices.get(`${pid} ${tid}`) ?? [];
        assert(thread.some((it) => it.ts <= ts && ts <= it.ts + it.dur), "an end is at no slice");
      }
    }
  }
});
