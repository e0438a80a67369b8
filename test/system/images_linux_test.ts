import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { execa } from "execa";

import { linuxKernel } from "../../real/kernel.ts";
import { type Config, DEFAULT_CONFIG } from "../../src/config.ts";
import { type ErrorCode, RuntimeError } from "../../src/errors.ts";
import { Images } from "../../src/image/images.ts";
import { IMAGE_TABLE } from "../../src/image/record.ts";
import { prepareRootfs } from "../../src/image/rootfs.ts";
import { whiteoutArchive } from "../../src/image/whiteouts.ts";
import { Context } from "../../src/kernel/context.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { SILENT } from "../../src/telemetry.ts";
import { linuxTest } from "../conformance/linux_fixture.ts";
import { atMost } from "./daemon.ts";
import { type Entry, imageOf, serveRegistry, tarOf, writeLayout } from "./image_fixture.ts";

const background = Context.background();

const CAPABILITY = "\x01\0\0\x02\0\x04\0\0" + "\0".repeat(12);

const BASE: readonly Entry[] = [
  { name: "./", type: "directory", mode: 0o755 },
  { name: "etc/", type: "directory", mode: 0o2750, uid: 7, gid: 8 },
  { name: "etc/passwd", content: "root:x:0:0::/root:/bin/sh\n" },
  { name: "bin/", type: "directory", mode: 0o755 },
  {
    name: "bin/ping",
    content: "ping",
    mode: 0o4755,
    uid: 1,
    xattrs: {
      "security.capability": CAPABILITY,
      "user.note": "kept",
      "trusted.overlay.redirect": "/etc",
    },
  },
  { name: "bin/p", type: "hardlink", target: "bin/ping" },
  { name: "dev/null", type: "character", device: [1, 3], mode: 0o666 },
  { name: "out", type: "symlink", target: "/etc" },
  { name: "old/", type: "directory", mode: 0o755 },
  { name: "old/below", content: "1" },
  { name: "gone", content: "1" },
  { name: "swapped/", type: "directory", mode: 0o755 },
  { name: "swapped/below", content: "1" },
  { name: "not.wh.one", content: "1" },
];

const TOP: readonly Entry[] = [
  { name: "old/", type: "directory", mode: 0o711, uid: 9 },
  { name: "old/.wh..wh..opq" },
  { name: "old/above", content: "2" },
  { name: ".wh.gone" },
  { name: ".wh.swapped" },
  { name: "swapped/", type: "directory", mode: 0o700 },
  { name: "swapped/above", content: "2" },
  { name: `.wh.${"é".normalize("NFC")}` },
];

interface Host extends AsyncDisposable {
  readonly kernel: Kernel;
  readonly config: Config;
  readonly images: Images;
  readonly place: string;
  /** What a daemon that starts now finds. */
  restarted(): Promise<Images>;
  /** Relative paths of all that is below root, state's credentials and the store. */
  left(): Promise<readonly string[]>;
}

async function host(overrides: Partial<Config["images"]> = {}): Promise<Host> {
  const place = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "slipway-images-" }));
  const kernel = linuxKernel({ stateFile: `${place}/state.sqlite` });
  const config: Config = {
    ...DEFAULT_CONFIG,
    root: `${place}/root`,
    state: `${place}/state`,
    images: { ...DEFAULT_CONFIG.images, ...overrides },
  };
  const start = async () => {
    const images = new Images(kernel, config, SILENT);
    const records = (await kernel.store.load()).filter((it) => it.table === IMAGE_TABLE);
    await images.recover(records);
    return images;
  };
  const images = await start();
  return {
    kernel,
    config,
    images,
    place,
    restarted: start,
    async left() {
      const { stdout } = await execa("find", [config.root, config.state, "-mindepth", "2"], {
        reject: false,
      });
      const records = (await kernel.store.load()).map((it) => it.id);
      return [...stdout.split("\n").filter(Boolean), ...records];
    },
    [Symbol.asyncDispose]() {
      kernel[Symbol.dispose]();
      Deno.removeSync(place, { recursive: true });
      return Promise.resolve();
    },
  };
}

async function refusal(promise: Promise<unknown>): Promise<[ErrorCode, string]> {
  const error = await assertRejects(() => promise);
  assert(error instanceof RuntimeError, String(error));
  return [error.code, error.message];
}

async function stat(path: string, format: string): Promise<string> {
  return (await execa("stat", ["--format", format, path])).stdout;
}

