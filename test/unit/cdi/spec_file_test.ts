import { assertEquals, assertThrows } from "@std/assert";

import { NO_EDITS } from "../../../src/cdi/container_edits.ts";
import { CdiSpecError } from "../../../src/cdi/spec_error.ts";
import { isSpecFile, parseCdiSpec } from "../../../src/cdi/spec_file.ts";

const ENV = { containerEdits: { env: ["A=1"] } };
const MINIMAL = {
  cdiVersion: "0.3.0",
  kind: "vendor.com/gpu",
  devices: [{ name: "a", ...ENV }],
};

function parse(name: string, text: string) {
  return parseCdiSpec(name, new TextEncoder().encode(text));
}

function parseJson(fields: object) {
  return parse("/etc/cdi/a.json", JSON.stringify({ ...MINIMAL, ...fields }));
}

/** A file of the newest version with one device that wants this. */
function editsOf(containerEdits: object, cdiVersion = "1.1.0") {
  return parseJson({ cdiVersion, devices: [{ name: "a", containerEdits }] }).devices.get("a")!;
}

function assertRefused(read: () => unknown, words: string): void {
  assertThrows(read, CdiSpecError, words);
}

Deno.test("isSpecFile() goes by the name's end", () => {
  assertEquals(["a.json", "a.yaml", "a.yml", "json", "a.json~"].map(isSpecFile), [
    ...[true, true, false, false, false],
  ]);
});

Deno.test("parseCdiSpec() reads all that there is, in JSON and in YAML", () => {
  const yaml = `
cdiVersion: "1.1.0"
kind: vendor.com/gpu
annotations: { note: for people, made: 2026-01-01 }
containerEdits:
  env: [COMMON=1]
devices:
  - name: "0"
    containerEdits:
      env:
        - DEVICE=a=b
      deviceNodes:
        - path: /dev/gpu0
          hostPath: /dev/host0
          type: u
          major: 195
          minor: 0
          fileMode: 0660
          permissions: wr
          uid: 0
          gid: 44
        - path: /dev/gpuctl
      mounts:
        - hostPath: /usr/lib/libgpu.so
          containerPath: /usr/lib/libgpu.so
          type: none
          options: [ro, bind]
      hooks:
        - hookName: createContainer
          path: /usr/bin/hook
          args: [hook, --ldcache]
          env: [LOG=debug]
          timeout: 5
      additionalGids: [0, 44]
      intelRdt: { closID: gpu, l3CacheSchema: "L3:0=f" }
`;
  const spec = parse("/etc/cdi/a.yaml", yaml);
  assertEquals(spec.kind, "vendor.com/gpu");
  assertEquals(spec.containerEdits, { ...NO_EDITS, env: ["COMMON=1"] });
  const node = { path: "/dev/gpuctl", hostPath: "/dev/gpuctl", permissions: "rwm" };
  const unknown = { type: undefined, major: undefined, minor: undefined, fileMode: undefined };
  assertEquals([...spec.devices], [["0", {
    env: ["DEVICE=a=b"],
    deviceNodes: [
      {
        ...{ path: "/dev/gpu0", hostPath: "/dev/host0", type: "c", major: 195, minor: 0 },
        ...{ fileMode: 0o660, permissions: "rw", uid: 0, gid: 44 },
      },
      { ...node, ...unknown, uid: undefined, gid: undefined },
    ],
    mounts: [{
      hostPath: "/usr/lib/libgpu.so",
      containerPath: "/usr/lib/libgpu.so",
      type: "none",
      options: ["ro", "bind"],
    }],
    hooks: [{
      name: "createContainer",
      hook: {
        path: "/usr/bin/hook",
        args: ["hook", "--ldcache"],
        env: ["LOG=debug"],
        timeout: 5,
      },
    }],
    additionalGids: [44],
    intelRdt: { closID: "gpu", l3CacheSchema: "L3:0=f" },
    unsupported: [],
  }]]);
});

Deno.test("parseCdiSpec() takes null and what is empty for left out, as Go does", () => {
  const hook = { hookName: "prestart", path: "/hook", args: null, env: [], timeout: null };
  const edits = { env: ["A=1"], deviceNodes: null, hooks: [hook], intelRdt: null, mounts: [] };
  const devices = [{ name: "a", annotations: null, containerEdits: edits }];
  const spec = parseJson({ containerEdits: null, annotations: {}, devices });
  assertEquals(spec.devices.get("a")?.hooks, [{ name: "prestart", hook: { path: "/hook" } }]);
});

