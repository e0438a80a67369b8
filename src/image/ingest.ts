import { assert } from "@std/assert";
import { basename } from "@std/path";
import type { Config } from "../config.ts";
import { messageOf, RuntimeError } from "../errors.ts";
import { Context, sleep } from "../kernel/context.ts";
import { hasErrno, tolerate } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type ProcessIdentity, SIGKILL } from "../kernel/processes.ts";
import type { Telemetry } from "../telemetry.ts";
import type { Image } from "./image.ts";
import type { Layers } from "./layers.ts";
import { decodeUtf8, type Manifest, MANIFEST_BYTES_MAX } from "./manifest.ts";
import { parseImageDescription, parseManifest } from "./manifest.ts";
import { sha256 } from "./sha256.ts";
import { authFileContent, type RegistryAuth } from "./transport.ts";
import type { Transport, Workspace } from "./transport.ts";
import { unpackLayer } from "./unpack.ts";

/** An image whose layers are in place, without a name yet. */
export type UnnamedImage = Omit<Image, "tags" | "digests">;

/** The room that one transport works in. Disposing it removes everything that was left in it. */
export interface Ingest extends Workspace, AsyncDisposable {
  readonly id: string;
}

/** Hands out rooms for transports, and clears those that an earlier life left. */
export class Ingests {
  readonly #kernel: Kernel;
  readonly #telemetry: Telemetry;
  readonly #root: string;
  readonly #authRoot: string;
  readonly #helpers: readonly string[];
  readonly #killMs: number;
  readonly #open = new Set<string>();

  constructor(kernel: Kernel, telemetry: Telemetry, config: Config) {
    this.#kernel = kernel;
    this.#telemetry = telemetry;
    this.#root = `${config.root}/ingest`;
    this.#authRoot = `${config.state}/auth`;
    this.#helpers = [basename(config.images.skopeo), "tar"];
    this.#killMs = config.bounds.killMs;
  }

  /**
   * Ends the helpers that an earlier life left: they would go on to write after `collect`. They are known
   * by what they are and by the room that their arguments name. Comes first in every life.
   */
  async recover(): Promise<void> {
    await this.#kernel.files.mkdir(this.#root, 0o700);
    await this.#kernel.files.mkdir(this.#authRoot, 0o700);
    using bounded = Context.background().within(this.#kernel.clock, this.#killMs, "helpers' end");
    for (const entry of await this.#kernel.processes.list()) {
      const [program = "", ...args] = entry.args;
      const isOurs = this.#helpers.includes(basename(program)) &&
        args.some((it) => it.includes(`${this.#root}/`));
      if (isOurs) await tolerate(endProcess(this.#kernel, entry, bounded), "ESRCH");
    }
  }

  /** @throws {KernelError} ENOSPC and the like; then nothing is left. */
  async open(registry: string, auth: RegistryAuth | undefined): Promise<Ingest> {
    const content = authFileContent(registry, auth);
    const bytes = [...this.#kernel.random.bytes(8)];
    const id = bytes.map((it) => it.toString(16).padStart(2, "0")).join("");
    const directory = `${this.#root}/${id}`;
    // In a folder of its own, which goes with all that a failed write leaves.
    const authDirectory = `${this.#authRoot}/${id}`;
    const authFile = `${authDirectory}/auth.json`;
    this.#open.add(id);
    const close = () => this.#close(id);
    await using undo = new AsyncDisposableStack();
    undo.defer(close);
    await this.#kernel.files.mkdir(directory, 0o700);
    await this.#kernel.files.mkdir(authDirectory, 0o700);
    await this.#kernel.files.writeFile(authFile, content, 0o600);
    undo.move();
    return { id, directory, authFile, [Symbol.asyncDispose]: close };
  }

  /** Removes what no running transport works in. What cannot be removed is logged. */
  async collect(): Promise<void> {
    for (const root of [this.#root, this.#authRoot]) {
      for (const name of await this.#kernel.files.list(root)) {
        if (!this.#open.has(name)) await this.#remove(`${root}/${name}`);
      }
    }
  }

  async #close(id: string): Promise<void> {
    await this.#remove(`${this.#authRoot}/${id}`);
    await this.#remove(`${this.#root}/${id}`);
    this.#open.delete(id);
  }

  /** A program that was killed may still write while it dies, so that a folder fills up again. */
  async #remove(path: string): Promise<void> {
    for (let tries = 1;; tries++) {
      try {
        return await this.#kernel.files.remove(path);
      } catch (error) {
        if (tries === REMOVE_TRIES) {
          const attributes = { path, error: messageOf(error) };
          this.#telemetry.log("warn", "cannot remove what a transport left", attributes);
          return;
        }
        await sleep(this.#kernel.clock, REMOVE_PAUSE_MS, Context.background());
      }
    }
  }
}

async function endProcess(
  kernel: Kernel,
  identity: ProcessIdentity,
  context: Context,
): Promise<void> {
  using handle = await kernel.processes.open(identity);
  await handle.signal(SIGKILL);
  await handle.exited(context);
}

const REMOVE_TRIES = 5;
const REMOVE_PAUSE_MS = 100;

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