linuxTest(
  "import() unpacks layers with owners, modes, devices, attributes and whiteouts",
  async () => {
    await using it = await host();
    writeLayout(`${it.place}/layout`, await imageOf([BASE, TOP], { config: { Cmd: ["sh"] } }));
    const image = await it.images.import(`oci:${it.place}/layout`, background, { name: "test" });
    assertEquals(image.tags, ["docker.io/library/test:latest"]);
    assertEquals(image.config.cmd, ["sh"]);
    const [top, base] = it.images.layerPaths(image.layers);
    assert(top !== undefined && base !== undefined);
    assertEquals(await stat(`${base}/etc`, "%a %u:%g"), "2750 7:8");
    assertEquals(await stat(`${base}/bin/ping`, "%a %u:%g %h"), "4755 1:0 2");
    assertEquals(await stat(`${base}/dev/null`, "%F %t:%T"), "character special file 1:3");
    assertEquals(Deno.readLinkSync(`${base}/out`), "/etc");
    assertEquals(Deno.readTextFileSync(`${base}/not.wh.one`), "1");
    assertEquals(await attributesOf(`${base}/bin/ping`), ["security.capability", "user.note"]);
    assertEquals(await stat(`${top}/old`, "%a %u"), "711 9");

    const rootfs = {
      lowerPaths: it.images.layerPaths(image.layers),
      writableDirectory: `${it.place}/writable`,
      mountPoint: `${it.place}/rootfs`,
    };
    await prepareRootfs(it.kernel, rootfs, background);
    try {
      const names = [...Deno.readDirSync(rootfs.mountPoint)].map((entry) => entry.name).sort();
      assertEquals(names, ["bin", "dev", "etc", "not.wh.one", "old", "out", "swapped"]);
      const inside = (path: string) =>
        [...Deno.readDirSync(`${rootfs.mountPoint}/${path}`)].map((entry) => entry.name);
      assertEquals(inside("old"), ["above"]);
      assertEquals(inside("swapped"), ["above"]);
      Deno.writeTextFileSync(`${rootfs.mountPoint}/new`, "");
    } finally {
      await it.kernel.mounts.unmount(rootfs.mountPoint);
    }
    assertEquals(await it.kernel.mounts.list(it.place), []);
    await it.images.remove("test");
    assertEquals(await it.left(), []);
  },
);

linuxTest("whiteoutArchive() is what tar reads, whatever the names", async () => {
  const long = `${"d".repeat(120)}/${"f".repeat(120)}`;
  const odd = "caf\xc3\xa9 a\nb";
  const input = whiteoutArchive({ opaque: [`${long}-o`, "o"], removed: [long, odd] });
  const { stdout } = await execa("tar", ["--list", "--verbose", "--quoting-style=escape"], {
    input,
    env: { LC_ALL: "C" },
  });
  const members = stdout.split("\n").map((line) => line.replace(/ +/g, " ").split(" "));
  assertEquals(
    members.map(([mode, , device, , , ...name]) => [mode, device, name.join(" ")]),
    [
      ["drwxr-xr-x", "0", `${long}-o/`],
      ["drwxr-xr-x", "0", "o/"],
      ["c---------", "0,0", long],
      ["c---------", "0,0", "caf\\303\\251 a\\nb"],
    ],
  );
});

const HOSTILE: Readonly<Record<string, readonly Entry[]>> = {
  "a name with ..": [{ name: "../evil", content: "x" }],
  "a name with .. inside": [{ name: "a/../../evil", content: "x" }],
  "a symlink to climb through": [
    { name: "s", type: "symlink", target: "VICTIM" },
    { name: "s/evil", content: "x" },
  ],
  "a relative symlink to climb through": [
    { name: "d/", type: "directory", mode: 0o755 },
    { name: "d/s", type: "symlink", target: "../../../.." },
    { name: "d/s/evil", content: "x" },
  ],
  "a chain of symlinks to climb through": [
    { name: "d/", type: "directory", mode: 0o755 },
    { name: "d/s", type: "symlink", target: "x" },
    { name: "d/x", type: "symlink", target: "../.." },
    { name: "d/s/evil", content: "x" },
  ],
  "a hard link to the host": [{ name: "h", type: "hardlink", target: "/etc/hostname" }],
  "a hard link upwards": [{ name: "h", type: "hardlink", target: "../../../../etc/hostname" }],
  "a whiteout of .": [{ name: ".wh.." }],
  "a whiteout of ..": [{ name: "a/.wh..." }],
  "a whiteout of nothing": [{ name: "a/.wh." }],
  "a whiteout with content": [{ name: ".wh.a/b", content: "x" }],
  "a whiteout that is a directory": [{ name: ".wh.a/", type: "directory" }],
  "a whiteout through a symlink": [
    { name: "s", type: "symlink", target: "VICTIM" },
    { name: "s/.wh.victim" },
  ],
  "an opaque root": [{ name: ".wh..wh..opq" }],
};

