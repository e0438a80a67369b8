import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";

import { hasErrno, KernelError, tolerate } from "../../../src/kernel/errno.ts";

Deno.test("KernelError names verb, subject and errno, then what a program printed", () => {
  const cause = new Error("below");
  const bare = new KernelError("mount", "EBUSY", '/a "b"', { cause });
  assertEquals(bare.message, 'mount "/a \\"b\\"": EBUSY');
  assertStrictEquals(bare.cause, cause);
  assertEquals(bare.name, "KernelError");
  const detailed = new KernelError("run", "EIO", "runc", { detail: "exit code 1" });
  assertEquals(detailed.message, 'run "runc": EIO: exit code 1');
});

Deno.test("hasErrno() is true for one of the errnos, and for no other error", () => {
  const error = new KernelError("open", "ENOENT", "/x");
  assert(hasErrno(error, "ENOENT"));
  assert(hasErrno(error, "ESRCH", "ENOENT"));
  assertFalse(hasErrno(error, "ESRCH"));
  assertFalse(hasErrno(error));
  assertFalse(hasErrno(Object.assign(new Error("ENOENT"), { errno: "ENOENT" }), "ENOENT"));
  assertFalse(hasErrno(undefined, "ENOENT"));
});

Deno.test("tolerate() takes the named errnos for done", async () => {
  await tolerate(Promise.resolve(1));
  await tolerate(Promise.reject(new KernelError("signal", "ESRCH", "pid 1")), "EPERM", "ESRCH");
});

Deno.test("tolerate() passes on every other error as it is", async () => {
  const refused = new KernelError("signal", "EPERM", "pid 1");
  const strange = new TypeError("ESRCH");
  for (const error of [refused, strange]) {
    assertStrictEquals(
      await assertRejects(() => tolerate(Promise.reject(error), "ESRCH")),
      error,
    );
  }
});
