import { joined } from "../../src/bytes.ts";

/** A member of an archive, as a layer has them; what is left out is 0, empty, or a plain file. */
export interface Entry {
  readonly name: string;
  readonly type?: "file" | "hardlink" | "symlink" | "character" | "directory";
  readonly content?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly target?: string;
  readonly device?: readonly [major: number, minor: number];
  /** Attributes as PAX carries them; a character is a byte. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

const TYPES = { file: "0", hardlink: "1", symlink: "2", character: "3", directory: "5" } as const;
const BLOCK = 512;

/** A tar archive with exactly these members (POSIX ustar, pax for attributes), however strange. */
export function tarOf(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    if (entry.xattrs !== undefined) {
      const records = Object.entries(entry.xattrs).map(([key, value]) =>
        paxRecord(`SCHILY.xattr.${key}`, value)
      ).join("");
      parts.push(headerOf({ name: "pax", content: records }, "x"), padded(bytesOf(records)));
    }
    parts.push(headerOf(entry, TYPES[entry.type ?? "file"]));
    parts.push(padded(bytesOf(entry.content ?? "")));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return joined(parts);
}

function headerOf(entry: Entry, type: string): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  const put = (offset: number, text: string) => block.set(bytesOf(text), offset);
  put(0, entry.name);
  put(100, octal(entry.mode ?? 0o644, 7));
  put(108, octal(entry.uid ?? 0, 7));
  put(116, octal(entry.gid ?? 0, 7));
  put(124, octal((entry.content ?? "").length, 11));
  put(136, octal(1_700_000_000, 11));
  put(148, " ".repeat(8));
  put(156, type);
  put(157, entry.target ?? "");
  put(257, "ustar\x0000");
  put(329, octal(entry.device?.[0] ?? 0, 7));
  put(337, octal(entry.device?.[1] ?? 0, 7));
  put(148, `${octal(block.reduce((sum, it) => sum + it, 0), 6)}\0 `);
  return block;
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length;
  return `${length}${rest}`;
}

function padded(content: Uint8Array): Uint8Array {
  const blocks = new Uint8Array(Math.ceil(content.length / BLOCK) * BLOCK);
  blocks.set(content);
  return blocks;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (it) => it.charCodeAt(0));
}

/** A blob and what a manifest says about it. */
interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly descriptor: {
    readonly mediaType: string;
    readonly digest: string;
    readonly size: number;
  };
}

/** An image in pieces. */
export interface TestImage {
  readonly manifest: Piece;
  readonly blobs: readonly Piece[];
}

export interface TestImageOptions {
  readonly config?: Readonly<Record<string, unknown>>;
  /** Instead of the right ones. */
  readonly diffIds?: readonly string[];
}

/** Packs layers, compressed, with a configuration and a manifest (OCI image-spec). */
export async function imageOf(
  layers: readonly (readonly Entry[])[],
  { config = {}, diffIds }: TestImageOptions = {},
): Promise<TestImage> {
  const tars = layers.map(tarOf);
  const blobs = await Promise.all(
    tars.map(async (it) => await blobOf(await gzip(it), "layer.v1.tar+gzip")),
  );
  const description = {
    architecture: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
    os: "linux",
    config,
    rootfs: { type: "layers", diff_ids: diffIds ?? await Promise.all(tars.map(digestOf)) },
  };
  const configuration = await blobOf(jsonBytes(description), "config.v1+json");
  const manifest = await blobOf(
    jsonBytes({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: configuration.descriptor,
      layers: blobs.map((it) => it.descriptor),
    }),
    "manifest.v1+json",
  );
  return { manifest, blobs: [configuration, ...blobs] };
}

/** Writes an OCI layout (OCI image-spec, image-layout.md) that holds one image. */
export function writeLayout(path: string, image: TestImage, name?: string): void {
  Deno.mkdirSync(`${path}/blobs/sha256`, { recursive: true });
  for (const { bytes, descriptor } of [image.manifest, ...image.blobs]) {
    Deno.writeFileSync(`${path}/blobs/sha256/${descriptor.digest.slice(7)}`, bytes);
  }
  const annotations = name === undefined ? {} : { "org.opencontainers.image.ref.name": name };
  const manifests = [{ ...image.manifest.descriptor, annotations }];
  Deno.writeFileSync(`${path}/index.json`, jsonBytes({ schemaVersion: 2, manifests }));
  Deno.writeTextFileSync(`${path}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
}

/** A registry on this host that has images by "repository:tag" and asks for a password when it has one. */
export interface TestRegistry extends AsyncDisposable {
  /** "127.0.0.1:PORT". */
  readonly host: string;
  readonly images: Map<string, TestImage>;
  /** "METHOD /path" of every request so far. */
  readonly requests: string[];
  /** Called when a blob is asked for, and awaited before it is sent. */
  hold: (() => Promise<void>) | undefined;
}

/** Serves images read-only over plain http (distribution, spec/api.md). */
export function serveRegistry(credentials?: string): TestRegistry {
  const images = new Map<string, TestImage>();
  const requests: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    requests.push(`${request.method} ${pathname}`);
    if (
      credentials !== undefined &&
      request.headers.get("authorization") !== `Basic ${btoa(credentials)}`
    ) {
      const headers = { "www-authenticate": 'Basic realm="test"' };
      return refusal(401, "UNAUTHORIZED", "authentication required", headers);
    }
    if (pathname === "/v2/") return new Response("{}");
    const [, repository, kind, reference] =
      /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(pathname) ?? [];
    if (kind === "manifests") {
      const image = [...images].find(([name, image]) =>
        name === `${repository}:${reference}` || image.manifest.descriptor.digest === reference
      )?.[1];
      if (image === undefined) return refusal(404, "MANIFEST_UNKNOWN", "manifest unknown");
      return answer(image.manifest);
    }
    await registry.hold?.();
    const blob = [...images.values()].flatMap((it) => it.blobs)
      .find((it) => it.descriptor.digest === reference);
    return blob === undefined ? refusal(404, "BLOB_UNKNOWN", "blob unknown") : answer(blob);
  });
  const registry: TestRegistry = {
    host: `127.0.0.1:${server.addr.port}`,
    images,
    requests,
    hold: undefined,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return registry;
}

function answer({ bytes, descriptor }: Piece): Response {
  return new Response(bytes, {
    headers: {
      "content-type": descriptor.mediaType,
      "content-length": String(descriptor.size),
      "docker-content-digest": descriptor.digest,
    },
  });
}

function refusal(status: number, code: string, message: string, headers = {}): Response {
  const body = JSON.stringify({ errors: [{ code, message }] });
  return new Response(body, {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}

async function blobOf(bytes: Uint8Array<ArrayBuffer>, kind: string): Promise<Piece> {
  const mediaType = `application/vnd.oci.image.${kind}`;
  return { bytes, descriptor: { mediaType, digest: await digestOf(bytes), size: bytes.length } };
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha256:${[...hash].map((it) => it.toString(16).padStart(2, "0")).join("")}`;
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function jsonBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
