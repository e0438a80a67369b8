import { status } from "@grpc/grpc-js";
import { assert, assertEquals } from "@std/assert";

import { isUnexpected, statusOf } from "../../../src/cri/status_codes.ts";
import { type ErrorCode, RuntimeError } from "../../../src/errors.ts";
import { KernelError } from "../../../src/kernel/errno.ts";

Deno.test("statusOf() gives each code of a RuntimeError gRPC's number of that name", () => {
  const codes: ErrorCode[] = ["NOT_FOUND", "INVALID_ARGUMENT", "UNAVAILABLE", "CANCELLED"];
  for (const code of codes) {
    assertEquals(statusOf(new RuntimeError(code, "text")), { code: status[code], details: "text" });
  }
});

Deno.test("statusOf() tells a full disk from other refusals of Linux", () => {
  assertEquals(statusOf(new KernelError("write", "ENOSPC", "/x")).code, status.RESOURCE_EXHAUSTED);
  assertEquals(statusOf(new KernelError("mount", "EPERM", "/x")), {
    code: status.UNKNOWN,
    details: 'mount "/x": EPERM',
  });
});

Deno.test("statusOf() answers INTERNAL to what is no error of ours", () => {
  assertEquals(statusOf(new TypeError("oops")), { code: status.INTERNAL, details: "oops" });
  assertEquals(statusOf("oops"), { code: status.INTERNAL, details: "oops" });
});

Deno.test("statusOf() reports the original where its undo failed too", () => {
  const original = new RuntimeError("NOT_FOUND", "no image");
  const twice = new SuppressedError(
    new Error("second undo"),
    new SuppressedError(new Error("first undo"), original),
  );
  assertEquals(statusOf(twice), { code: status.NOT_FOUND, details: "no image" });
  assert(isUnexpected(twice));
  assert(!isUnexpected(original));
});

Deno.test("statusOf() cuts details between two characters", () => {
  const { details } = statusOf(new RuntimeError("UNKNOWN", "x" + "😀".repeat(5000)));
  assertEquals(details.length, 4096);
  assert(details.isWellFormed());
});
