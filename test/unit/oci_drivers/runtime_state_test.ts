import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";

import { KernelError } from "../../../src/kernel/errno.ts";
import { initOf, isOnlyFiles, readRuntimeState } from "../../../src/oci/runtime_state.ts";
import { fakeKernel, noEntry } from "../fakes.ts";

/** Reads a state file with this content, or none. */
function read(content: string | undefined) {
  const kernel = fakeKernel({
    files: {
      readFile(path) {
        if (content === undefined) return Promise.reject(noEntry(path));
        return Promise.resolve(new TextEncoder().encode(content));
      },
    },
  });
  return readRuntimeState(kernel, "/run/test/runtime/c1/state.json");
}

Deno.test("initOf() is the identity of init, out of all that is recorded", async () => {
  const text = '{"id":"c1","init_process_pid":4711,"init_process_start":981234,"config":{}}';
  assertEquals(initOf(await read(text)), { pid: 4711, startTime: 981234 });
});

Deno.test("initOf() is none where no init is recorded", async () => {
  assertEquals(initOf(await read(undefined)), undefined);
  const others = [
    "",
    "{",
    "null",
    "7",
    "[]",
    "{}",
    '{"init_process_pid":4711}',
    '{"init_process_start":981234}',
    '{"init_process_pid":"4711","init_process_start":981234}',
    '{"init_process_pid":4711,"init_process_start":1.5}',
  ];
  for (const text of others) assertEquals(initOf(await read(text)), undefined, text);
});

Deno.test("readRuntimeState() passes on that a record cannot be read", async () => {
  const error = new KernelError("read", "EIO", "state.json");
  const kernel = fakeKernel({ files: { readFile: () => Promise.reject(error) } });
  assertStrictEquals(await assertRejects(() => readRuntimeState(kernel, "/state.json")), error);
});

/** As runc 1.1.5 writes it on a host with cgroups of both versions. */
const ORDINARY = {
  id: "c1",
  init_process_pid: 4711,
  init_process_start: 981234,
  config: {
    Hooks: { createRuntime: null, poststart: null, poststop: null, prestart: null },
  },
  cgroup_paths: { "": "/sys/fs/cgroup/unified/pod/c1", pids: "/sys/fs/cgroup/pids/pod/c1" },
  intel_rdt_path: "",
};

Deno.test("isOnlyFiles() is true of an ordinary container", () => {
  assert(isOnlyFiles(ORDINARY, "/pod/c1"));
  const hooks = { Hooks: { poststop: [], prestart: [{ path: "/bin/true" }] } };
  assert(isOnlyFiles({ ...ORDINARY, config: hooks }, "/pod/c1"));
});

Deno.test("isOnlyFiles() is false where the runtime has more to delete, or may have", () => {
  const others = [
    {},
    { ...ORDINARY, intel_rdt_path: "/sys/fs/resctrl/c1" },
    { ...ORDINARY, intel_rdt_path: undefined },
    { ...ORDINARY, config: { Hooks: { poststop: [{ path: "/bin/true" }] } } },
    { ...ORDINARY, config: {} },
    { ...ORDINARY, config: null },
    { ...ORDINARY, cgroup_paths: {} },
    { ...ORDINARY, cgroup_paths: undefined },
    { ...ORDINARY, cgroup_paths: { ...ORDINARY.cgroup_paths, cpu: "/sys/fs/cgroup/cpu/other" } },
    { ...ORDINARY, cgroup_paths: { cpu: 7 } },
  ];
  for (const state of others) assertFalse(isOnlyFiles(state, "/pod/c1"), JSON.stringify(state));
});
