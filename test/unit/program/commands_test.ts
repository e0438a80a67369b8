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

Deno.test("a daemon has neither the simulator read nor another command", async () => {
  const needless = /^(sim|test|bench)\/|program\/(sim|replay|demo|explore|doctor|bench)/;
  for (const path of ["mod.ts", "src/program/daemon_command.ts"]) {
    const read = await importsOf(path);
    assert(read.includes("src/cri/server.ts"), "the graph is read");
    assertEquals(read.filter((it) => needless.test(it)), [], path);
  }
});

async function namesFor(name: string | undefined): Promise<readonly string[]> {
  return (await commandsFor(name)).map((it) => it.name());
}

interface Graph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
    }[];
  }[];
}

/** The modules of ours that Deno reads before it runs one, by their paths in the repository. */
async function importsOf(path: string): Promise<readonly string[]> {
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
    for (const { code } of byName.get(specifier)?.dependencies ?? []) {
      if (code?.specifier !== undefined) found.add(code.specifier);
    }
  }
  const root = new URL("../../../", import.meta.url).href;
  return [...found].filter((it) => it.startsWith(root)).map((it) => it.slice(root.length));
}
