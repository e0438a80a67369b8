import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

import { commandsFor } from "../../../src/program/commands.ts";

const ALL = ["daemon", "demo", "doctor", "sim", "replay", "explore", "bench", "version"];

Deno.test("commandsFor() gives the one command that is named", async () => {
  for (const name of ALL) assertEquals(await namesFor(name), [name]);
});

Deno.test("commandsFor() gives all of them for no name, an option, and a name that is none", async () => {
  for (const name of [undefined, "--help", "help", "serve", "constructor"]) {
    assertEquals(await namesFor(name), ALL);
  }
});

Deno.test("the daemon's command loads neither the simulator nor another command", async () => {
  const loaded = await staticImportsOf("src/program/daemon_command.ts");
  assert(loaded.includes("src/cri/server.ts"), "the graph is read");
  const needless = loaded.filter((it) => /^(sim|test|bench)\/|program\/(sim|replay|demo)/.test(it));
  assertEquals(needless, []);
});

async function namesFor(name: string | undefined): Promise<readonly string[]> {
  return (await commandsFor(name)).map((it) => it.name());
}

interface Graph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly isDynamic?: boolean;
      readonly code?: { readonly specifier?: string };
    }[];
  }[];
}

/** The modules of ours that are evaluated with one, by their paths in the repository. */
async function staticImportsOf(path: string): Promise<readonly string[]> {
  const cwd = fromFileUrl(new URL("../../../", import.meta.url));
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", path],
    cwd,
  })
    .output();
  const { roots, modules }: Graph = JSON.parse(new TextDecoder().decode(stdout));
  const byName = new Map(modules.map((it) => [it.specifier, it]));
  const found = new Set(roots);
  for (const specifier of found) {
    for (const { isDynamic, code } of byName.get(specifier)?.dependencies ?? []) {
      if (isDynamic !== true && code?.specifier !== undefined) found.add(code.specifier);
    }
  }
  const root = new URL("../../../", import.meta.url).href;
  return [...found].filter((it) => it.startsWith(root)).map((it) => it.slice(root.length));
}