for (const [what, entries] of Object.entries(HOSTILE)) {
  linuxTest(`import() refuses a layer with ${what} and leaves nothing`, async () => {
    await using it = await host();
    const victim = `${it.place}/victim-folder`;
    Deno.mkdirSync(victim);
    Deno.writeTextFileSync(`${victim}/victim`, "unharmed");
    const aimed = entries.map((entry) =>
      entry.target === "VICTIM" ? { ...entry, target: victim } : entry
    );
    writeLayout(`${it.place}/layout`, await imageOf([BASE, aimed]));
    const before = await execa("find", [it.place, "-not", "-path", `${it.config.root}*`]);
    const [code] = await refusal(
      it.images.import(`oci:${it.place}/layout`, background, { name: "evil" }),
    );
    assertEquals(code, "INVALID_ARGUMENT");
    assertEquals(await it.left(), []);
    assertEquals(Deno.readTextFileSync(`${victim}/victim`), "unharmed");
    const after = await execa("find", [it.place, "-not", "-path", `${it.config.root}*`]);
    const files = (text: string) => text.split("\n").filter((name) => !name.includes("/state"));
    assertEquals(files(after.stdout), files(before.stdout));
  });
}

linuxTest("import() takes the root out of an absolute name", async () => {
  await using it = await host();
  writeLayout(`${it.place}/layout`, await imageOf([[{ name: "/slipway-absolute", content: "x" }]]));
  const image = await it.images.import(`oci:${it.place}/layout`, background, { name: "test" });
  const [layer] = it.images.layerPaths(image.layers);
  assertEquals(Deno.readTextFileSync(`${layer}/slipway-absolute`), "x");
});

linuxTest("import() refuses a layer that is not what the configuration says", async () => {
  await using it = await host();
  const other = await imageOf([TOP]);
  const diffIds = [`sha256:${"0".repeat(64)}`];
  writeLayout(`${it.place}/layout`, await imageOf([BASE], { diffIds }));
  const [code, message] = await refusal(
    it.images.import(`oci:${it.place}/layout`, background, { name: "evil" }),
  );
  assertEquals(code, "INVALID_ARGUMENT");
  assertStringIncludes(message, "as it says");
  assert(other.blobs.length > 0);
  assertEquals(await it.left(), []);
});

linuxTest("import() reads a docker-archive and the names in it", async () => {
  await using it = await host();
  const layer = tarOf([{ name: "hello", content: "world" }]);
  const config = JSON.stringify({
    os: "linux",
    config: { Entrypoint: ["/hello"], Env: ["A=b"] },
    rootfs: { type: "layers", diff_ids: [await hash(layer)] },
  });
  const manifest = [{ Config: "c.json", RepoTags: ["hello:1"], Layers: ["l/layer.tar"] }];
  const archive = tarOf([
    { name: "c.json", content: config },
    { name: "l/layer.tar", content: String.fromCharCode(...layer) },
    { name: "manifest.json", content: JSON.stringify(manifest) },
  ]);
  Deno.writeFileSync(`${it.place}/hello.tar`, archive);
  const source = `docker-archive:${it.place}/hello.tar`;
  const image = await it.images.import(source, background);
  assertEquals(image.tags, ["docker.io/library/hello:1"]);
  assertEquals(image.config.entrypoint, ["/hello"]);
  assertEquals(it.images.resolve("hello:1"), image);
  assertEquals(it.images.resolve(image.id), image);
  assertEquals(it.images.resolve(image.id.slice(7, 19)), image);
  assertEquals(it.images.list("hello"), []);
  assertEquals((await it.restarted()).resolve("hello:1"), image);
});

