import { sha256 } from "../../../src/image/sha256.ts";
import { packArchive } from "./archive.ts";

/** What the world's registries have under a repository: an image of two layers, the lower in all of them. */
export interface RemoteImage {
  readonly manifest: string;
  readonly digest: string;
  /** Content by digest: the configuration and the layers, compressed. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/** A host that nobody answers at. */
const DEAD_HOST = /^dead\.example(:[0-9]+)?$/;
/** A repository that no registry has. */
const MISSING = "missing";

/** Stands for compression, which nothing here depends on. */
const MARK = new TextEncoder().encode("compressed:");

const BASE_LAYER = {
  "etc/": "",
  "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
  "etc/group": "root:x:0:\nnobody:x:65534:\n",
  "bin/": "",
  "bin/sh": "\x7fELF",
  "tmp/": "",
};

/** Why a registry has no image for a reference. */
export class RegistryError extends Error {}

/**
 * Looks up "HOST/PATH:TAG" or "HOST/PATH@DIGEST". Every tag of a repository means the same image.
 *
 * @throws {RegistryError} with skopeo's words.
 */
export function lookUp(reference: string): RemoteImage {
  const [, repository = "", digest] = /^([^@]+?)(?::[^:/@]+)?(?:@(.+))?$/.exec(reference) ?? [];
  const host = repository.slice(0, repository.indexOf("/"));
  if (DEAD_HOST.test(host)) {
    throw new RegistryError(
      `pinging container registry ${host}: Get "https://${host}/v2/": dial tcp 192.0.2.1:443: ` +
        "connect: connection refused",
    );
  }
  const image = published(repository);
  if (repository.endsWith(`/${MISSING}`) || (digest !== undefined && digest !== image.digest)) {
    throw new RegistryError(`reading manifest in ${repository}: manifest unknown`);
  }
  return image;
}

/** A layer as it is once it is decompressed; what is not compressed stays. */
export function decompress(bytes: Uint8Array): Uint8Array {
  if (!MARK.every((it, index) => bytes[index] === it)) return bytes;
  return once(plain, bytes, () => bytes.slice(MARK.length));
}

/** How content is named. */
export function digestOf(content: Uint8Array): string {
  return once(digests, content, () => `sha256:${sha256(content)}`);
}

/** The images of the world are the same for all machines, and what is in files is never changed in place. */
const images = new Map<string, RemoteImage>();
const plain = new WeakMap<Uint8Array, Uint8Array>();
const digests = new WeakMap<Uint8Array, string>();

function published(repository: string): RemoteImage {
  return once(images, repository, () => imageOf(repository));
}

function once<Key, Value>(
  known: { get(key: Key): Value | undefined; set(key: Key, value: Value): unknown },
  key: Key,
  make: () => Value,
): Value {
  let value = known.get(key);
  if (value === undefined) known.set(key, value = make());
  return value;
}

function imageOf(repository: string): RemoteImage {
  const layers = [packArchive(BASE_LAYER), packArchive({ "etc/image": `${repository}\n` })];
  const config = encode({
    os: "linux",
    config: {
      Cmd: ["sleep", "infinity"],
      Env: ["IMAGE=sim"],
      StopSignal: "SIGTERM",
      Volumes: { "/etc": {} },
    },
    rootfs: { type: "layers", diff_ids: layers.map(digestOf) },
  });
  const compressed = layers.map((it) => Uint8Array.of(...MARK, ...it));
  const blobs = new Map([config, ...compressed].map((it) => [digestOf(it), it]));
  const manifest = JSON.stringify({
    schemaVersion: 2,
    config: { digest: digestOf(config), size: config.length },
    layers: compressed.map((it) => ({ digest: digestOf(it), size: it.length })),
  });
  return { manifest, digest: digestOf(new TextEncoder().encode(manifest)), blobs };
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
