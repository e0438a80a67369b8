import { assertEquals } from "@std/assert";
import type { Change } from "../../src/kernel/store.ts";
import type { Promises } from "./fixture.ts";

/** Promises of the state store. */
export const storePromises: Promises = {
  "load() finds nothing in a new store": async ({ kernel: { store } }) => {
    assertEquals(await store.load(), []);
  },

  "load() is ordered by table and id": async ({ kernel: { store } }) => {
    await store.commit([put("b", "1", "{}"), put("a", "2", "{}"), put("a", "10", "{}")]);
    const found = await store.load();
    assertEquals(found.map(({ table, id }) => `${table}/${id}`), ["a/10", "a/2", "b/1"]);
  },

  "commit() applies its changes in order": async ({ kernel: { store } }) => {
    await store.commit([
      put("a", "1", "old"),
      drop("a", "1"),
      put("a", "1", "new"),
      put("a", "2", ""),
    ]);
    assertEquals(await store.load(), [record("a", "1", "new"), record("a", "2", "")]);
    await store.commit([put("a", "2", "x"), drop("a", "2")]);
    assertEquals(await store.load(), [record("a", "1", "new")]);
  },

  "commit() that need only survive the daemon does": async ({ kernel: { store }, restart }) => {
    await store.commit([put("a", "1", "first")], "daemon");
    await store.commit([put("a", "1", "second"), put("a", "2", "")], "daemon");
    const { store: next } = await restart();
    assertEquals(await next.load(), [record("a", "1", "second"), record("a", "2", "")]);
  },

  "sync() has nothing to do, or much": async ({ kernel: { store }, restart }) => {
    await store.sync();
    await store.commit([put("a", "1", "first")], "daemon");
    await store.commit([put("a", "2", "second")], "daemon");
    await Promise.all([store.sync(), store.sync()]);
    const { store: next } = await restart();
    assertEquals((await next.load()).map((it) => it.value), ["first", "second"]);
  },

  "commit() takes no change, and the deletion of what is not there": async (
    { kernel: { store } },
  ) => {
    await store.commit([]);
    await store.commit([drop("a", "1")]);
    assertEquals(await store.load(), []);
  },

  "commit() keeps any text": async ({ kernel: { store } }) => {
    const value = JSON.stringify({ quote: `'";--`, nul: "\0", wide: "ĂŠ€😀", lines: "a\nb" });
    await store.commit([put("it's", `a"b`, value)]);
    assertEquals(await store.load(), [record("it's", `a"b`, value)]);
  },

  "commit() is not lost or split when many run at once": async ({ kernel: { store } }) => {
    const ids = Array.from({ length: 20 }, (_, index) => `${index}`);
    await Promise.all(ids.map((id) => store.commit([put("a", id, id), put("b", id, id)])));
    const found = await store.load();
    for (const table of ["a", "b"]) {
      const rows = found.filter((it) => it.table === table);
      assertEquals(rows.map(({ value }) => value), ids.toSorted());
    }
  },

  "commit() that was answered survives the daemon": async ({ kernel: { store }, restart }) => {
    await store.commit([put("a", "1", "kept"), put("a", "2", "dropped")]);
    await store.commit([drop("a", "2")]);
    const next = await restart();
    assertEquals(await next.store.load(), [record("a", "1", "kept")]);
  },
};

function record(table: string, id: string, value: string) {
  return { table, id, value };
}

function put(table: string, id: string, value: string): Change {
  return { kind: "put", record: record(table, id, value) };
}

function drop(table: string, id: string): Change {
  return { kind: "delete", table, id };
}
