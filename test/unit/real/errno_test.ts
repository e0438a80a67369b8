import { assertEquals, assertStrictEquals } from "@std/assert";
import { asKernelError, errnoName } from "../../../real/errno.ts";
import { KernelError } from "../../../src/kernel/errno.ts";

Deno.test("errnoName() names numbers as the manual does", () => {
  assertEquals([2, 11, 16, 40, 95].map(errnoName), [
    "ENOENT",
    "EAGAIN",
    "EBUSY",
    "ELOOP",
    "EOPNOTSUPP",
  ]);
  assertEquals(errnoName(4_000), "E4000");
});

Deno.test("asKernelError() takes the errno from a code or from the text", () => {
  const coded = Object.assign(new Error("no"), { code: "ENOSPC" });
  assertEquals(asKernelError("verb", "subject", coded).errno, "ENOSPC");
  const told = new Error("Failed to spawn: Argument list too long (os error 7)");
  assertEquals(asKernelError("verb", "subject", told).errno, "E2BIG");
});

Deno.test("asKernelError() keeps what it cannot name as the reason", () => {
  const error = asKernelError(
    "verb",
    "subject",
    Object.assign(new Error("odd"), { code: "ERR_ODD" }),
  );
  assertEquals(error.message, 'verb "subject": EIO: odd');
});

Deno.test("asKernelError() leaves a KernelError as it is", () => {
  const error = new KernelError("open", "ESRCH", "pid 1");
  assertStrictEquals(asKernelError("verb", "subject", error), error);
});
