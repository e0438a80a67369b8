import { assertEquals, assertRejects, assertThrows } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { ExitError } from "../../../src/program/exit_codes.ts";
import { checkSource, parseImport } from "../../../src/program/import.ts";
import { configFrom } from "../../../src/program/settings.ts";

async function withFile(content: string): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, content);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

Deno.test("configFrom() is the default when nothing is said", async () => {
  assertEquals(await configFrom({}), DEFAULT_CONFIG);
});

Deno.test("configFrom() lays the file over the default, and the flags over both", async () => {
  const file = JSON.stringify({
    root: "/file",
    state: "/file",
    handlers: { crun: { program: "/usr/bin/crun" } },
    images: { defaultRegistry: "mirror.example" },
    streaming: { address: "::1" },
    cdi: { specDirectories: ["/file/cdi"] },
    bounds: { killMs: 5 },
  });
  await using it = await withFile(file);
  const config = await configFrom({
    config: it.path,
    state: "/flag",
    runtime: ["kata=/opt/kata"],
    defaultRuntime: "kata",
    insecureRegistry: ["127.0.0.1:5000"],
  });
  assertEquals([config.root, config.state], ["/file", "/flag"]);
  assertEquals(config.handlers, {
    crun: { program: "/usr/bin/crun" },
    kata: { program: "/opt/kata" },
  });
  assertEquals(config.images, {
    ...DEFAULT_CONFIG.images,
    defaultRegistry: "mirror.example",
    insecureRegistries: ["127.0.0.1:5000"],
  });
  assertEquals(config.streaming, { address: "::1", port: 0 });
  assertEquals(config.cdi, { specDirectories: ["/file/cdi"] });
  const { cdi } = await configFrom({ cdiSpecDir: ["/a", "/b"] });
  assertEquals(cdi, { specDirectories: ["/a", "/b"] });
  assertEquals(config.bounds, { ...DEFAULT_CONFIG.bounds, killMs: 5 });
});

Deno.test("configFrom() passes on what the environment says of proxies and certificates", async () => {
  const passedOn = {
    HTTP_PROXY: "http://user:secret@proxy:3128",
    HTTPS_PROXY: "http://proxy:3128",
    NO_PROXY: "10.0.0.0/8",
    ALL_PROXY: "socks5://proxy",
    http_proxy: "http://other",
    https_proxy: "http://other",
    no_proxy: ".local",
    all_proxy: "socks5://other",
    SSL_CERT_FILE: "/ca.pem",
    SSL_CERT_DIR: "/ca",
  };
  const config = await configFrom({}, { ...passedOn, HOME: "/root", AWS_SECRET_ACCESS_KEY: "key" });
  assertEquals(config.images, { ...DEFAULT_CONFIG.images, environment: passedOn });
});

Deno.test("configFrom() refuses what makes no sense, and says where", async () => {
  const files: [content: string, words: string][] = [
    ["{", "Cannot read"],
    ["[]", "must be an object"],
    ['{"rooot": "/a"}', "rooot is not known"],
    ['{"root": 7}', "root must be a string"],
    ['{"bounds": {"killMs": "5"}}', "bounds: killMs must be a number"],
    ['{"cni": {"binaryDirectories": [1]}}', "array of strings"],
    ['{"handlers": {"runc": "runc"}}', "handlers.runc must be an object"],
    ['{"root": "a"}', "absolute"],
    ['{"cdi": {"specDirectories": ["/a", "b"]}}', '"b" must be an absolute path'],
    ['{"streaming": {"address": "localhost"}}', "must be an IP address"],
    ['{"streaming": {"port": 65536}}', "from 0 to 65535"],
    ['{"streaming": {"port": 0.5}}', "from 0 to 65535"],
    ['{"defaultHandler": "none"}', 'no runtime is called "none"'],
  ];
  for (const [content, words] of files) {
    await using it = await withFile(content);
    await assertRejects(() => configFrom({ config: it.path }), ExitError, words);
  }
  await assertRejects(() => configFrom({ runtime: ["crun"] }), ExitError, "NAME=PROGRAM");
  await assertRejects(() => configFrom({ config: "/no/such" }), ExitError, "Cannot read");
});

Deno.test("parseImport() takes a name and where the image is", () => {
  assertEquals(parseImport("a/b:1=docker-archive:/x.tar"), {
    name: "a/b:1",
    source: "docker-archive:/x.tar",
  });
  for (const text of ["a", "=oci:/x", "a=", "a=docker://b", "a=oci:"]) {
    assertThrows(() => parseImport(text), ExitError);
  }
});

Deno.test("checkSource() takes a path from the working directory", () => {
  assertEquals(checkSource("oci:layout"), `oci:${Deno.cwd()}/layout`);
});
