import { assertEquals } from "@std/assert";

import type { OciSeccomp, OciSyscallRule } from "../../../src/oci/runtime_spec.ts";
import { withoutNamespaces } from "../../../src/oci/seccomp_namespaces.ts";

const ALLOW = "SCMP_ACT_ALLOW";
const NEWUSER = 0x1000_0000;

function filter(...syscalls: readonly OciSyscallRule[]): OciSeccomp {
  return { defaultAction: "SCMP_ACT_ERRNO", architectures: [], syscalls };
}

/** What a filter answers to a clone with these flags; libseccomp takes a rule whose arguments all match. */
function answerToClone(syscalls: readonly OciSyscallRule[], flags: number): string | undefined {
  return syscalls.find((rule) =>
    rule.names.includes("clone") &&
    (rule.args ?? []).every((it) => (flags & it.value) === it.valueTwo)
  )?.action;
}

Deno.test("withoutNamespaces() refuses every way to a namespace that was open to everybody", () => {
  const { syscalls } = withoutNamespaces(
    filter({ names: ["read", "clone", "clone3"], action: ALLOW }, {
      names: ["unshare"],
      action: ALLOW,
    }),
  );
  const answers = (name: string) =>
    syscalls.filter((it) => it.names.includes(name)).map((it) => [it.action, it.errnoRet]);
  assertEquals(answers("read"), [[ALLOW, undefined]]);
  assertEquals(answers("unshare"), [["SCMP_ACT_ERRNO", 1]]);
  assertEquals(answers("clone3"), [["SCMP_ACT_ERRNO", 38]]);
  const SIGCHLD = 17;
  assertEquals(answerToClone(syscalls, SIGCHLD), ALLOW);
  for (const bit of [17, 25, 26, 27, 28, 29, 30]) {
    assertEquals(answerToClone(syscalls, SIGCHLD | (2 ** bit)), "SCMP_ACT_ERRNO", `bit ${bit}`);
  }
});

Deno.test("withoutNamespaces() opens nothing, and leaves rules that look at arguments", () => {
  const args = [{ index: 0, value: NEWUSER, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }];
  const careful = filter(
    { names: ["read"], action: ALLOW },
    { names: ["clone"], action: ALLOW, args },
    { names: ["unshare"], action: "SCMP_ACT_LOG" },
  );
  assertEquals(withoutNamespaces(careful), careful);
});
