import { messageOf, RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import { hasErrno } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { decodeUtf8, MANIFEST_BYTES_MAX } from "./manifest.ts";
import { readMember } from "./unpack.ts";

/** Kinds of local images, as skopeo(1) names its transports. */
const TRANSPORTS = ["docker-archive", "oci-archive", "oci", "dir"] as const;

/** An image in a file or folder of this host. */
export interface LocalSource {
  readonly transport: typeof TRANSPORTS[number];
  /** Absolute. */
  readonly path: string;
  /** Which of several images: a name or, in a docker-archive, "@" and a number. Empty for the only one. */
  readonly reference: string;
}

/**
 * Reads "docker-archive:PATH[:REFERENCE]", "oci-archive:PATH[:REFERENCE]", "oci:PATH[:REFERENCE]" or
 * "dir:PATH".
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for anything else.
 */
export function parseLocalSource(text: string): LocalSource {
  const [, transport, path, reference = ""] = /^([a-z-]+):([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  const known = TRANSPORTS.find((it) => it === transport);
  if (known === undefined) throw invalid(text, `it starts with none of ${TRANSPORTS.join(", ")}`);
  if (path === undefined || !path.startsWith("/")) throw invalid(text, "its path is not absolute");
  return { transport: known, path, reference };
}

/**
 * The names that the image gives itself, as it spells them; possibly none.
 *
 * @throws {RuntimeError} NOT_FOUND when there is no such file; INVALID_ARGUMENT when it holds several
 * images and none is chosen, or is no such thing.
 */
export async function namesOf(
  kernel: Kernel,
  source: LocalSource,
  options: { readonly timeoutMs: number; readonly context: Context },
): Promise<readonly string[]> {
  const text = `${source.transport}:${source.path}`;
  switch (source.transport) {
    case "docker-archive":
      return namesInArchive(text, source, await readPart(kernel, source, "manifest.json", options));
    case "oci-archive":
    case "oci":
      return namesInIndex(text, source, await readPart(kernel, source, "index.json", options));
    case "dir":
      return [];
  }
}

async function readPart(
  kernel: Kernel,
  source: LocalSource,
  name: string,
  options: { readonly timeoutMs: number; readonly context: Context },
): Promise<unknown> {
  const text = `${source.transport}:${source.path}`;
  const isThere = await kernel.files.stat(source.path) !== undefined;
  if (!isThere) throw new RuntimeError("NOT_FOUND", `Cannot import ${text}: no such file`);
  const part = source.transport === "oci"
    ? await readFile(kernel, `${source.path}/${name}`)
    // Archives that people make by hand have the folder in front.
    : await readMember(kernel, source.path, name, limited(options)) ??
      await readMember(kernel, source.path, `./${name}`, limited(options));
  if (part === undefined) throw invalid(text, `it has no ${name}`);
  try {
    return JSON.parse(part);
  } catch (error) {
    throw invalid(text, `${name}: ${messageOf(error)}`);
  }
}

function limited<T>(options: T): T & { readonly outputBytesMax: number } {
  return { ...options, outputBytesMax: MANIFEST_BYTES_MAX };
}

async function readFile(kernel: Kernel, path: string): Promise<string | undefined> {
  try {
    return decodeUtf8(await kernel.files.readFile(path, MANIFEST_BYTES_MAX), path);
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** `docker save` writes a list of images, each with all its names (moby image specification 1.2). */
function namesInArchive(text: string, source: LocalSource, manifest: unknown): readonly string[] {
  const names = entriesOf(manifest).map((it) => strings(it["RepoTags"]));
  const position = /^@([0-9]+)$/.exec(source.reference)?.[1];
  if (position !== undefined) return names[Number(position)] ?? [];
  return source.reference !== "" ? [source.reference] : onlyOne(text, names);
}

/** A layout's index names images by annotation; a bare tag there is no name (OCI image-spec, annotations.md). */
function namesInIndex(text: string, source: LocalSource, index: unknown): readonly string[] {
  const entries = entriesOf(record(index)["manifests"]).map((it) => record(it["annotations"]));
  const chosen = source.reference === ""
    ? entries
    : entries.filter((it) => it["org.opencontainers.image.ref.name"] === source.reference);
  const names = chosen.map((it) => {
    const name = it["io.containerd.image.name"] ?? it["org.opencontainers.image.ref.name"];
    return typeof name === "string" && /[/:]/.test(name) ? [name] : [];
  });
  return onlyOne(text, names);
}

function onlyOne(text: string, names: readonly (readonly string[])[]): readonly string[] {
  if (names.length <= 1) return names[0] ?? [];
  const choices = names.slice(0, 20).map((it, index) => it[0] ?? `@${index}`).join(", ");
  throw invalid(text, `it holds ${names.length} images, choose one: ${choices}`);
}

function entriesOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(record) : [];
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((it) => typeof it === "string") : [];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? value as Readonly<Record<string, unknown>> : {};
}

function invalid(text: string, why: string): RuntimeError {
  return new RuntimeError("INVALID_ARGUMENT", `Cannot import ${text}: ${why}`);
}