linuxTest("import() says what is missing", async () => {
  await using it = await host();
  const cases: readonly (readonly [string, ErrorCode])[] = [
    [`docker-archive:${it.place}/none.tar`, "NOT_FOUND"],
    [`oci:${it.place}/none`, "NOT_FOUND"],
    ["docker-archive:relative.tar", "INVALID_ARGUMENT"],
    ["docker://busybox", "INVALID_ARGUMENT"],
    [`docker-archive:${it.place}/state.sqlite`, "INVALID_ARGUMENT"],
  ];
  for (const [source, code] of cases) {
    assertEquals((await refusal(it.images.import(source, background)))[0], code, source);
  }
  assertEquals(await it.left(), []);
});

linuxTest("pull() brings an image once and asks the registry again", async () => {
  await using it = await host();
  await using registry = serveRegistry();
  const built = await imageOf([BASE, TOP], { config: { User: "7" } });
  registry.images.set("team/app:1", built);
  const name = `${registry.host}/team/app:1`;
  const [image, same] = await Promise.all([
    it.images.pull(name, undefined, background),
    it.images.pull(name, undefined, background),
  ]);
  assert(image === same);
  const digest = built.manifest.descriptor.digest;
  assertEquals(image.digests, [`${registry.host}/team/app@${digest}`]);
  assertEquals(image.config.user, "7");
  const blobs = () => registry.requests.filter((request) => request.includes("/blobs/")).length;
  const before = blobs();
  assertEquals(before, 3);
  await it.images.pull(name, undefined, background);
  assertEquals(blobs(), before);
  const byDigest = await it.images.pull(`${name}@${digest}`, undefined, background);
  assertEquals(byDigest.id, image.id);
  assertEquals(it.images.resolve(`${registry.host}/team/app@${digest}`)?.id, image.id);
  const usage = await it.images.fsInfo();
  assert(usage.inodes > 10 && usage.bytes > 0);
});

linuxTest("pull() moves a tag, and an image without a name is gone", async () => {
  await using it = await host();
  await using registry = serveRegistry();
  const name = `${registry.host}/app`;
  registry.images.set("app:latest", await imageOf([BASE]));
  const first = await it.images.pull(name, undefined, background);
  registry.images.set("app:latest", await imageOf([BASE, TOP]));
  const second = await it.images.pull(name, undefined, background);
  assertEquals(it.images.resolve(name)?.id, second.id);
  assertEquals(it.images.resolve(first.id)?.tags, []);
  await it.images.remove(first.id);
  assertEquals(it.images.resolve(first.id), undefined);
  assert(it.images.layerPaths(second.layers).every((path) => Deno.statSync(path).isDirectory));
  await it.images.remove(name);
  await it.images.remove(name);
  assertEquals(await it.left(), []);
});

linuxTest("pull() says why it failed and leaves nothing", async () => {
  await using it = await host();
  await using registry = serveRegistry("user:secret");
  registry.images.set("app:1", await imageOf([BASE]));
  const auth = {
    username: "",
    password: "",
    auth: "",
    serverAddress: "",
    identityToken: "",
    registryToken: "",
  };
  const good = { ...auth, username: "user", password: "secret" };
  const name = `${registry.host}/app:1`;
  const cases: readonly (readonly [string, typeof auth | undefined, ErrorCode])[] = [
    [`${registry.host}/app:2`, good, "NOT_FOUND"],
    [name, undefined, "UNKNOWN"],
    [name, { ...good, password: "wrong" }, "UNKNOWN"],
    [name, { ...good, serverAddress: "https://elsewhere.example" }, "UNKNOWN"],
    ["127.0.0.1:1/app", undefined, "UNAVAILABLE"],
    ["nothing.invalid/app", undefined, "UNAVAILABLE"],
    ["Bad Name", undefined, "INVALID_ARGUMENT"],
  ];
  for (const [reference, given, code] of cases) {
    const [actual, message] = await refusal(it.images.pull(reference, given, background));
    assertEquals(actual, code, message);
  }
  assertEquals(await it.left(), []);
  const { id } = await it.images.pull(name, good, background);
  const encoded = { ...auth, auth: btoa("user:secret"), serverAddress: registry.host };
  assertEquals((await it.images.pull(name, encoded, background)).id, id);
  assertEquals([...Deno.readDirSync(`${it.config.state}/auth`)], []);
});

