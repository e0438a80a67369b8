import { assertEquals, assertObjectMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";

import { DAEMON_ENVIRONMENT } from "../../src/program/daemon_environment.ts";
import { Scene, systemTest } from "./scene.ts";

const PROGRAM = fromFileUrl(new URL("../../mod.ts", import.meta.url));

interface Ending {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function slipway(...args: readonly string[]): Promise<Ending> {
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", PROGRAM, ...args] });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

systemTest("a second daemon on the same folders is refused", async () => {
  await using scene = await Scene.open();
  const { root, state, folder, socket } = scene.place;
  const other = `${folder}/other`;
  const refused: [flags: string[], words: string][] = [
    [
      ["--root", root, "--state", other, "--socket", `${other}/s.sock`],
      `another daemon uses ${root}`,
    ],
    [
      ["--root", other, "--state", state, "--socket", `${other}/s.sock`],
      `another daemon uses ${state}`,
    ],
    [
      ["--root", other, "--state", `${other}/s`, "--socket", socket],
      "another server is alive on it",
    ],
  ];
  for (const [flags, words] of refused) {
    const { code, stderr } = await slipway("daemon", ...flags);
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, words);
  }
  assertEquals((await scene.client.version()).runtimeName, "slipway");
});

systemTest("a daemon gives itself the environment that it lacks, and keeps the rest", async () => {
  const env = { MALLOC_ARENA_MAX: "2", SLIPWAY_TEST: "kept = as it is" };
  await using scene = await Scene.open({ env });
  const environ = await Deno.readTextFile(`/proc/${scene.daemon.pid}/environ`);
  const found = Object.fromEntries(environ.split("\0").map((it) => it.split(/=(.*)/s, 2)));
  const { DENO_V8_FLAGS, DENO_TOKIO_EVENT_INTERVAL } = DAEMON_ENVIRONMENT;
  assertObjectMatch(found, { ...env, DENO_V8_FLAGS, DENO_TOKIO_EVENT_INTERVAL });
  assertEquals(found["PATH"], Deno.env.get("PATH"));
});

systemTest("the demo runs a pod on this host and leaves nothing", async () => {
  const before = namesLike("/var/tmp", "slipway-demo-");
  const { code, stdout, stderr } = await slipway("demo", "--", "--kernel=linux");
  assertEquals(code, 0, stderr);
  for (const words of ["this host's", "tick 2", "that is all", "Exit code 3", "task.release"]) {
    assertStringIncludes(stdout, words);
  }
  assertEquals(namesLike("/var/tmp", "slipway-demo-"), before);
});

systemTest("the demo runs a pod on a simulated machine", async () => {
  const { code, stdout, stderr } = await slipway("demo", "--kernel=sim", "--seed=3");
  assertEquals(code, 0, stderr);
  for (const words of ["simulated", "tick 2", "Exit code 3"]) assertStringIncludes(stdout, words);
});

systemTest("a command line that makes no sense ends with 2, help with 0", async () => {
  for (const args of [["nothing"], ["daemon", "--kernel=mars"], ["sim", "--runs=many"]]) {
    assertEquals((await slipway(...args)).code, 2, args.join(" "));
  }
  for (const args of [["--help"], ["demo", "--help"], ["bench", "--help"], ["version"]]) {
    const { code, stdout } = await slipway(...args);
    assertEquals(code, 0, args.join(" "));
    assertStringIncludes(stdout, args[0] === "version" ? "slipway 0." : "xit codes");
  }
});

function namesLike(folder: string, prefix: string): readonly string[] {
  return [...Deno.readDirSync(folder)].map((it) => it.name).filter((it) => it.startsWith(prefix));
}
