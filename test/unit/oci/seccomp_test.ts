import { assert, assertEquals, assertThrows } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { seccompFilter, type SeccompTarget } from "../../../src/oci/seccomp.ts";

const TARGET: SeccompTarget = {
  architecture: "x86_64",
  capabilities: ["CAP_CHOWN"],
  kernelRelease: "6.1.0-18-amd64",
  withSubArchitectures: true,
};

const ALLOW = { action: "SCMP_ACT_ALLOW", args: [] };

/** A profile in the format of containers/common with these rules. */
function profile(syscalls: readonly unknown[]): string {
  return JSON.stringify({
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: 38,
    archMap: [
      { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86"] },
      { architecture: "SCMP_ARCH_AARCH64", subArchitectures: ["SCMP_ARCH_ARM"] },
    ],
    syscalls,
  });
}

function allowed(rule: Readonly<Record<string, unknown>>, target = TARGET): boolean {
  return seccompFilter(profile([{ names: ["read"], ...ALLOW, ...rule }]), target)
    .syscalls.length === 1;
}

Deno.test("seccompFilter() takes the native architecture and, where asked, those below it", () => {
  assertEquals(seccompFilter(profile([]), TARGET), {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: 38,
    architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
    syscalls: [],
  });
  const arm = { ...TARGET, architecture: "aarch64", withSubArchitectures: false } as const;
  assertEquals(seccompFilter(profile([]), arm).architectures, ["SCMP_ARCH_AARCH64"]);
});

Deno.test("seccompFilter() keeps the rules whose conditions hold", () => {
  assert(allowed({ includes: {}, excludes: null }));
  assert(allowed({ includes: { caps: ["CAP_CHOWN"] } }));
  assert(!allowed({ includes: { caps: ["CAP_CHOWN", "CAP_SYS_ADMIN"] } }));
  assert(!allowed({ excludes: { caps: ["CAP_CHOWN"] } }));
  assert(allowed({ excludes: { caps: ["CAP_SYS_ADMIN"] } }));
  assert(allowed({ includes: { arches: ["amd64", "x32"] } }));
  assert(!allowed({ includes: { arches: ["arm64"] } }));
  assert(!allowed({ excludes: { arches: ["amd64"] } }));
  assert(allowed({ includes: { minKernel: "5.19" } }));
  assert(!allowed({ includes: { minKernel: "6.2" } }));
  assert(!allowed({ excludes: { minKernel: "4.8" } }));
});

Deno.test("seccompFilter() copies names, arguments and error numbers", () => {
  const args = [{ index: 0, value: 4_294_967_295, valueTwo: 0, op: "SCMP_CMP_EQ" }];
  const rule = { names: ["personality"], action: "SCMP_ACT_ERRNO", args, errno: "EINVAL" };
  assertEquals(seccompFilter(profile([rule]), TARGET).syscalls, [
    { names: ["personality"], action: "SCMP_ACT_ERRNO", errnoRet: 22, args },
  ]);
});

Deno.test("seccompFilter() reads a profile in the format of the OCI", () => {
  const text = JSON.stringify({
    defaultAction: "SCMP_ACT_LOG",
    architectures: ["SCMP_ARCH_X86_64"],
    flags: ["SECCOMP_FILTER_FLAG_LOG"],
    syscalls: [{ names: ["chmod"], action: "SCMP_ACT_ERRNO", errnoRet: 1 }],
  });
  assertEquals(seccompFilter(text, TARGET), JSON.parse(text));
});

const malformed: Readonly<Record<string, string>> = {
  "no JSON": "{",
  "a list": "[]",
  "no default action": "{}",
  "an unknown action": profile([{ names: ["read"], action: "SCMP_ACT_MAYBE" }]),
  "a listener": profile([{ names: ["read"], action: "SCMP_ACT_NOTIFY" }]),
  "an odd name": profile([{ names: ["read\n"], action: "SCMP_ACT_ALLOW" }]),
  "no names": profile([{ names: [], action: "SCMP_ACT_ALLOW" }]),
  "names that are no list": profile([{ names: "read", action: "SCMP_ACT_ALLOW" }]),
  "an argument that is none": profile([{
    names: ["read"],
    action: "SCMP_ACT_ALLOW",
    args: [{ index: 6, op: "SCMP_CMP_EQ" }],
  }]),
  "an operator that is none": profile([{
    names: ["read"],
    action: "SCMP_ACT_ALLOW",
    args: [{ index: 0, value: 1, op: "==" }],
  }]),
  "a value that is not exact": profile([{
    names: ["read"],
    action: "SCMP_ACT_ALLOW",
    args: [{ index: 0, value: 2 ** 60, op: "SCMP_CMP_EQ" }],
  }]),
  "too many rules": profile(Array.from({ length: 5_000 }, () => ({ names: ["a"], ...ALLOW }))),
};

for (const [what, text] of Object.entries(malformed)) {
  Deno.test(`seccompFilter() refuses ${what}`, () => {
    const error = assertThrows(() => seccompFilter(text, TARGET), RuntimeError);
    assertEquals(error.code, "INVALID_ARGUMENT");
  });
}
