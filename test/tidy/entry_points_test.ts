import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, toFileUrl } from "@std/path";
import manifest from "../../deno.json" with { type: "json" };

const root = fromFileUrl(new URL("../..", import.meta.url));

/** Gives out types of fast-check, whose documentation does not pass the lint. */
const FAST_CHECKED = "sim/arbitraries.ts";

/** What the API loads only when it is called, as it needs rights or is slow to load. */
const lazy = /^npm:\/?(@grpc|@bufbuild|commander|execa)|^node:|\/(real|src\/cri)\//;

Deno.test("every entry point is checked for its documentation", () => {
  const linted = manifest.tasks.check.command.split("deno doc --lint ").at(-1)?.split(" ") ?? [];
  const entryPoints = Object.values(manifest.exports).map((path) => path.replace(/^\.\//, ""));
  assertEquals([...linted, FAST_CHECKED].toSorted(), entryPoints.toSorted());
});

Deno.test("the arbitraries are documented but for fast-check's own types", async () => {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", FAST_CHECKED],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const errors = new TextDecoder().decode(stderr).split("\n").filter((it) => /^error\[/.test(it));
  const foreign =
    /public type '\w+' references private type '(fc|Arbitrary|Plan|LifecycleProgram)'$/;
  assert(errors.length > 0, "fast-check's types can be linted now: lint them with the others");
  assertEquals(errors.filter((it) => !foreign.test(it)), []);
});

Deno.test("importing mod.ts loads neither gRPC nor what reaches Linux", async () => {
  const loaded = await importedBy("mod.ts");
  assert(loaded.some((it) => it.endsWith("/src/runtime.ts")));
  assertEquals(loaded.filter((it) => lazy.test(it)), []);
});

interface ModuleGraph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

/** Everything that is loaded before the first line of `entryPoint` runs. */
async function importedBy(entryPoint: string): Promise<readonly string[]> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-lock", entryPoint],
    cwd: root,
    stderr: "inherit",
  });
  const { stdout } = await command.output();
  const graph: ModuleGraph = JSON.parse(new TextDecoder().decode(stdout));
  const byName = new Map(graph.modules.map((it) => [it.specifier, it]));
  const loaded = new Set([toFileUrl(`${root}${entryPoint}`).href]);
  for (const specifier of loaded) {
    for (const { code, isDynamic } of byName.get(specifier)?.dependencies ?? []) {
      if (code?.specifier !== undefined && isDynamic !== true) loaded.add(code.specifier);
    }
  }
  return [...loaded];
}
