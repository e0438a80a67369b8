import { assertEquals, assertRejects } from "@std/assert";

import { findDevices, SPEC_FILES_MAX } from "../../../src/cdi/find_devices.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { Files } from "../../../src/kernel/files.ts";
import { partial } from "../fakes.ts";
import { type Entry, filesWith, specOf } from "./fixture.ts";

const FOLDERS = ["/etc/cdi", "/var/run/cdi"];

async function find(files: Files, ...names: readonly string[]) {
  const wanted = new Set(names.map((it) => `v.com/c=${it}`));
  const { devices, faults } = await findDevices(files, FOLDERS, wanted, Context.background());
  const found = [...devices].map(([name, it]) => `${name} ${it.edits.env} ${it.file.path}`);
  return { found, faults: faults.map((it) => `${it.path}: ${it.why}`) };
}

function findIn(entries: Readonly<Record<string, Entry>>, ...names: readonly string[]) {
  return find(filesWith(entries), ...names);
}

Deno.test("findDevices() is those that are wanted, and nothing where there are no folders", async () => {
  assertEquals(await findIn({}, "a"), { found: [], faults: [] });
  const entries = { "/etc/cdi/1.json": specOf({ a: "1", b: "2" }) };
  assertEquals(await findIn(entries, "b", "none"), {
    found: ["v.com/c=b B=2 /etc/cdi/1.json"],
    faults: [],
  });
});

Deno.test("findDevices() lets a later folder take the place of an earlier one", async () => {
  const entries = {
    "/etc/cdi/1.json": specOf({ a: "etc", b: "etc" }),
    "/var/run/cdi/2.json": specOf({ a: "run" }),
  };
  assertEquals(await findIn(entries, "a", "b"), {
    found: ["v.com/c=a A=run /var/run/cdi/2.json", "v.com/c=b B=etc /etc/cdi/1.json"],
    faults: [],
  });
});

Deno.test("findDevices() takes neither of two in one folder, unless a later one decides", async () => {
  const entries = {
    "/etc/cdi/1.json": specOf({ a: "1", b: "1" }),
    "/etc/cdi/2.json": specOf({ a: "2" }),
    "/etc/cdi/3.json": specOf({ a: "3" }),
  };
  assertEquals(await findIn(entries, "a", "b"), {
    found: ["v.com/c=b B=1 /etc/cdi/1.json"],
    faults: [
      "/etc/cdi/2.json: v.com/c=a is in /etc/cdi/1.json as well",
      "/etc/cdi/3.json: v.com/c=a is in another file as well",
    ],
  });
  // Nobody has asked for it.
  assertEquals((await findIn(entries, "b")).faults, []);
  const decided = { ...entries, "/var/run/cdi/1.json": specOf({ a: "run" }) };
  assertEquals((await findIn(decided, "a")).found, ["v.com/c=a A=run /var/run/cdi/1.json"]);
});

Deno.test("findDevices() finds devices beside files that cannot be used", async () => {
  const opened: string[] = [];
  const entries: Record<string, Entry> = {
    "/etc/cdi/0.json": "{",
    "/etc/cdi/1.json": { kind: "fifo" },
    "/etc/cdi/2.json": { kind: "device" },
    "/etc/cdi/3.json": { kind: "directory" },
    "/etc/cdi/4.json": { leadsTo: "/nowhere" },
    "/etc/cdi/5.json": { leadsTo: "/vendor/fifo" },
    "/etc/cdi/6.json": { leadsTo: "/vendor/6" },
    "/etc/cdi/7.json": "x".repeat(1024 * 1024 + 1),
    "/etc/cdi/8.txt": "{",
    "/etc/cdi/9.json": specOf({ b: "9" }),
    "/vendor/6": specOf({ a: "6" }),
    "/vendor/fifo": { kind: "fifo" },
  };
  const { found, faults } = await find(filesWith(entries, opened), "a", "b");
  assertEquals(found, ["v.com/c=a A=6 /etc/cdi/6.json", "v.com/c=b B=9 /etc/cdi/9.json"]);
  assertEquals(faults.map((it) => it.slice(0, 40)), [
    "/etc/cdi/0.json: it cannot be parsed: Ex".slice(0, 40),
    "/etc/cdi/1.json: it is a fifo and no fil",
    "/etc/cdi/2.json: it is a device and no f",
    '/etc/cdi/4.json: resolveInRoot "/etc/cdi',
    "/etc/cdi/5.json: it is a fifo and no fil",
    '/etc/cdi/7.json: readFile "/etc/cdi/7.js',
  ]);
  assertEquals(
    opened,
    ["0", "6", "7", "9"].map((it) => it === "6" ? "/vendor/6" : `/etc/cdi/${it}.json`),
  );
});

Deno.test("findDevices() passes over what was removed meanwhile", async () => {
  const files = partial<Files>("files", {
    list: (path) => Promise.resolve(path === "/etc/cdi" ? ["a.json"] : []),
    stat: () => Promise.resolve(undefined),
  });
  assertEquals(await find(files, "a"), { found: [], faults: [] });
});

Deno.test("findDevices() tells of a folder that cannot be read, and of one with too many files", async () => {
  const stat = () => Promise.resolve(undefined);
  const denied = partial<Files>("files", {
    stat,
    list: (path) => Promise.reject(new KernelError("list", "EACCES", path)),
  });
  assertEquals((await find(denied, "a")).faults, [
    '/etc/cdi: list "/etc/cdi": EACCES',
    '/var/run/cdi: list "/var/run/cdi": EACCES',
  ]);
  const names = Array.from({ length: SPEC_FILES_MAX + 1 }, (_, index) => `${index}.json`);
  const many = partial<Files>("files", {
    stat,
    list: (path) => Promise.resolve(path === "/etc/cdi" ? names : []),
  });
  assertEquals((await find(many, "a")).faults, ["/etc/cdi: only the first 4096 files count"]);
});

Deno.test("findDevices() ends when nobody wants it any more", async () => {
  const context = new Context();
  context.cancel(new RuntimeError("CANCELLED", "given up"));
  const files = filesWith({ "/etc/cdi/1.json": specOf({ a: "1" }) });
  const call = findDevices(files, FOLDERS, new Set(["v.com/c=a"]), context);
  await assertRejects(() => call, RuntimeError, "given up");
});
