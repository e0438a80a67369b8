import { assertEquals } from "@std/assert";
import { Prng } from "../../../sim/random.ts";
import { StateDatabase } from "../../../sim/world/state_database.ts";
import type { Change } from "../../../src/kernel/store.ts";

const put = (id: string, value: string): Change => ({
  kind: "put",
  record: { table: "t", id, value },
});
const drop = (id: string): Change => ({ kind: "delete", table: "t", id });

/** What the database holds after a loss of power, over many of them. */
function outcomes(fill: (database: StateDatabase) => void): readonly string[] {
  const found = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    const database = new StateDatabase();
    fill(database);
    database.losePower(new Prng(seed));
    found.add(database.records().map(({ id, value }) => `${id}=${value}`).join(" "));
  }
  return [...found].sort();
}

Deno.test("StateDatabase.losePower() takes the last commits that need not survive it", () => {
  assertEquals(
    outcomes((database) => {
      database.commit([put("a", "1")]);
      database.commit([put("a", "2"), put("b", "1")], "daemon");
      database.commit([drop("a"), put("b", "2")], "daemon");
    }),
    ["a=1", "a=2 b=1", "b=2"],
  );
});

Deno.test("StateDatabase.losePower() leaves what came before a commit that survives it", () => {
  assertEquals(
    outcomes((database) => {
      database.commit([put("a", "1")], "daemon");
      database.commit([put("b", "1")]);
    }),
    ["a=1 b=1"],
  );
});
