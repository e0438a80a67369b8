import { assert, assertEquals, assertRejects } from "@std/assert";

import { RuntimeError } from "../../src/errors.ts";
import { Context } from "../../src/kernel/context.ts";
import { readDevices, readHostFacts } from "../../src/oci/spec_host.ts";
import { linuxTest, runOnLinux } from "../conformance/linux_fixture.ts";

const options = { timeoutMs: 10_000, context: Context.background() };

linuxTest(
  "readHostFacts() says what this process may give",
  () =>
    runOnLinux(async ({ kernel }) => {
      const facts = await readHostFacts(kernel);
      assert(facts.capabilities.includes("CAP_KILL"));
      assert([1, 2].includes(facts.cgroupVersion));
      const own = Number(Deno.readTextFileSync("/proc/self/oom_score_adj"));
      const isLimited = !facts.capabilities.includes("CAP_SYS_RESOURCE");
      assertEquals(facts.oomScoreAdjMin, isLimited ? own : -1000);
    }),
);

linuxTest(
  "readDevices() finds a node, and those in a folder, but no terminals",
  () =>
    runOnLinux(async ({ kernel, scratch }) => {
      const [node, ...others] = await readDevices(kernel, "/dev/null", options);
      assertEquals(others, []);
      assertEquals([node?.path, node?.type, node?.major, node?.minor], ["/dev/null", "c", 1, 3]);
      assertEquals(node?.fileMode, 0o666);
      const all = await readDevices(kernel, "/dev", options);
      assert(all.some((it) => it.path === "/dev/zero"));
      assert(!all.some((it) => it.path.startsWith("/dev/pts/") || it.path === "/dev/console"));
      await assertRejects(() => readDevices(kernel, scratch, options), RuntimeError);
      for (const path of [`${scratch}/none`, "/dev/null/none"]) {
        const error = await assertRejects(() => readDevices(kernel, path, options), RuntimeError);
        assertEquals(error.code, "FAILED_PRECONDITION");
      }
    }),
);
