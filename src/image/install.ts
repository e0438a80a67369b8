import { assert } from "@std/assert";
import { messageOf, RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import { hasErrno } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Image } from "./image.ts";
import type { Ingest } from "./ingest.ts";
import type { Layers } from "./layers.ts";
import { decodeUtf8, type Manifest, MANIFEST_BYTES_MAX } from "./manifest.ts";
import { parseImageDescription, parseManifest } from "./manifest.ts";
import { sha256 } from "./sha256.ts";
import type { Transport } from "./transport.ts";
import { unpackLayer } from "./unpack.ts";

/** An image whose layers are in place, without a name yet. */
export type UnnamedImage = Omit<Image, "tags" | "digests">;

export interface InstallInput {
  readonly kernel: Kernel;
  readonly transport: Transport;
  readonly layers: Layers;
  readonly ingest: Ingest;
  /** Holds manifest.json and the blobs, as skopeo's directory transport leaves them. */
  readonly directory: string;
  readonly timeoutMs: number;
}

/**
 * Puts the layers of a transported image in place, each checked against the configuration, and
 * durable. They are held under the ingest's id, which the caller lets go.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for content that is not what it says it is.
 */
export async function installLayers(input: InstallInput, context: Context): Promise<UnnamedImage> {
  const { layers, ingest, directory } = input;
  const manifest = parseManifest(await readBlob(input, `${directory}/manifest.json`));
  const config = await readBlob(input, `${directory}/${hexOf(manifest.config.digest)}`);
  if (`sha256:${sha256(new TextEncoder().encode(config))}` !== manifest.config.digest) {
    throw invalid("its configuration does not match its digest");
  }
  const description = parseImageDescription(config);
  const { diffIds } = description;
  if (diffIds.length !== manifest.layers.length) {
    throw invalid(`it has ${manifest.layers.length} layers and ${diffIds.length} diff ids`);
  }
  layers.hold(ingest.id, diffIds);
  if (!diffIds.every((it) => layers.has(it))) {
    const plain = await decompressed(input, manifest, diffIds, context);
    for (const [index, diffId] of diffIds.entries()) {
      await layers.ensure(diffId, async () => {
        const target = `${ingest.directory}/layer-${index}`;
        const { kernel, timeoutMs } = input;
        await unpackLayer(kernel, `${plain}/${hexOf(diffId)}`, target, { timeoutMs, context });
        return target;
      }, context);
    }
  }
  await layers.sync();
  context.throwIfCancelled();
  assert(diffIds.every((it) => layers.has(it)), "Held layers stay");
  return {
    id: manifest.config.digest,
    sizeBytes: manifest.layers.reduce((sum, it) => sum + it.sizeBytes, manifest.config.sizeBytes),
    config: description.config,
    layers: diffIds,
  };
}

/**
 * The folder in which the layers are as their diff ids name them. skopeo computes the digests while it
 * decompresses, and names the files by them: a layer that is not what the configuration says has
 * another name.
 */
async function decompressed(
  input: InstallInput,
  manifest: Manifest,
  diffIds: readonly string[],
  context: Context,
): Promise<string> {
  const { transport, ingest, directory } = input;
  if (manifest.layers.every((it, index) => it.digest === diffIds[index])) return directory;
  const plain = `${ingest.directory}/plain`;
  await transport.decompress(directory, plain, ingest, context);
  await input.kernel.files.remove(directory);
  const { layers } = parseManifest(await readBlob(input, `${plain}/manifest.json`));
  const index = diffIds.findIndex((it, index) => it !== layers[index]?.digest);
  if (index === -1) return plain;
  throw invalid(`layer ${index} is ${layers[index]?.digest}, not ${diffIds[index]} as it says`);
}

async function readBlob({ kernel }: InstallInput, path: string): Promise<string> {
  try {
    return decodeUtf8(await kernel.files.readFile(path, MANIFEST_BYTES_MAX), "its metadata");
  } catch (error) {
    if (hasErrno(error, "ENOENT", "EFBIG")) throw invalid(messageOf(error), error);
    throw error;
  }
}

function hexOf(digest: string): string {
  return digest.slice("sha256:".length);
}

function invalid(why: string, cause?: unknown): RuntimeError {
  const options = cause === undefined ? undefined : { cause };
  return new RuntimeError("INVALID_ARGUMENT", `Cannot use image: ${why}`, options);
}
