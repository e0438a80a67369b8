import { assert } from "@std/assert";
import type { Config } from "../config.ts";
import { messageOf, RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import type { DiskUsage } from "../kernel/files.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { Lifetime } from "../kernel/lifetime.ts";
import type { Change, StoredRecord } from "../kernel/store.ts";
import { type Span, spanned, type Telemetry } from "../telemetry.ts";
import type { Image } from "./image.ts";
import { type Ingest, Ingests } from "./ingest.ts";
import { installLayers, type UnnamedImage } from "./install.ts";
import { Layers } from "./layers.ts";
import { namesOf, parseLocalSource } from "./local_source.ts";
import { deleteImage, putImage, readImage } from "./record.ts";
import { parseReference, type Reference } from "./reference.ts";
import { sha256 } from "./sha256.ts";
import { SharedWork } from "./shared_work.ts";
import { type RegistryAuth, Transport } from "./transport.ts";
import { shared, SharedMap, SharedOrderedMap, SharedSet } from "../kernel/shared_memory.ts";

/** CRI's FilesystemUsage, of the images or of what containers have written. */
export interface ImageFsInfo extends DiskUsage {
  /** A directory on the file system that holds them. */
  readonly path: string;
  /** When it was measured, in microseconds since 1970. */
  readonly measuredMicros: number;
}

/** An image under its names, as they are to be after a change. */
interface Names {
  readonly tags: readonly string[];
  readonly digests: readonly string[];
}

/**
 * The images of this host: their records, their names, their layers.
 *
 * ```text
 *   pull, import ──► ingest ──► layers unpacked ──► synced ──► record ──► visible
 *                      └───────────┴─── any failure: removed with what nobody holds
 * ```
 *
 * What is visible is whole and durable. Who looks an image up and retains its layers before the next
 * `await` has them, whatever is removed meanwhile.
 */
export class Images {
  readonly #kernel: Kernel;
  readonly #config: Config;
  readonly #telemetry: Telemetry;
  readonly #life: Lifetime;
  readonly #transport: Transport;
  readonly #ingests: Ingests;
  readonly #layers: Layers;
  readonly #byId = new SharedOrderedMap<string, Image>();
  /** Ids by full name, tagged or with a digest. */
  readonly #byName = new SharedMap<string, string>();
  readonly #pulls = new SharedMap<string, SharedWork<Image>>();
  /** Images of which the disk may say something else than readers see: a commit was refused, and perhaps made. */
  readonly #doubtful = new SharedSet<string>();
  /** Settles when the last change of the records so far has. */
  @shared
  accessor #changes: Promise<void> = Promise.resolve();

  /** @internal A runtime has its own. */
  constructor(kernel: Kernel, config: Config, telemetry: Telemetry, life = new Lifetime()) {
    this.#kernel = kernel;
    this.#config = config;
    this.#telemetry = telemetry;
    this.#life = life;
    this.#transport = new Transport(kernel, config);
    this.#ingests = new Ingests(kernel, telemetry, config);
    this.#layers = new Layers(kernel, telemetry, `${config.root}/layers`);
  }

  /**
   * @internal Takes over the records of an earlier life. One that is not ours, or whose layers are gone, is
   * dropped. Call it once, then `retain` for each container that is left, then `collect`.
   */
  async recover(records: readonly StoredRecord[]): Promise<void> {
    await this.#ingests.recover();
    await this.#layers.recover();
    await this.#kernel.files.mkdir(this.#emptyLayer, 0o755);
    const dropped: Change[] = [];
    for (const record of records) {
      const image = readImage(record);
      if (image !== undefined && this.#adopt(image)) continue;
      this.#telemetry.log("warn", "dropping image", { id: record.id });
      dropped.push(deleteImage(record.id));
    }
    if (dropped.length > 0) await this.#kernel.store.commit(dropped);
  }

  /** @internal Removes what no image, container or running pull needs: after a restart, or when a removal failed. */
  async collect(): Promise<void> {
    await this.#ingests.collect();
    await this.#clear();
  }

  /**
   * The image that a client means: by name, else by id or its unique beginning. Synchronous.
   *
   * @throws {RuntimeError} INVALID_ARGUMENT when the beginning fits several.
   */
  resolve(reference: string): Image | undefined {
    const exact = this.#byId.get(reference);
    if (exact !== undefined) return exact;
    const named = this.#byName.get(this.#nameOf(reference) ?? "");
    if (named !== undefined) return this.#byId.get(named);
    const [, prefix] = ID_PREFIX.exec(reference) ?? [];
    if (prefix === undefined) return undefined;
    const [found, other] = [...this.#byId.values()]
      .filter(({ id }) => id.startsWith(`sha256:${prefix}`));
    if (other === undefined) return found;
    const shown = JSON.stringify(reference);
    throw new RuntimeError("INVALID_ARGUMENT", `Cannot find image ${shown}: several ids start so`);
  }

  /** All images, or the one that `filter` means, sorted by id. Synchronous. */
  list(filter?: string): readonly Image[] {
    if (filter !== undefined && filter !== "") {
      const image = this.resolve(filter);
      return image === undefined ? [] : [image];
    }
    return [...this.#byId.values()].sort((a, b) => a.id < b.id ? -1 : 1);
  }

  /**
   * Brings an image here from its registry. The registry is asked even when the image is here: a tag
   * may have moved, and credentials may not suffice. Pulls of the same name with the same
   * credentials share one.
   *
   * @throws {RuntimeError} INVALID_ARGUMENT for the name or what the registry gave; NOT_FOUND when it has
   * no such image; UNAVAILABLE when it cannot be reached; RESOURCE_EXHAUSTED when the disk is full;
   * UNKNOWN when it refuses. Nothing is left then.
   */
  async pull(reference: string, auth: RegistryAuth | undefined, context: Context): Promise<Image> {
    context.throwIfCancelled();
    const parsed = parseReference(reference, this.#config.images.defaultRegistry);
    const key = JSON.stringify([parsed.name, auth ?? null]);
    let pull = this.#pulls.get(key);
    if (pull === undefined) {
      pull = new SharedWork(
        (shared) => this.#observed("pull", parsed.name, () => this.#pull(parsed, auth, shared)),
        () => this.#pulls.delete(key),
      );
      this.#pulls.set(key, pull);
    }
    return await pull.join(context);
  }

  /**
   * Takes in an image of this host: "docker-archive:PATH", "oci-archive:PATH", "oci:PATH" (each with
   * ":REFERENCE" where there are several) or "dir:PATH". Without `name` it is called what it calls itself.
   *
   * @throws {RuntimeError} NOT_FOUND, INVALID_ARGUMENT, RESOURCE_EXHAUSTED. Nothing is left then.
   */
  async import(
    source: string,
    context: Context,
    options: { readonly name?: string } = {},
  ): Promise<Image> {
    return await this.#observed("import", source, () => this.#import(source, context, options));
  }

  /**
   * Removes an image with all its names (CRI, RemoveImage); its layers go once no container has them.
   * Absent is fine. What is left when layers cannot be removed goes with the next `collect`.
   *
   * @throws {RuntimeError} INVALID_ARGUMENT when the reference fits several.
   */
  async remove(reference: string): Promise<void> {
    await this.#life.serve(() => this.#remove(reference));
  }

  async #remove(reference: string): Promise<void> {
    await this.#change(async () => {
      const image = this.resolve(reference);
      if (image === undefined) return;
      await this.#commit([], [image.id]);
      this.#forget(image.id);
    });
    await this.#clear();
  }

  /** Space that the layers take. */
  async fsInfo(): Promise<ImageFsInfo> {
    const usage = await this.#layers.usage();
    const path = `${this.#config.root}/layers`;
    return { ...usage, path, measuredMicros: this.#kernel.clock.nowMicros() };
  }

  /**
   * @internal Keeps layers for a container, whatever becomes of their image, until `release`. Synchronous.
   * Idempotent.
   *
   * @throws {RuntimeError} NOT_FOUND when one of them is not here any more.
   */
  retain(containerId: string, layers: readonly string[]): void {
    const holder = `container:${containerId}`;
    this.#layers.hold(holder, layers);
    if (layers.map((it) => this.#layers.adopt(it)).every(Boolean)) return;
    this.#layers.letGo(holder);
    throw new RuntimeError("NOT_FOUND", `Cannot keep layers for "${containerId}": some are gone`);
  }

  /** @internal Ends `retain`, at once; then removes what nobody needs any more. Idempotent. */
  async release(containerId: string): Promise<void> {
    this.#layers.letGo(`container:${containerId}`);
    await this.#clear();
  }

  /** @internal Directories for overlayfs, the top layer first. An image without layers has an empty one. */
  layerPaths(layers: readonly string[]): readonly string[] {
    if (layers.length === 0) return [this.#emptyLayer];
    return layers.map((it) => this.#layers.path(it)).reverse();
  }

  get #emptyLayer(): string {
    return `${this.#config.root}/empty`;
  }

  async #pull(
    reference: Reference,
    auth: RegistryAuth | undefined,
    context: Context,
  ): Promise<Image> {
    const { repository, registry, name, digest: wanted } = reference;
    return await this.#withIngest(registry, auth, async (ingest) => {
      const content = await this.#transport.inspect(`docker://${name}`, registry, ingest, context);
      refuseSchema1(name, content);
      const digest = `sha256:${sha256(new TextEncoder().encode(content))}`;
      if (wanted !== undefined && wanted !== digest) {
        const message = `Cannot pull image "${name}": the registry gave ${digest}`;
        throw new RuntimeError("INVALID_ARGUMENT", message);
      }
      // What the tag meant a moment ago, whatever it means by now.
      const exact = `${repository}@${digest}`;
      const names = { tags: wanted === undefined ? [name] : [], digests: [exact] };
      const known = await this.#renamed(exact, names);
      if (known !== undefined) return known;
      const directory = `${ingest.directory}/image`;
      await this.#transport.copy(`docker://${exact}`, registry, directory, ingest, context);
      return await this.#install(ingest, directory, names, context);
    });
  }

  async #import(
    source: string,
    context: Context,
    options: { readonly name?: string },
  ): Promise<Image> {
    context.throwIfCancelled();
    const local = parseLocalSource(source);
    const timeoutMs = this.#config.bounds.pullMs;
    const given = options.name === undefined
      ? await namesOf(this.#kernel, local, { timeoutMs, context })
      : [options.name];
    const names = given.map((it) => parseReference(it, this.#config.images.defaultRegistry));
    if (names.length === 0) {
      const message = `Cannot import ${source}: it does not say its name, so give it one`;
      throw new RuntimeError("INVALID_ARGUMENT", message);
    }
    return await this.#withIngest("", undefined, async (ingest) => {
      const directory = `${ingest.directory}/image`;
      await this.#transport.copy(source, undefined, directory, ingest, context);
      const tags = names.map((it) => it.name);
      return await this.#install(ingest, directory, { tags, digests: [] }, context);
    });
  }

  async #install(
    ingest: Ingest,
    directory: string,
    names: Names,
    context: Context,
  ): Promise<Image> {
    const image = await installLayers({
      kernel: this.#kernel,
      transport: this.#transport,
      layers: this.#layers,
      ingest,
      directory,
      timeoutMs: this.#config.bounds.pullMs,
    }, context);
    return await this.#change(() => this.#publish(image, names));
  }

  /** A room to work in; whatever comes of the work, what it left and what nobody holds is removed. */
  async #withIngest<T>(
    registry: string,
    auth: RegistryAuth | undefined,
    work: (ingest: Ingest) => Promise<T>,
  ): Promise<T> {
    await using undo = new AsyncDisposableStack();
    undo.defer(() => this.#clear());
    const ingest = undo.use(await this.#ingests.open(registry, auth));
    undo.defer(() => this.#layers.letGo(ingest.id));
    return await work(ingest);
  }

  /** Gives the image that is known under `name` more names; undefined when none is. */
  async #renamed(name: string, names: Names): Promise<Image | undefined> {
    return await this.#change(async () => {
      const image = this.#byId.get(this.#byName.get(name) ?? "");
      return image === undefined ? undefined : await this.#publish(image, names);
    });
  }

  /**
   * Records an image, then shows it. Its names are taken from others; an image that loses its last
   * name is gone.
   */
  async #publish(image: UnnamedImage, names: Names): Promise<Image> {
    const { id, sizeBytes, config, layers } = image;
    const old = this.#byId.get(id);
    const taken = [...names.tags, ...names.digests];
    const next: Image = {
      id,
      tags: merged(old?.tags, names.tags),
      digests: merged(old?.digests, names.digests),
      sizeBytes: old?.sizeBytes ?? sizeBytes,
      config,
      layers,
    };
    const losers = [...new Set(taken.map((it) => this.#byName.get(it)))]
      .flatMap((it) => it === undefined || it === id ? [] : [this.#byId.get(it)])
      .map((it) => without(it, taken));
    const isNameless = (it: Image) => it.tags.length + it.digests.length === 0;
    await this.#commit(
      [next, ...losers.filter((it) => !isNameless(it))],
      losers.filter(isNameless).map((it) => it.id),
    );
    for (const loser of losers) {
      if (isNameless(loser)) this.#forget(loser.id);
      else this.#show(loser);
    }
    this.#show(next);
    return next;
  }

  /**
   * Changes the records, then the disk says of these images what readers are to see. After a refusal it may
   * say either: what it may need stays.
   */
  async #commit(puts: readonly Image[], deletedIds: readonly string[]): Promise<void> {
    const changes = [...puts.map(putImage), ...deletedIds.map(deleteImage)];
    const ids = [...puts.map((it) => it.id), ...deletedIds];
    try {
      await this.#kernel.store.commit(changes);
    } catch (error) {
      for (const id of ids) this.#doubtful.add(id);
      for (const { id, layers } of puts) this.#layers.hold(`record:${id}`, layers);
      throw error;
    }
    for (const id of ids) {
      this.#doubtful.delete(id);
      this.#layers.letGo(`record:${id}`);
    }
  }

  /** Makes the disk say what readers see, where that is in doubt; then removes what nobody needs any more. */
  async #clear(): Promise<void> {
    if (this.#doubtful.size > 0) {
      await this.#change(async () => {
        const ids = [...this.#doubtful];
        const visible = ids.flatMap((it) => this.#byId.get(it) ?? []);
        await this.#commit(visible, ids.filter((it) => !this.#byId.has(it)));
      }).catch((error) => {
        this.#telemetry.log("warn", "cannot correct records of images", {
          error: messageOf(error),
        });
      });
    }
    await this.#ingests.clear();
    await this.#layers.collect();
  }

  /** One change of the records at a time, so that none is made from a state that is no more. */
  async #change<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#changes.then(work);
    this.#changes = result.then(() => {}, () => {});
    return await result;
  }

  #adopt(image: Image): boolean {
    this.#layers.hold(image.id, image.layers);
    const isWhole = image.layers.map((it) => this.#layers.adopt(it)).every(Boolean);
    if (isWhole) this.#show(image);
    else this.#layers.letGo(image.id);
    return isWhole;
  }

  #show(image: Image): void {
    assert(image.layers.every((it) => this.#layers.has(it)), "A visible image is whole");
    const old = this.#byId.get(image.id);
    for (const name of [...old?.tags ?? [], ...old?.digests ?? []]) {
      if (this.#byName.get(name) === image.id) this.#byName.delete(name);
    }
    this.#layers.hold(image.id, image.layers);
    this.#byId.set(image.id, image);
    for (const name of [...image.tags, ...image.digests]) this.#byName.set(name, image.id);
  }

  #forget(id: string): void {
    const image = this.#byId.get(id);
    for (const name of [...image?.tags ?? [], ...image?.digests ?? []]) {
      if (this.#byName.get(name) === id) this.#byName.delete(name);
    }
    this.#byId.delete(id);
    this.#layers.letGo(id);
  }

  #nameOf(reference: string): string | undefined {
    try {
      return parseReference(reference, this.#config.images.defaultRegistry).name;
    } catch (error) {
      if (error instanceof RuntimeError) return undefined;
      throw error;
    }
  }

  async #observed(action: string, subject: string, work: () => Promise<Image>): Promise<Image> {
    const { clock } = this.#kernel;
    const start = clock.monotonicMs();
    const attributes = { "image.reference": subject };
    const done = async (span: Span) => {
      const image = await work();
      span.set({ "image.id": image.id });
      this.#telemetry.observe(`image_${action}`, (clock.monotonicMs() - start) / 1_000);
      this.#telemetry.log("info", `image ${action} done`, { subject, id: image.id });
      return image;
    };
    return await this.#life.serve(() =>
      spanned(this.#telemetry, `image.${action}`, attributes, done)
    );
  }
}

/** So short that people type it, so long that few names look like it. */
const ID_PREFIX = /^(?:sha256:)?([0-9a-f]{3,64})$/;

/** Its digest leaves out its signatures, and its layers are named otherwise (distribution, manifest-v2-1.md). */
function refuseSchema1(name: string, manifest: string): void {
  if (!/"schemaVersion"\s*:\s*1\b/.test(manifest)) return;
  throw new RuntimeError("UNIMPLEMENTED", `Cannot pull image "${name}": manifest of schema 1`);
}

function merged(old: readonly string[] = [], more: readonly string[]): readonly string[] {
  return [...new Set([...old, ...more])].sort();
}

function without(image: Image | undefined, names: readonly string[]): Image {
  assert(image !== undefined, "A name leads to an image");
  return {
    ...image,
    tags: image.tags.filter((it) => !names.includes(it)),
    digests: image.digests.filter((it) => !names.includes(it)),
  };
}
