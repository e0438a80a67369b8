import { assertEquals, assertStrictEquals } from "@std/assert";

import { type HostEdits, NO_HOST_EDITS, withEdits } from "../../../src/cdi/apply_edits.ts";
import type { EditDevice } from "../../../src/cdi/host_nodes.ts";
import { buildSpec } from "../../../src/oci/spec.ts";
import { SPEC_INPUT } from "../oci/fixture.ts";

const SPEC = buildSpec(SPEC_INPUT);
const GPU: EditDevice = {
  ...{ path: "/dev/gpu", type: "c", major: 195, minor: 0, fileMode: 0o660 },
  ...{ uid: undefined, gid: undefined, permissions: "rw" },
};

function edited(edits: Partial<HostEdits>, spec = SPEC) {
  return withEdits(spec, { ...NO_HOST_EDITS, ...edits });
}

Deno.test("withEdits() leaves a spec without devices as it is", () => {
  assertStrictEquals(withEdits(SPEC, NO_HOST_EDITS), SPEC);
});

Deno.test("withEdits() sets variables, in place of those by the same name", () => {
  const before = SPEC.process.env;
  const { env } = edited({ env: ["HOME=/gpu", "A=1", "A=x=y"] }).process;
  const kept = before.map((it) => it.startsWith("HOME=") ? "HOME=/gpu" : it);
  assertEquals(env, [...kept, "A=x=y"]);
});

Deno.test("withEdits() makes nodes and lets the cgroup use them", () => {
  const { linux } = edited({ devices: [GPU, { ...GPU, path: "/dev/gpu1", minor: 1, gid: 44 }] });
  const node = { type: "c", major: 195, fileMode: 0o660, uid: 0 } as const;
  assertEquals(linux.devices, [
    { path: "/dev/gpu", ...node, minor: 0, gid: 0 },
    { path: "/dev/gpu1", ...node, minor: 1, gid: 44 },
  ]);
  assertEquals(linux.resources.devices, [
    { allow: false, access: "rwm" },
    { allow: true, type: "c", major: 195, minor: 0, access: "rw" },
    { allow: true, type: "c", major: 195, minor: 1, access: "rw" },
  ]);
});

Deno.test("withEdits() puts a node in place of one at the same path", () => {
  const spec = edited({ devices: [GPU] });
  const { devices } = edited({ devices: [{ ...GPU, minor: 7 }] }, spec).linux;
  assertEquals(devices.map((it) => [it.path, it.minor]), [["/dev/gpu", 7]]);
});

Deno.test("withEdits() asks no cgroup for fifos, and for none without permissions", () => {
  const fifo = { ...GPU, path: "/dev/fifo", type: "p", major: 0 } as const;
  const { linux } = edited({ devices: [fifo, { ...GPU, permissions: "" }] });
  assertEquals(linux.devices.map((it) => it.path), ["/dev/fifo", "/dev/gpu"]);
  assertEquals(linux.resources.devices, [{ allow: false, access: "rwm" }]);
});

Deno.test("withEdits() gives a node without an owner to the container's user", () => {
  const user = { uid: 1_000, gid: 100, additionalGids: [100] };
  const spec = { ...SPEC, process: { ...SPEC.process, user } };
  const [device, owned] = edited({ devices: [GPU, { ...GPU, path: "/b", uid: 0 }] }, spec).linux
    .devices;
  assertEquals([device?.uid, device?.gid], [1_000, 100]);
  assertEquals([owned?.uid, owned?.gid], [0, 100]);
});

Deno.test("withEdits() mounts parents first, in place of what is mounted there", () => {
  const bind = (containerPath: string, options: readonly string[] = ["ro", "bind"]) => (
    { hostPath: `/host${containerPath}`, containerPath, type: "", options }
  );
  const { mounts } = edited({
    mounts: [bind("/usr/lib/a"), bind("/usr"), bind("/etc/../etc/hosts"), bind("/opt", ["ro"])],
  });
  const places = mounts.map((it) => it.destination);
  assertEquals(places.filter((it) => it === "/etc/hosts").length, 1);
  assertEquals(places.indexOf("/usr") < places.indexOf("/usr/lib/a"), true);
  assertEquals(places.indexOf("/dev") < places.indexOf("/dev/shm"), true);
  const at = (destination: string) => mounts.find((it) => it.destination === destination);
  assertEquals(at("/etc/hosts")?.source, "/host/etc/../etc/hosts");
  assertEquals(at("/usr")?.options, ["ro", "bind"]);
  // Without a type and without "bind" nothing else can be meant.
  assertEquals([at("/opt")?.type, at("/opt")?.options], ["bind", ["bind", "ro"]]);
});

Deno.test("withEdits() mounts other file systems as they are described", () => {
  const mount = { hostPath: "tmpfs", containerPath: "/t", type: "tmpfs", options: ["size=1m"] };
  const { mounts } = edited({ mounts: [mount] });
  assertEquals(mounts.find((it) => it.destination === "/t"), {
    ...{ destination: "/t", type: "tmpfs", source: "tmpfs", options: ["size=1m"] },
  });
});

Deno.test("withEdits() adds hooks in their order, and settings of Intel RDT", () => {
  const hook = (path: string) => ({ path });
  const { hooks, linux } = edited({
    hooks: [
      { name: "poststop", hook: hook("/a") },
      { name: "prestart", hook: hook("/b") },
      { name: "poststop", hook: hook("/c") },
    ],
    intelRdt: { closID: "gpu" },
  });
  assertEquals(hooks, { poststop: [hook("/a"), hook("/c")], prestart: [hook("/b")] });
  assertEquals(linux.intelRdt, { closID: "gpu" });
  assertEquals("hooks" in edited({ env: ["A=1"] }), false);
});
