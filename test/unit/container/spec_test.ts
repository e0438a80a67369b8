import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";

import { NO_HOST_EDITS } from "../../../src/cdi/apply_edits.ts";
import { DEFAULT_CONFIG } from "../../../src/config.ts";
import type { ContainerConfig, MountPropagation } from "../../../src/container/config.ts";
import { writeContainerSpec } from "../../../src/container/spec.ts";
import { RuntimeError } from "../../../src/errors.ts";
import type { Image } from "../../../src/image/image.ts";
import { DEVICES_MAX } from "../../../src/oci/spec_host.ts";
import type { NamespaceMode, SandboxConfig } from "../../../src/sandbox/config.ts";
import { sandboxPaths } from "../../../src/sandbox/paths.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { Files } from "../../../src/kernel/files.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import type { MountSharing } from "../../../src/kernel/mounts.ts";
import type { OciSpec } from "../../../src/oci/runtime_spec.ts";
import type { Runtime } from "../../../src/runtime.ts";
import {
  containerConfigWith,
  containerRecordWith,
  endedChild,
  FakeClock,
  fakeKernel,
  idOf,
  isPending,
  partial,
  sandboxConfigWith,
  sandboxRecordWith,
} from "../fakes.ts";
import { IMAGE_CONFIG, SECURITY, SPEC_INPUT } from "../oci/fixture.ts";

const TWO_DEVICES = "21b6 1 3 0 0 /dev/null\0" + "21b6 1 5 0 0 /dev/zero\0";

/** Of a container, but its record and image. */
const PARTS = {
  sandbox: { id: idOf("a"), record: sandboxRecordWith() },
  user: { uid: 0, gid: 0, additionalGids: [], home: "/" },
  volumes: [],
  edits: NO_HOST_EDITS,
};

/** Begins to write the spec of a container that mounts a path of the host. */
function writeSpecOn(
  kernel: Kernel,
  context: Context,
  propagation: MountPropagation = "PRIVATE",
): Promise<void> {
  const runtime = partial<Runtime>("runtime", { kernel, config: DEFAULT_CONFIG });
  const mount = {
    containerPath: "/data",
    hostPath: "/mnt/data",
    isReadonly: false,
    isRecursiveReadonly: false,
    propagation,
  };
  const parts = {
    ...PARTS,
    record: containerRecordWith({ config: containerConfigWith({ mounts: [mount] }) }),
    image: partial<Image>("image", {}),
  };
  return writeContainerSpec(runtime, parts, context);
}

/** The same, of a path that cannot be looked up. */
function writeSpec(context: Context, clock: FakeClock): Promise<void> {
  const kernel = fakeKernel({ clock, files: { resolveInRoot: () => new Promise(() => {}) } });
  return writeSpecOn(kernel, context);
}

/** Why it is refused where the host's mount shares so; undefined when it gets past that. */
async function refusal(
  sharing: MountSharing,
  propagation: MountPropagation,
): Promise<RuntimeError | undefined> {
  const kernel = fakeKernel({
    clock: new FakeClock(),
    files: { resolveInRoot: (_, path) => Promise.resolve(`${path}/resolved`) },
    mounts: {
      sharing: (path) => {
        assertEquals(path, "/mnt/data/resolved");
        return Promise.resolve(sharing);
      },
    },
  });
  const writing = writeSpecOn(kernel, new Context(), propagation);
  // What comes next is the image's configuration, which it has none of here.
  const error = await assertRejects(() => writing, Error);
  return error instanceof RuntimeError ? error : undefined;
}

/** Writes the spec of a container on a host that has two devices wherever one looks. */
function writeSpecOf(
  changes: Partial<ContainerConfig>,
  files: Partial<Files>,
  pod: Partial<SandboxConfig> = {},
  seccompProfile = "/etc/default.json",
): Promise<void> {
  const kernel = fakeKernel({
    clock: new FakeClock(),
    files,
    machine: { architecture: "x86_64", kernelRelease: "6.1.0" },
    processes: {
      spawn: () => Promise.resolve(endedChild({ kind: "exited", code: 0 }, TWO_DEVICES)),
    },
  });
  const runtime = partial<Runtime>("runtime", {
    kernel,
    config: { ...DEFAULT_CONFIG, seccompProfile },
    host: SPEC_INPUT.host,
  });
  const parts = {
    ...PARTS,
    sandbox: { id: idOf("a"), record: sandboxRecordWith({ config: sandboxConfigWith(pod) }) },
    record: containerRecordWith({ config: containerConfigWith({ command: ["/app"], ...changes }) }),
    image: partial<Image>("image", { config: IMAGE_CONFIG }),
  };
  return writeContainerSpec(runtime, parts, new Context());
}

function specWith(
  changes: Partial<ContainerConfig>,
  pod?: Partial<SandboxConfig>,
): Promise<OciSpec> {
  return writtenBy((files) => writeSpecOf(changes, files, pod));
}

