import { assertEquals } from "@std/assert";
import { fromFileUrl, join, relative } from "@std/path";

const root = fromFileUrl(new URL("../..", import.meta.url));

/** What stands at the top of the repository, besides dot files and dot folders. */
const topLevel = new Set([
  "LICENSE",
  "README.md",
  "bench",
  "deno.json",
  "deno.lock",
  "mod.ts",
  "real",
  "sim",
  "src",
  "test",
]);

/** Files that git ignores are no part of the tree. */
const ignored = new Set(["coverage", "node_modules"]);

const generated = join(root, "src/cri/gen");

/** Generous: a file this long has a second idea in it. */
const fileLinesMax = 800;

Deno.test("the top level holds what the architecture names", () => {
  const strangers = [...Deno.readDirSync(root)].map((it) => it.name)
    .filter((name) => !name.startsWith(".") && !topLevel.has(name) && !ignored.has(name));
  assertEquals(strangers, []);
});

Deno.test("no source carries a note to do later", () => {
  // In two parts, since this file is a source as well.
  const note = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "XX" + "X"].join("|")})\\b`);
  const found: string[] = [];
  for (const file of sources(root)) {
    Deno.readTextFileSync(file).split("\n").forEach((line, index) => {
      if (note.test(line)) found.push(`${relative(root, file)}:${index + 1}: ${line.trim()}`);
    });
  }
  assertEquals(found, []);
});

Deno.test(`no source is longer than ${fileLinesMax} lines`, () => {
  const long = sources(root)
    .filter((file) => Deno.readTextFileSync(file).split("\n").length > fileLinesMax)
    .map((file) => relative(root, file));
  assertEquals(long, []);
});

Deno.test("every file name is in snake case", () => {
  const odd = sources(root).map((file) => relative(root, file))
    .filter((file) => !/^([a-z0-9_]+\/|\.[a-z]+\/)*[a-z0-9_]+(\.d)?\.ts$/.test(file));
  assertEquals(odd, []);
});

/** All TypeScript that people write, below `folder`. */
function sources(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory) {
      const isOurs = entry.name !== ".git" && !ignored.has(entry.name) && path !== generated;
      return isOurs ? sources(path) : [];
    }
    return entry.isFile && entry.name.endsWith(".ts") ? [path] : [];
  });
}
