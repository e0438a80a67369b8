import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { INVARIANTS } from "../../sim/lifecycle/oracle/violation.ts";
import { lonely } from "./alone.ts";
import { MUTANTS } from "./catalogue.ts";
import { ROOT } from "./copy.ts";
import { edited } from "./mutant.ts";

const MUTANTS_MIN = 60;
const BUGS_MIN = 20;

Deno.test("every mutant's edits apply, each exactly once", async () => {
  const originals = new Map<string, string>();
  for (const { edits } of MUTANTS) {
    const texts = new Map<string, string>();
    for (const edit of edits) {
      const { file } = edit;
      assertMatch(file, /^src\//, "a mutant is of the core");
      const original = originals.get(file) ?? await Deno.readTextFile(join(ROOT, file));
      originals.set(file, original);
      texts.set(file, edited(texts.get(file) ?? original, edit));
    }
  }
});

Deno.test("edited() replaces what stands there once, and refuses all else", () => {
  const edit = { file: "a.ts", from: "wait()", to: "go()" };
  assertEquals(edited("if (x) wait();", edit), "if (x) go();");
  assertThrows(() => edited("go();", edit), Error, "0 times");
  assertThrows(() => edited("wait(); wait();", edit), Error, "2 times");
  assertThrows(() => edited("wait();", { ...edit, to: "wait()" }), Error, "changes nothing");
});

Deno.test("every mutant says in a sentence what is wrong, under a name of its own", () => {
  const names = MUTANTS.map((it) => it.name);
  assertEquals(names.filter((name, index) => names.indexOf(name) !== index), []);
  for (const { name, wrong, invariant } of MUTANTS) {
    assertMatch(name, /^[a-z]+('s)?(-[a-z]+('s)?)+$/);
    assertMatch(wrong, /^[A-Za-z/].{20,110}\.$/, name);
    assertMatch(invariant, /^(I\d+|register|liveness|bug|images)$/, name);
  }
  assert(MUTANTS.length >= MUTANTS_MIN, `${MUTANTS.length} mutants`);
});

Deno.test("at least a third of what must be there are bugs that happened, with a link", () => {
  const bugs = MUTANTS.flatMap(({ source }) => source.kind === "bug" ? [source] : []);
  for (const { id, link } of bugs) {
    assertMatch(id, /^([A-I]|I-|W)\d+$/);
    assertMatch(
      link,
      /^https:\/\/github\.com\/[\w-]+\/[\w-]+\/((pull|issues)\/\d+|commit\/\w{7,40})$/,
    );
  }
  const ids = new Set(bugs.map((it) => it.id));
  assert(ids.size >= BUGS_MIN, `${ids.size} bugs`);
});

Deno.test("every scenario has a mutant that it must fail with", async () => {
  const told: string[] = [];
  const folder = join(ROOT, "test/scenario");
  for (const { name } of Deno.readDirSync(folder)) {
    const text = await Deno.readTextFile(join(folder, name));
    told.push(...[...text.matchAll(/^scenario\(\s*"(\w+):/gm)].map((match) => match[1] ?? ""));
  }
  const failing = new Set(MUTANTS.flatMap((it) => it.scenario ?? []));
  assertEquals(told.toSorted(), [...failing].toSorted());
});

Deno.test("every invariant has a mutant that nothing else is said to find", () => {
  const alone = new Set(lonely(MUTANTS).map((it) => it.invariant));
  const missing = [...Object.keys(INVARIANTS), "liveness"].filter((it) => !alone.has(it));
  assertEquals(missing, []);
});
