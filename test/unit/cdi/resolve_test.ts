import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";

import { resolveCdiDevices } from "../../../src/cdi/resolve.ts";
import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { SILENT } from "../../../src/telemetry.ts";
import { FakeClock, partial } from "../fakes.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import { type Entry, filesWith, specOf } from "./fixture.ts";

const NODE = { path: "/dev/a" };

function resolve(
  entries: Readonly<Record<string, Entry>>,
  names: readonly string[],
  logged: string[] = [],
) {
  const runtime = {
    kernel: partial<Kernel>("kernel", { clock: new FakeClock(), files: filesWith(entries) }),
    config: DEFAULT_CONFIG,
    telemetry: {
      ...SILENT,
      log: (level: string, _: string, attributes: object = {}) =>
        void logged.push(`${level} ${Object.values(attributes)}`),
    },
  };
  return resolveCdiDevices(runtime, names.map((it) => `v.com/c=${it}`), Context.background());
}

/** A file with device "a", which wants this, and "b". */
function wanting(containerEdits: object): Readonly<Record<string, Entry>> {
  const devices = [
    { name: "a", containerEdits },
    { name: "b", containerEdits: { env: ["B=1"] } },
  ];
  return { "/etc/cdi/1.json": specOf({}, { devices }) };
}

async function refusal(
  entries: Readonly<Record<string, Entry>>,
  ...names: readonly string[]
): Promise<string> {
  const error = await assertRejects(() => resolve(entries, names), RuntimeError);
  return `${error.code} ${error.message}`;
}

Deno.test("resolveCdiDevices() has a file's own edits once, before its first device's", async () => {
  const entries = {
    "/etc/cdi/1.json": specOf({ a: "1", b: "2" }, { containerEdits: { env: ["ALL=1"] } }),
    "/var/run/cdi/1.json": specOf({ c: "3" }, { containerEdits: { env: ["ALL=2"] } }),
  };
  const { env } = await resolve(entries, ["b", "c", "a"]);
  assertEquals(env, ["ALL=1", "B=2", "ALL=2", "C=3", "A=1"]);
});

Deno.test("resolveCdiDevices() fills nodes in from the host", async () => {
  const edits = { deviceNodes: [{ ...NODE, hostPath: "/dev/zero" }], additionalGids: [44] };
  const zero = { kind: "device", mode: 0o666, node: { type: "c", major: 1, minor: 5 } } as const;
  const { devices, additionalGids } = await resolve(
    { ...wanting(edits), "/dev/zero": zero },
    ["a"],
  );
  assertEquals(devices.map((it) => `${it.path} ${it.major}:${it.minor}`), ["/dev/a 1:5"]);
  assertEquals(additionalGids, [44]);
});

Deno.test("resolveCdiDevices() answers UNKNOWN for what no file has, and says what it looked at", async () => {
  assertEquals(
    await refusal({ "/etc/cdi/1.json": specOf({ a: "1" }) }, "a", "x", "y"),
    "UNKNOWN Cannot create container: unresolvable CDI devices v.com/c=x, v.com/c=y " +
      "(/etc/cdi, /var/run/cdi)",
  );
  const broken = { "/etc/cdi/1.json": specOf({ a: "1" }, { kind: "c" }) };
  assertStringIncludes(
    await refusal(broken, "a"),
    '(/etc/cdi, /var/run/cdi); /etc/cdi/1.json: kind "c" is not of the form vendor/class',
  );
});

Deno.test("resolveCdiDevices() tells a client some of what is wrong, and the log all of it", async () => {
  const long = "x".repeat(1_000);
  const files = Array.from({ length: 50 }, (_, index) => (
    [`/etc/cdi/${index}.json`, specOf({ a: "1" }, { cdiVersion: long })] as const
  ));
  const logged: string[] = [];
  const names = Array.from({ length: 1_000 }, (_, index) => `${index}${"y".repeat(1_000)}`);
  const error = await assertRejects(
    () => resolve(Object.fromEntries(files), names, logged),
    RuntimeError,
    "; and 42 more",
  );
  assertEquals(error.message.length < 6_000, true);
  assertEquals([logged.length, logged[0]?.startsWith("warn /etc/cdi/0.json,")], [50, true]);
});

