import { assert } from "@std/assert";
import { basename } from "@std/path";

const shim = new URL("../../.deno/std/", import.meta.url);

for (const name of ["assert.ts", "fmt_colors.ts", "path.ts", "yaml.ts"]) {
  Deno.test(`${basename(name, ".ts")} shim declares only what the package exports`, async () => {
    const module: Record<string, unknown> = await import(new URL(name, shim).href);
    const types = await Deno.readTextFile(new URL(name.replace(/\.ts$/, ".d.ts"), shim));
    for (const [, declared] of types.matchAll(/^export (?:function|class) (\w+)/gm)) {
      assert(declared !== undefined);
      assert(typeof module[declared] === "function", `No export ${declared} in ${name}`);
    }
  });
}