linuxTest("pull() that is cancelled leaves nothing", async () => {
  await using it = await host();
  await using registry = serveRegistry();
  registry.images.set("app:1", await imageOf([BASE, TOP]));
  const asked = Promise.withResolvers<void>();
  const { promise, resolve } = Promise.withResolvers<void>();
  registry.hold = () => {
    asked.resolve();
    return promise;
  };
  const one = new Context();
  const other = new Context();
  const name = `${registry.host}/app:1`;
  const first = it.images.pull(name, undefined, one);
  const second = it.images.pull(name, undefined, other);
  await atMost(asked.promise, "the first blob to be asked for");
  one.cancel();
  assertEquals((await refusal(first))[0], "CANCELLED");
  other.cancel();
  assertEquals((await refusal(second))[0], "CANCELLED");
  assertEquals(await it.left(), []);
  resolve();
  assertEquals((await it.images.pull(name, undefined, background)).layers.length, 2);
});

linuxTest("remove() leaves the layers that a container has until release()", async () => {
  await using it = await host();
  writeLayout(`${it.place}/layout`, await imageOf([BASE, TOP]));
  const source = `oci:${it.place}/layout`;
  const image = await it.images.import(source, background, { name: "test" });
  const paths = it.images.layerPaths(image.layers);
  const removal = it.images.remove("test");
  it.images.retain("c1", image.layers);
  await removal;
  assertEquals(it.images.resolve("test"), undefined);
  assert(paths.every((path) => Deno.statSync(path).isDirectory));

  const restarted = await it.restarted();
  restarted.retain("c1", image.layers);
  await restarted.collect();
  assert(paths.every((path) => Deno.statSync(path).isDirectory));
  await restarted.release("c1");
  await restarted.release("c1");
  assertEquals(await it.left(), []);
  const [code] = await refusal(Promise.try(() => restarted.retain("c2", image.layers)));
  assertEquals(code, "NOT_FOUND");
});

linuxTest("recover() drops what is not whole and collect() clears the rest", async () => {
  await using it = await host();
  writeLayout(`${it.place}/layout`, await imageOf([BASE]));
  writeLayout(`${it.place}/other`, await imageOf([TOP]));
  const source = `oci:${it.place}/layout`;
  const image = await it.images.import(source, background, { name: "one" });
  const other = await it.images.import(`oci:${it.place}/other`, background, { name: "two" });
  const [path] = it.images.layerPaths(image.layers);
  assert(path !== undefined);
  Deno.removeSync(path, { recursive: true });
  Deno.mkdirSync(`${it.config.root}/layers/00000000000000000000`);
  Deno.mkdirSync(`${it.config.root}/ingest/half/layer-0`, { recursive: true });
  Deno.mkdirSync(`${it.config.state}/auth`, { recursive: true });
  Deno.writeTextFileSync(`${it.config.state}/auth/half`, "secret");
  await it.kernel.store.commit([
    { kind: "put", record: { table: IMAGE_TABLE, id: "sha256:bad", value: '{"version":1}' } },
  ]);
  const restarted = await it.restarted();
  assertEquals(restarted.list().map(({ id }) => id), [other.id]);
  await restarted.collect();
  await restarted.remove("two");
  assertEquals(await it.left(), []);
});

linuxTest("import() on a full disk leaves nothing", async () => {
  await using it = await host();
  writeLayout(
    `${it.place}/layout`,
    await imageOf([[{ name: "big", content: "x".repeat(6 * 1024 * 1024) }]]),
  );
  await it.kernel.mounts.mount("tmpfs", it.config.root, { type: "tmpfs", options: ["size=8m"] });
  try {
    const images = await it.restarted();
    const [code, message] = await refusal(
      images.import(`oci:${it.place}/layout`, background, { name: "big" }),
    );
    assertEquals(code, "RESOURCE_EXHAUSTED", message);
    assertEquals(await it.left(), []);
  } finally {
    await it.kernel.mounts.unmount(it.config.root);
  }
});

/** By packing it again, since reading attributes takes a package of its own. */
async function attributesOf(path: string): Promise<readonly string[]> {
  const options = ["--create", "--format=pax", "--xattrs", "--xattrs-include=*", "--file=-"];
  const { stdout } = await execa("tar", [...options, path], { encoding: "latin1" });
  return [...stdout.matchAll(/SCHILY\.xattr\.([a-z.]+)=/g)].map(([, name]) => name ?? "").sort();
}

async function hash(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha256:${[...digest].map((it) => it.toString(16).padStart(2, "0")).join("")}`;
}