Deno.test("parseCdiSpec() knows which version is the first that has something", () => {
  const node = { path: "/dev/a", hostPath: "/dev/b" };
  const mount = { hostPath: "/a", containerPath: "/b", type: "none" };
  const netDevices = [{ hostInterfaceName: "eth1", name: "eth0" }];
  const cases: readonly [version: string, before: string, fields: object][] = [
    ["0.4.0", "0.3.0", { devices: [{ name: "a", containerEdits: { mounts: [mount] } }] }],
    ["0.5.0", "0.4.0", { devices: [{ name: "a", containerEdits: { deviceNodes: [node] } }] }],
    ["0.5.0", "0.4.0", { devices: [{ name: "0", ...ENV }] }],
    ["0.6.0", "0.5.0", { kind: "vendor.com/gpu.a" }],
    ["0.6.0", "0.5.0", { annotations: { a: "b" } }],
    ["0.6.0", "0.5.0", { devices: [{ name: "a", annotations: { a: "b" }, ...ENV }] }],
    ["0.7.0", "0.6.0", { containerEdits: { additionalGids: [1] } }],
    ["0.7.0", "0.6.0", { containerEdits: { intelRdt: { closID: "a" } } }],
    ["1.1.0", "1.0.0", { containerEdits: { intelRdt: { schemata: ["L3:0=f"] } } }],
    ["1.1.0", "1.0.0", { containerEdits: { intelRdt: { enableMonitoring: true } } }],
    ["1.1.0", "1.0.0", { containerEdits: { netDevices } }],
  ];
  for (const [version, before, fields] of cases) {
    parseJson({ cdiVersion: version, ...fields });
    parseJson({ cdiVersion: `v${version}`, ...fields });
    const early = () => parseJson({ cdiVersion: before, ...fields });
    assertRefused(early, `needs cdiVersion ${version} or later`);
  }
});

Deno.test("parseCdiSpec() says what of an edit we cannot do, and keeps the rest", () => {
  const netDevices = ["eth1", "eth2"].map((name) => ({ hostInterfaceName: name, name }));
  const edits = editsOf({ env: ["A=1"], netDevices, intelRdt: { enableMonitoring: true } });
  assertEquals(edits.unsupported, ["netDevices", "intelRdt.enableMonitoring"]);
  assertEquals(edits.env, ["A=1"]);
  const older = editsOf({ intelRdt: { enableCMT: true, enableMBM: false } }, "0.7.0");
  assertEquals(older.unsupported, ["intelRdt.enableCMT"]);
});

Deno.test("parseCdiSpec() refuses a file in which one thing is wrong, and says which", () => {
  const device = (fields: object) => ({ devices: [{ name: "a", ...ENV, ...fields }] });
  const files: readonly [fields: object, words: string][] = [
    [{ cdiVersion: undefined }, "cdiVersion is missing"],
    [{ cdiVersion: 1 }, "cdiVersion is missing"],
    [{ cdiVersion: "0.2.0" }, 'cdiVersion "0.2.0" is not known'],
    [{ cdiVersion: "2.0.0" }, 'cdiVersion "2.0.0" is not known'],
    [{ kind: undefined }, "kind is missing"],
    [{ kind: "gpu" }, 'kind "gpu" is not of the form'],
    [{ kinds: 1 }, 'it has "kinds", which is not known'],
    [{ annotations: { a: 1 } }, "annotations has no text"],
    [{ annotations: [] }, "annotations is no object"],
    [{ devices: undefined }, "devices is missing"],
    [{ devices: {} }, "devices is no list"],
    [{ devices: [] }, "devices is missing, or empty"],
    [{ devices: ["a"] }, "devices[0] is no object"],
    [{ devices: [...MINIMAL.devices, ...MINIMAL.devices] }, 'devices has "a" twice'],
    [device({ name: "-" }), 'devices[0].name "-" is malformed'],
    [device({ containerEdits: undefined }), "devices[0].containerEdits is missing"],
    [device({ containerEdits: {} }), "devices[0].containerEdits is missing, or empty"],
    [device({ more: 1 }), 'devices[0] has "more", which is not known'],
    [{ containerEdits: [] }, "containerEdits is no object"],
  ];
  for (const [fields, words] of files) assertRefused(() => parseJson(fields), words);
});

