import { assert, assertLess } from "@std/assert";

import { Scene, systemTest } from "./scene.ts";

/**
 * Of files, in megabytes: a daemon that has only started has mapped 48. With Linux before 6.7 the pages around
 * those that are needed are mapped as well, and make 32 of 15.
 */
const FILES_MB_MAX = 36;

systemTest("a daemon keeps of its program in memory what serving needs", async () => {
  await using scene = await Scene.open({ flags: ["--log-level", "debug"] });
  await scene.daemon.line("gave back what only the start needed");
  const containerId = await scene.startContainer(await scene.runPod("pod"), "main", "sleep 1000");
  const { stdout } = await scene.client.execSync({ containerId, cmd: ["echo", "up"] });
  assert(stdout.length > 0);
  const status = await Deno.readTextFile(`/proc/${scene.daemon.pid}/status`);
  const [, kilobytes] = /^RssFile:\s+(\d+) kB$/m.exec(status) ?? [];
  assertLess(Number(kilobytes) * 1_024 / 1_000_000, FILES_MB_MAX);
});
