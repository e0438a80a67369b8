import { assertEquals, assertRejects, assertThrows } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { authFileContent, type RegistryAuth, Transport } from "../../../src/image/transport.ts";
import { Context } from "../../../src/kernel/context.ts";
import type { Command } from "../../../src/kernel/processes.ts";
import { endedChild, FakeClock, fakeKernel } from "../fakes.ts";

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

Deno.test("inspect() gives skopeo the proxies of the configuration, and a home of its own", async () => {
  const spawned: Command[] = [];
  const kernel = fakeKernel({
    clock: new FakeClock(),
    processes: {
      spawn: (command) => {
        spawned.push(command);
        return Promise.resolve(endedChild({ kind: "exited", code: 0 }, "{}"));
      },
    },
  });
  const environment = { HTTPS_PROXY: "http://proxy:3128", HOME: "/root" };
  const images = { ...DEFAULT_CONFIG.images, environment };
  const transport = new Transport(kernel, { ...DEFAULT_CONFIG, images });
  const workspace = { directory: "/ingest/1", authFile: "/auth" };
  await transport.inspect("docker://r.example/a:1", "r.example", workspace, new Context());
  assertEquals(spawned.map((it) => it.env), [
    { HTTPS_PROXY: "http://proxy:3128", HOME: "/ingest/1", LC_ALL: "C" },
  ]);
});

Deno.test("inspect() says what is wrong with an image, and not with its name", async () => {
  const manifest = "reading manifest 1 in r.example/a: manifest unknown";
  const reference = "invalid reference format: repository name must be lowercase";
  const table = [
    [`Error parsing image name \\"docker://r.example/a:1\\": ${manifest}`, "NOT_FOUND", manifest],
    [`Error parsing image name \\"docker://R/a:1\\": ${reference}`, "INVALID_ARGUMENT", reference],
    [manifest, "NOT_FOUND", manifest],
  ] as const;
  for (const [printed, code, why] of table) {
    const line = `time="2026-11-30T13:44:38Z" level=fatal msg="${printed}"\n`;
    const kernel = fakeKernel({
      clock: new FakeClock(),
      processes: {
        spawn: () => Promise.resolve(endedChild({ kind: "exited", code: 1 }, "", line)),
      },
    });
    const transport = new Transport(kernel, DEFAULT_CONFIG);
    const workspace = { directory: "/ingest/1", authFile: "/auth" };
    const error = await assertRejects(
      () => transport.inspect("docker://r.example/a:1", "r.example", workspace, new Context()),
      RuntimeError,
    );
    assertEquals([error.code, error.message], [code, `Cannot pull image "r.example/a:1": ${why}`]);
  }
});
