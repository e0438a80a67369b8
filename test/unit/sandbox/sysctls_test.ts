import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { RuntimeError } from "../../../src/errors.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import { sysctlRefusal, sysctlsFor, validateSysctls } from "../../../src/sandbox/sysctls.ts";

const SYSCTLS = {
  "net.ipv4.ip_forward": "1",
  "net/ipv4/conf/eth0.1/forwarding": "1",
  "net.ipv4.conf.eth0/2.forwarding": "1",
  "kernel.shmmax": "2",
  "fs.mqueue.msg_max": "3",
  "kernel.domainname": "4",
};

Deno.test("sysctlsFor() has those of namespaces that are the pod's own, by their files", () => {
  validateSysctls(SYSCTLS);
  assertEquals(sysctlsFor(SYSCTLS, { net: "/net", ipc: "/ipc", uts: "/uts" }), {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/eth0.1/forwarding": "1",
    "net/ipv4/conf/eth0.2/forwarding": "1",
    "kernel/shmmax": "2",
    "fs/mqueue/msg_max": "3",
    "kernel/domainname": "4",
  });
  assertEquals(sysctlsFor(SYSCTLS, { ipc: "/ipc" }), {
    "kernel/shmmax": "2",
    "fs/mqueue/msg_max": "3",
  });
});

Deno.test("validateSysctls() refuses what is the whole machine's, or leads elsewhere", () => {
  for (
    const name of [
      "vm.swappiness",
      "kernel.core_pattern",
      "net",
      "net/../kernel",
      "kernel.hostname",
    ]
  ) {
    const error = assertThrows(() => validateSysctls({ [name]: "1" }), RuntimeError, name);
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
  assertThrows(() => validateSysctls({ "kernel.shmmax": "1\0" }), RuntimeError);
});

Deno.test("sysctlRefusal() names the parameter that Linux refuses as the client has written it", () => {
  const path = "/proc/sys/net/ipv4/conf/eth0.1/forwarding";
  const cause = new KernelError("pin", "EINVAL", path);
  const error = sysctlRefusal(cause, SYSCTLS);
  assert(error instanceof RuntimeError);
  assertEquals(
    [error.code, error.message, error.cause],
    [
      "INVALID_ARGUMENT",
      'Cannot set sysctl "net/ipv4/conf/eth0.1/forwarding" to "1": this kernel refuses it',
      cause,
    ],
  );
});

Deno.test("sysctlRefusal() leaves any other error as it is", () => {
  for (const error of [new KernelError("pin", "ENOSPC", "/run/net"), new TypeError("a bug")]) {
    assertStrictEquals(sysctlRefusal(error, SYSCTLS), error);
  }
});
