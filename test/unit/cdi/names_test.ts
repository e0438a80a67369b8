import { assertEquals } from "@std/assert";

import { isKind, isName, isQualifiedName } from "../../../src/cdi/names.ts";

Deno.test("isKind() takes a vendor and a class", () => {
  for (const kind of ["vendor.com/gpu", "v/c", "foo.bar.baz/foo-bar123.B_az", "my_vendor.com/a"]) {
    assertEquals(isKind(kind), true, kind);
  }
  const none = ["", "foo", "/gpu", "vendor.com/", "vendor.com/a/", "vendor.com/a/b", "1.com/gpu"];
  for (const kind of [...none, "vendor./gpu", "vendor.com/-gpu", "vendor.com/gpu-", "ä.com/gpu"]) {
    assertEquals(isKind(kind), false, kind);
  }
});

Deno.test("isKind() knows how long the two parts may be", () => {
  assertEquals(isKind(`${"v".repeat(253)}/${"c".repeat(63)}`), true);
  assertEquals(isKind(`${"v".repeat(254)}/c`), false);
  assertEquals(isKind(`v/${"c".repeat(64)}`), false);
});

Deno.test("isName() takes what parts of a GPU are called", () => {
  for (const name of ["0", "all", "0:1", "gpu-0.a_b", "A"]) assertEquals(isName(name), true, name);
  for (const name of ["", "-a", "a-", ":", "a b", "a\n", "a=b"]) {
    assertEquals(isName(name), false, name);
  }
});

Deno.test("isQualifiedName() wants a kind and a name", () => {
  assertEquals(isQualifiedName("vendor.com/gpu=0"), true);
  for (const name of ["vendor.com/gpu", "vendor.com/gpu=", "=0", "gpu=0", "/dev/null", "a/b=c=d"]) {
    assertEquals(isQualifiedName(name), false, name);
  }
});