async function writtenBy(write: (files: Partial<Files>) => Promise<void>): Promise<OciSpec> {
  let written = "";
  // deno-lint-ignore require-await
  const writeFile: Files["writeFile"] = async (_, content) => void (written = String(content));
  await write({ writeFile });
  return JSON.parse(written);
}

/** The PID namespace in the spec of a container with mode `own` in a pod with mode `pods`. */
async function pidNamespace(pods: NamespaceMode, own: NamespaceMode) {
  const namespaces = (pid: NamespaceMode) => ({ network: "NODE", ipc: "POD", pid }) as const;
  const security = { ...SECURITY, namespaces: namespaces(own) };
  const spec = await specWith({ security }, { namespaces: namespaces(pods) });
  return spec.linux.namespaces.find((it) => it.type === "pid");
}

Deno.test("writeContainerSpec() takes the pod's PID namespace, be that the host's", async () => {
  const { pid } = sandboxPaths(DEFAULT_CONFIG, idOf("a"));
  assertEquals(await pidNamespace("POD", "POD"), { type: "pid", path: pid });
  assertEquals(await pidNamespace("NODE", "POD"), undefined);
  for (const pods of ["POD", "CONTAINER", "NODE"] as const) {
    assertEquals(await pidNamespace(pods, "CONTAINER"), { type: "pid" });
    assertEquals(await pidNamespace(pods, "NODE"), undefined);
  }
  await assertRejects(() => pidNamespace("CONTAINER", "POD"), RuntimeError, "has none of its own");
});

/** Why such a container is refused. */
async function configRefusal(
  changes: Partial<ContainerConfig>,
  files: Partial<Files> = {},
): Promise<readonly [code: string, message: string]> {
  const error = await assertRejects(() => writeSpecOf(changes, files), RuntimeError);
  return [error.code, error.message];
}

Deno.test("writeContainerSpec() refuses to propagate what the host's mount does not share", async () => {
  const table = [
    ["shared", "BIDIRECTIONAL", undefined],
    ["slave", "BIDIRECTIONAL", "FAILED_PRECONDITION"],
    ["private", "BIDIRECTIONAL", "FAILED_PRECONDITION"],
    ["shared", "HOST_TO_CONTAINER", undefined],
    ["slave", "HOST_TO_CONTAINER", undefined],
    ["private", "HOST_TO_CONTAINER", "FAILED_PRECONDITION"],
    ["private", "PRIVATE", undefined],
  ] as const;
  for (const [sharing, propagation, code] of table) {
    const found = await refusal(sharing, propagation);
    assertEquals(found?.code, code, `${propagation} on a ${sharing} mount`);
  }
});

Deno.test("writeContainerSpec() names the mount that the host does not have and that cannot be made", async () => {
  const absent = () => Promise.reject(new KernelError("resolveInRoot", "ENOENT", "/mnt/data"));
  const refused = (errno: string) => () => Promise.reject(new KernelError("any", errno, "/mnt"));
  const table: readonly (readonly [errno: string, files: Partial<Files>])[] = [
    ["ENOTDIR", { resolveInRoot: refused("ENOTDIR") }],
    ["ENOENT", { resolveInRoot: absent, mkdir: refused("ENOENT") }],
    ["EROFS", { resolveInRoot: absent, mkdir: refused("EROFS") }],
    // A symlink that leads nowhere.
    ["EEXIST", { resolveInRoot: absent, mkdir: refused("EEXIST") }],
  ];
  for (const [errno, files] of table) {
    const kernel = fakeKernel({ clock: new FakeClock(), files });
    const error = await assertRejects(() => writeSpecOn(kernel, new Context()), RuntimeError);
    assertEquals([error.code, error.message], [
      "FAILED_PRECONDITION",
      `Cannot mount "/mnt/data": it can be neither found nor made on the host (${errno})`,
    ]);
  }
});

Deno.test("writeContainerSpec() keeps an error that is not a mount's own", async () => {
  const full = new KernelError("mkdir", "ENOSPC", "/mnt/data");
  const files: Partial<Files> = {
    resolveInRoot: () => Promise.reject(new KernelError("resolveInRoot", "ENOENT", "/mnt/data")),
    mkdir: () => Promise.reject(full),
  };
  const kernel = fakeKernel({ clock: new FakeClock(), files });
  assertStrictEquals(
    await assertRejects(() => writeSpecOn(kernel, new Context()), KernelError),
    full,
  );
});

Deno.test("writeContainerSpec() waits for a mount that hangs as long as its client", async () => {
  const context = new Context();
  const writing = writeSpec(context, new FakeClock());
  assertEquals(await isPending(writing), true);
  const cause = new RuntimeError("CANCELLED", "the client left");
  context.cancel(cause);
  assertStrictEquals(await assertRejects(() => writing), cause);
});

