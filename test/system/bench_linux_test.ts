import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";

import { CALLS } from "../../bench/cycle.ts";
import type { Report } from "../../bench/report.ts";
import { systemTest } from "./scene.ts";

const PROGRAM = fromFileUrl(new URL("../../mod.ts", import.meta.url));
const TEXT = new TextDecoder();

function bench(...args: readonly string[]): Deno.ChildProcess {
  const all = ["run", "-A", PROGRAM, "bench", ...args];
  const pipes = { stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(Deno.execPath(), { args: all, stdin: "null", ...pipes }).spawn();
}

systemTest(
  "the benchmark measures every call, runc alone and memory, and leaves nothing",
  async () => {
    const before = leftovers();
    const child = bench("--n=2", "--warmup=0", "--memory=1", "--pause=5", "--json");
    const { code, stdout, stderr } = await child.output();
    assertEquals(code, 0, TEXT.decode(stderr));
    const report: Report = JSON.parse(TEXT.decode(stdout));
    const [ours, floor] = report.endpoints;
    assertEquals(report.endpoints.map((it) => it.name), ["slipway", "runc run"]);
    for (const call of CALLS) assert((ours?.calls[call]?.p50 ?? 0) > 0, call);
    assert((floor?.calls["run → started"]?.p50 ?? 0) > 0);
    assert((report.simulated.calls["StartContainer"]?.p50 ?? 0) > 0);
    assertEquals(ours?.memory.map((it) => it.pods), [0, 1]);
    assert((ours?.cpuSecondsPerPod ?? 0) > 0);
    assert((ours?.memory[1]?.helpersPss ?? 0) > 0, "conmon was not found");
    assertEquals(leftovers(), before);
  },
);

systemTest("the benchmark removes what it made when it is interrupted", async () => {
  const before = leftovers();
  const child = bench("--n=10000", "--parallel=3", "--workload=exit");
  const pods = Deno.watchFs("/sys/fs/cgroup", { recursive: false });
  pods.close();
  await untilNew("/var/tmp", before);
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  assertEquals(code, 1);
  assertStringIncludes(TEXT.decode(stderr), "interrupted");
  assertEquals(leftovers(), before);
});
