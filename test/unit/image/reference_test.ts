import { assert, assertEquals, assertThrows } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { isInsecure, parseReference } from "../../../src/image/reference.ts";

const DIGEST = `sha256:${"ab".repeat(32)}`;

const names: Readonly<Record<string, string>> = {
  "busybox": "docker.io/library/busybox:latest",
  "busybox:1.36": "docker.io/library/busybox:1.36",
  "team/app": "docker.io/team/app:latest",
  "docker.io/busybox": "docker.io/library/busybox:latest",
  "index.docker.io/team/app:1": "docker.io/team/app:1",
  "localhost/app": "localhost/app:latest",
  "localhost:5000/a/b/c:v1": "localhost:5000/a/b/c:v1",
  "127.0.0.1:5000/app": "127.0.0.1:5000/app:latest",
  "[::1]:5000/app": "[::1]:5000/app:latest",
  "ghcr.io/a-b/c__d.e": "ghcr.io/a-b/c__d.e:latest",
  [`busybox@${DIGEST}`]: `docker.io/library/busybox@${DIGEST}`,
  [`ghcr.io/a/b:1@${DIGEST}`]: `ghcr.io/a/b@${DIGEST}`,
};

for (const [text, name] of Object.entries(names)) {
  Deno.test(`parseReference() completes ${text}`, () => {
    assertEquals(parseReference(text, "docker.io/library").name, name);
  });
}

const malformed = [
  "",
  ":tag",
  "Busybox",
  "a//b",
  "a/",
  "/a",
  "-a",
  "a:",
  "a:b:c",
  "a b",
  "a@sha256:12",
  `a@${DIGEST.toUpperCase()}`,
  `a:${"t".repeat(129)}`,
  "ab".repeat(32),
  "a".repeat(300),
  "docker://busybox",
  "../etc",
  "a.example/",
  "bad_host.example/a",
  "a\n",
  "--help",
];

for (const text of malformed) {
  Deno.test(`parseReference() refuses ${JSON.stringify(text).slice(0, 60)}`, () => {
    const error = assertThrows(() => parseReference(text, "docker.io/library"), RuntimeError);
    assertEquals(error.code, "INVALID_ARGUMENT");
  });
}

Deno.test("parseReference() puts short names below the configured registry", () => {
  assertEquals(
    parseReference("app", "r.example:5000/base/os").name,
    "r.example:5000/base/os/app:latest",
  );
  assertEquals(parseReference("a/b", "r.example:5000/base/os").name, "r.example:5000/a/b:latest");
});

Deno.test("isInsecure() is true for this host and for configured registries alone", () => {
  for (const it of ["localhost", "localhost:5000", "127.0.0.1", "127.9.9.9:1", "[::1]:5000"]) {
    assert(isInsecure(it, []), it);
  }
  for (const it of ["docker.io", "128.0.0.1", "localhost.example", "127.0.0.1.example"]) {
    assert(!isInsecure(it, []), it);
  }
  assert(isInsecure("r.example:5000", ["r.example:5000"]));
  assert(!isInsecure("r.example", ["r.example:5000"]));
});