Deno.test("parseCdiSpec() refuses edits that no runtime could make", () => {
  const node = (fields: object) => ({ deviceNodes: [{ path: "/dev/a", ...fields }] });
  const mount = (fields: object) => ({
    mounts: [{ hostPath: "/a", containerPath: "/b", ...fields }],
  });
  const hook = (fields: object) => ({ hooks: [{ hookName: "prestart", path: "/h", ...fields }] });
  const edits: readonly [edits: object, words: string][] = [
    [{ env: ["A"] }, '"A", which is not of the form'],
    [{ env: ["=1"] }, '"=1", which is not of the form'],
    [{ env: ["A=\0"] }, "env[0] is no text"],
    [{ env: "A=1" }, "env is no list"],
    [{ envs: [] }, 'has "envs", which is not known'],
    [node({ path: "" }), "deviceNodes[0].path is missing"],
    [node({ path: "dev" }), '"dev" is not absolute'],
    [node({ hostPath: "dev" }), "hostPath is not absolute"],
    [node({ type: "x" }), 'type "x" is none of b, c, u, p'],
    [node({ major: -1 }), "major is no whole number"],
    [node({ minor: 1.5 }), "minor is no whole number"],
    [node({ uid: 2 ** 32 }), "uid is no whole number"],
    [node({ fileMode: "0660" }), "fileMode is no whole number"],
    [node({ permissions: "rx" }), 'permissions "rx" are neither'],
    [mount({ hostPath: "" }), "hostPath is missing"],
    [mount({ containerPath: "b" }), '"b" is not absolute'],
    [mount({ options: "ro" }), "options is no list"],
    [hook({ hookName: "now" }), 'hookName "now" is none of'],
    [hook({ path: "h" }), '"h" is not absolute'],
    [hook({ timeout: 0 }), "timeout is no whole number from 1"],
    [hook({ env: ["A"] }), "not of the form"],
    [{ additionalGids: [-1] }, "additionalGids[0] is no group id"],
    [{ additionalGids: [2 ** 31] }, "additionalGids[0] is no group id"],
    [{ intelRdt: { closID: "a/b" } }, 'closID "a/b" is no name of a folder'],
    [{ intelRdt: { enableMonitoring: 1 } }, "neither true nor false"],
    [{ netDevices: [{ name: "a" }] }, "hostInterfaceName is missing"],
  ];
  for (const [it, words] of edits) assertRefused(() => editsOf(it), words);
});

Deno.test("parseCdiSpec() takes no permissions, and a device's type out of its mode", () => {
  const nodes = [{ path: "/dev/a", permissions: "none", fileMode: 0o20_660 }];
  const [node] = editsOf({ deviceNodes: nodes }).deviceNodes;
  assertEquals([node?.permissions, node?.fileMode], ["", 0o660]);
});

Deno.test("parseCdiSpec() refuses what is neither JSON nor YAML", () => {
  for (const text of ["{", "[]", "null", "7", '"a"', ""]) {
    assertThrows(() => parse("a.json", text), CdiSpecError);
    assertThrows(() => parse("a.yaml", text), CdiSpecError);
  }
  assertRefused(() => parse("a.yaml", "kind: a\nkind: b\n"), "it cannot be parsed");
  assertRefused(() => parse("a.yaml", "--- 1\n--- 2\n"), "it cannot be parsed");
  assertRefused(() => parse("a.yaml", "a: !!js/regexp /a/"), "it cannot be parsed");
  const latin = Uint8Array.of(0x22, 0xe4, 0x22);
  assertRefused(() => parseCdiSpec("a.json", latin), "it is not UTF-8");
});

Deno.test("parseCdiSpec() survives YAML that was written to harm", () => {
  const head = "cdiVersion: 1.1.0\nkind: vendor.com/gpu\n";
  const refused = (text: string, words: string) =>
    assertRefused(() => parse("a.yaml", head + text), words);
  refused("devices: &a [*a]\n", "devices[0] is no object");
  refused("devices:\n- &a { name: a, containerEdits: *a }\n", "which is not known");
  refused("containerEdits: &a { intelRdt: *a }\ndevices: []\n", "which is not known");
  // Fifty bytes for each device, and a thousand variables behind each.
  const variables = Array.from({ length: 1_000 }, (_, index) => `"A${index}=1"`).join(",");
  const devices = Array.from(
    { length: 1_000 },
    (_, index) => `- { name: d${index}, containerEdits: *e }\n`,
  );
  const bomb = `containerEdits: &e { env: [${variables}] }\ndevices:\n${devices.join("")}`;
  refused(bomb, "it describes more than 100000 things");
  refused(`devices: ${"[".repeat(100_000)}`, "it cannot be parsed");
  assertRefused(() => parse("a.json", `${"[".repeat(100_000)}`), "it cannot be parsed");
  const proto = '{"cdiVersion":"1.1.0","kind":"vendor.com/gpu","devices":[],"__proto__":{}}';
  assertRefused(() => parse("a.json", proto), '"__proto__", which is not known');
  assertRefused(() => parse("a.yaml", proto), '"__proto__", which is not known');
});

Deno.test("parseCdiSpec() lets a file name a part of itself again", () => {
  const yaml = `
cdiVersion: 0.5.0
kind: vendor.com/gpu
devices:
  - { name: "0", containerEdits: &edits { env: [A=1] } }
  - { name: all, containerEdits: *edits }
`;
  assertEquals([...parse("a.yaml", yaml).devices].map(([name, it]) => [name, it.env]), [
    ["0", ["A=1"]],
    ["all", ["A=1"]],
  ]);
});