Deno.test("resolveCdiDevices() logs a broken file although all that is asked for is found", async () => {
  const logged: string[] = [];
  const entries = { "/etc/cdi/0.json": "[]", "/etc/cdi/1.json": specOf({ a: "1" }) };
  assertEquals((await resolve(entries, ["a"], logged)).env, ["A=1"]);
  assertEquals(logged, ["warn /etc/cdi/0.json,cdiVersion is missing, or no text"]);
});

Deno.test("resolveCdiDevices() refuses what we cannot do when it is asked for", async () => {
  const netDevices = [{ hostInterfaceName: "eth1", name: "eth0" }];
  const intelRdt = { schemata: ["L3:0=f"] };
  const entries = wanting({ netDevices, intelRdt });
  assertEquals(
    await refusal(entries, "a"),
    "UNIMPLEMENTED Cannot create container: its CDI devices want netDevices, intelRdt.schemata, " +
      "which is not implemented",
  );
  assertEquals((await resolve(entries, ["b"])).env, ["B=1"]);
});

Deno.test("resolveCdiDevices() wants what is mounted and executed to be there", async () => {
  const mounts = (fields: object) =>
    wanting({
      mounts: [{ hostPath: "/lib/a", containerPath: "/lib/a", ...fields }],
    });
  const hooks = (hookName: string) => wanting({ hooks: [{ hookName, path: "/bin/hook" }] });
  const missing = "FAILED_PRECONDITION Cannot create container: the host has no";
  assertEquals(
    await refusal(mounts({ options: ["rbind"] }), "a"),
    `${missing} "/lib/a" to mount for a CDI device (ENOENT)`,
  );
  assertStringIncludes(await refusal(mounts({}), "a"), missing);
  for (const name of ["prestart", "createRuntime", "createContainer", "poststart", "poststop"]) {
    assertEquals(
      await refusal(hooks(name), "a"),
      `${missing} "/bin/hook" to execute as a hook for a CDI device (ENOENT)`,
    );
  }
  // Other file systems come from nowhere, and one hook is the container's own.
  await resolve(mounts({ type: "tmpfs" }), ["a"]);
  await resolve(hooks("startContainer"), ["a"]);
  await resolve({ ...mounts({ options: ["bind"] }), "/lib/a": "1" }, ["a"]);
  await resolve({ ...hooks("poststop"), "/bin/hook": "1" }, ["a"]);
});

Deno.test("resolveCdiDevices() has hooks after the end be done before runc is killed", async () => {
  const timeouts = async (...hooks: readonly object[]) => {
    const edits = { hooks: hooks.map((it) => ({ path: "/bin/hook", ...it })) };
    const found = await resolve({ ...wanting(edits), "/bin/hook": "1" }, ["a"]);
    return found.hooks.map((it) => it.hook.timeout);
  };
  const [late, early] = [{ hookName: "poststop" }, { hookName: "prestart" }];
  assertEquals(await timeouts(late, early), [15, undefined]);
  assertEquals(await timeouts({ ...late, timeout: 5 }, { ...early, timeout: 90 }), [5, 90]);
  assertEquals(await timeouts(late, { ...late, timeout: 90 }), [10, 10]);
});

Deno.test("resolveCdiDevices() refuses more than fits into a container's spec", async () => {
  const files = Array.from({ length: 3 }, (_, index) => (
    [`/etc/cdi/${index}.json`, specOf({ [`a${index}`]: "x".repeat(1_000_000) })] as const
  ));
  const entries = Object.fromEntries(files);
  assertEquals((await resolve(entries, ["a0", "a1"])).env.length, 2);
  assertStringIncludes(await refusal(entries, "a0", "a1", "a2"), "INVALID_ARGUMENT");
});
