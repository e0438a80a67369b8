import { assert, assertEquals } from "@std/assert";
import { core } from "../../../../sim/lifecycle/core.ts";
import { addProbes, missedProbes, PROBE_NAMES, PROBES } from "../../../../sim/lifecycle/probes.ts";
import { programOf } from "../../../../sim/lifecycle/explore.ts";
import { runLifecycle } from "../../../../sim/lifecycle/run.ts";
import { QUIET } from "../../../../sim/lifecycle/request.ts";
import { inMacrotask } from "../../../../sim/mod.ts";

Deno.test("PROBES says of each rare branch what it is", () => {
  for (const text of Object.values(PROBES)) assert(text.length > 0);
});

Deno.test("addProbes() counts runs, and adds counts; missedProbes() are those of no run", () => {
  const one = addProbes({}, new Set(["a start fails", "a name is taken"]));
  assertEquals(addProbes(one, one), { "a start fails": 2, "a name is taken": 2 });
  assertEquals(missedProbes(one).length, PROBE_NAMES.length - 2);
  assertEquals(missedProbes(Object.fromEntries(PROBE_NAMES.map((name) => [name, 1]))), []);
});

const place = { sandbox: 0, container: 0 } as const;

Deno.test("a run tells which probes it has reached, and none that it has not", async () => {
  await inMacrotask(() => {
    const { failure, reached } = runLifecycle({
      ...QUIET,
      clients: [[
        { kind: "RunPodSandbox", sandbox: 0, hasNetwork: false, sharesPids: false } as const,
        { kind: "CreateContainer", place, command: ["oom", "5"], sharesPids: false } as const,
        { kind: "StartContainer", place } as const,
        { kind: "StartContainer", place } as const,
      ].map((request) => ({ request }))],
    }, { seed: 1, operations: core });
    assertEquals(failure, undefined);
    assertEquals([...reached].toSorted(), ["ended for memory"]);
  });
});

Deno.test("random runs come to nearly every rare branch soon", async () => {
  await inMacrotask(() => {
    let counts = {};
    for (let seed = 1; seed <= 150; seed++) {
      counts = addProbes(counts, runLifecycle(programOf(seed), { seed }).reached);
    }
    const missed = missedProbes(counts);
    assert(missed.length <= PROBE_NAMES.length / 3, missed.join(", "));
  });
});