Deno.test("writeContainerSpec() does not wait for ever for a mount that hangs", async () => {
  const clock = new FakeClock();
  const writing = writeSpec(Context.background(), clock);
  writing.catch(() => {});
  await clock.advance(DEFAULT_CONFIG.bounds.programMs);
  const error = await assertRejects(() => writing, RuntimeError);
  assertEquals(error.code, "DEADLINE_EXCEEDED");
  assertEquals(clock.timerCount, 0);
});

Deno.test("writeContainerSpec() gives a container all devices that it names, or fails", async () => {
  const device = { hostPath: "/dev/many", containerPath: "/dev/many", permissions: "rwm" };
  for (const count of [DEVICES_MAX / 2 + 1, DEVICES_MAX + 1]) {
    assertEquals(await configRefusal({ devices: Array(count).fill(device) }), [
      "INVALID_ARGUMENT",
      `Cannot create container: it is to have more than ${DEVICES_MAX} devices`,
    ]);
  }
});

Deno.test("writeContainerSpec() puts the devices of a folder where the client wants them", async () => {
  const spec = await specWith({
    devices: [
      { hostPath: "/dev", containerPath: "/dev/$&", permissions: "r" },
      { hostPath: "/dev/", containerPath: "/devices", permissions: "r" },
    ],
  });
  assertEquals(spec.linux.devices.map((it) => it.path).sort(), [
    "/dev/$&/null",
    "/dev/$&/zero",
    "/devices/null",
    "/devices/zero",
  ]);
});

Deno.test("writeContainerSpec() names the seccomp profile, and says what is wrong with it", async () => {
  const refused = (errno: string) => () => Promise.reject(new KernelError("readFile", errno, "/p"));
  const holding = (text: string) => () => Promise.resolve(new TextEncoder().encode(text));
  const table = [
    [refused("ENOENT"), "FAILED_PRECONDITION", "the host has no such file"],
    [refused("ENOTDIR"), "FAILED_PRECONDITION", "the host has no such file"],
    [refused("EISDIR"), "INVALID_ARGUMENT", "it is no file"],
    [refused("ENXIO"), "INVALID_ARGUMENT", "it is no file"],
    [refused("EFBIG"), "INVALID_ARGUMENT", "it is longer than 1048576 bytes"],
    [holding("no json"), "INVALID_ARGUMENT", "it is not JSON"],
    [holding("[]"), "INVALID_ARGUMENT", "profile is no object"],
    [
      holding('{"defaultAction": "NO"}'),
      "INVALID_ARGUMENT",
      "defaultAction is no supported action",
    ],
  ] as const;
  for (const [readFile, code, why] of table) {
    const local = withSeccomp({ type: "Localhost", path: "/p.json" });
    assertEquals(
      await configRefusal(local, { readFile }),
      [code, `Cannot use seccomp profile "/p.json": ${why}`],
    );
    // The client has not chosen this one.
    assertEquals(
      await configRefusal(withSeccomp({ type: "RuntimeDefault" }), { readFile }),
      ["FAILED_PRECONDITION", `Cannot use seccomp profile "/etc/default.json": ${why}`],
    );
  }
});

Deno.test("writeContainerSpec() lets nobody make namespaces by the host's profile alone", async () => {
  const hosts = DEFAULT_CONFIG.seccompProfile;
  const admin = { addCapabilities: ["SYS_ADMIN"] };
  const table = [
    [hosts, { seccomp: { type: "RuntimeDefault" } }, "SCMP_ACT_ERRNO"],
    [hosts, { seccomp: { type: "RuntimeDefault" }, ...admin }, "SCMP_ACT_ALLOW"],
    [hosts, { seccomp: { type: "Localhost", path: hosts } }, "SCMP_ACT_ALLOW"],
    ["/etc/own.json", { seccomp: { type: "RuntimeDefault" } }, "SCMP_ACT_ALLOW"],
  ] as const;
  for (const [path, security, action] of table) {
    const profile = {
      defaultAction: "SCMP_ACT_KILL",
      syscalls: [{ names: ["read", "unshare"], action: "SCMP_ACT_ALLOW" }],
    };
    const spec = await writtenBy((files) => {
      const readFile = () => Promise.resolve(new TextEncoder().encode(JSON.stringify(profile)));
      return writeSpecOf(
        { security: { ...SECURITY, ...security } },
        { ...files, readFile },
        {},
        path,
      );
    });
    const rule = spec.linux.seccomp?.syscalls.find((it) => it.names.includes("unshare"));
    assertEquals(rule?.action, action, JSON.stringify(security));
  }
});

function withSeccomp(seccomp: ContainerConfig["security"]["seccomp"]): Partial<ContainerConfig> {
  const { security } = containerConfigWith({});
  return { security: { ...security, seccomp } };
}
