import { assertEquals, assertThrows } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { authFileContent, type RegistryAuth } from "../../../src/image/transport.ts";

const NONE: RegistryAuth = {
  username: "",
  password: "",
  auth: "",
  serverAddress: "",
  identityToken: "",
  registryToken: "",
};

function auths(auth: Partial<RegistryAuth> | undefined, registry = "r.example"): unknown {
  const given = auth === undefined ? undefined : { ...NONE, ...auth };
  return JSON.parse(authFileContent(registry, given)).auths;
}

Deno.test("authFileContent() says so when there are no credentials", () => {
  assertEquals(auths(undefined), {});
  assertEquals(auths({}), {});
});

Deno.test("authFileContent() takes each kind of credentials", () => {
  assertEquals(auths({ username: "u", password: "pä:ss" }), {
    "r.example": { auth: btoa("u:p\xc3\xa4:ss") },
  });
  assertEquals(auths({ auth: btoa("u:p") }), { "r.example": { auth: btoa("u:p") } });
  const token = auths({ identityToken: "t" }) as Record<string, { identitytoken: string }>;
  assertEquals(token["r.example"]?.identitytoken, "t");
});

Deno.test("authFileContent() shows credentials to no other registry", () => {
  const credentials = { username: "u", password: "p" };
  assertEquals(auths({ ...credentials, serverAddress: "https://other.example/v2/" }), {});
  const own = auths({ ...credentials, serverAddress: "https://r.example/v2/" });
  assertEquals(Object.keys(own as object), ["r.example"]);
  const hub = auths({ ...credentials, serverAddress: "https://index.docker.io/v1/" }, "docker.io");
  assertEquals(Object.keys(hub as object), ["docker.io"]);
});

Deno.test("authFileContent() refuses what skopeo cannot use", () => {
  for (const auth of [{ auth: "not base64!" }, { registryToken: "t" }]) {
    const error = assertThrows(() => auths(auth), RuntimeError);
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});
