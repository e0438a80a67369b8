import { messageOf, RuntimeError } from "../errors.ts";
import type { ImageConfig } from "./image.ts";
import { DIGEST } from "./reference.ts";

/** A blob that a manifest names. */
export interface Descriptor {
  readonly digest: string;
  readonly sizeBytes: number;
}

/** What an image consists of (OCI image-spec, manifest.md; Docker's version 2, schema 2, is alike). */
export interface Manifest {
  readonly config: Descriptor;
  /** Lowest first, as they are transported. */
  readonly layers: readonly Descriptor[];
}

/** What an image's configuration says about its layers and its containers. */
export interface ImageDescription {
  readonly config: ImageConfig;
  /** Digests of the unpacked archives, lowest layer first. */
  readonly diffIds: readonly string[];
}

/** What a caller should read of a manifest or a configuration at most, as registries have it. */
export const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;

/** What one overlay mount can take with names as short as ours (man 2 mount: options of one page). */
const LAYERS_MAX = 128;
const LIST_MAX = 10_000;

/**
 * Reads a manifest that a registry or an archive gave.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT when it is malformed; UNIMPLEMENTED for schema 1.
 */
export function parseManifest(text: string): Manifest {
  const root = object(parse(text, "manifest"), "manifest");
  if (root["schemaVersion"] === 1) {
    throw new RuntimeError("UNIMPLEMENTED", "Cannot use image: its manifest is of schema 1");
  }
  if (root["schemaVersion"] !== 2) throw invalid("manifest.schemaVersion is not 2");
  const layers = list(root["layers"], "manifest.layers", LAYERS_MAX);
  return {
    config: descriptor(root["config"], "manifest.config"),
    layers: layers.map((it, index) => descriptor(it, `manifest.layers[${index}]`)),
  };
}

/**
 * Reads an image's configuration (OCI image-spec, config.md).
 *
 * @throws {RuntimeError} INVALID_ARGUMENT when it is malformed, or is no image for Linux.
 */
export function parseImageDescription(text: string): ImageDescription {
  const root = object(parse(text, "config"), "config");
  if (root["os"] !== undefined && root["os"] !== "linux" && root["os"] !== "") {
    throw invalid(`it is for ${JSON.stringify(root["os"])}`);
  }
  const rootfs = object(root["rootfs"], "config.rootfs");
  const config = object(root["config"] ?? {}, "config.config");
  const diffIds = list(rootfs["diff_ids"] ?? [], "config.rootfs.diff_ids", LAYERS_MAX)
    .map((it) => digest(it, "config.rootfs.diff_ids"));
  return {
    diffIds,
    config: {
      entrypoint: strings(config["Entrypoint"], "config.config.Entrypoint"),
      cmd: strings(config["Cmd"], "config.config.Cmd"),
      env: strings(config["Env"], "config.config.Env"),
      workingDir: string(config["WorkingDir"], "config.config.WorkingDir"),
      user: string(config["User"], "config.config.User"),
      volumes: Object.keys(object(config["Volumes"] ?? {}, "config.config.Volumes")).sort(),
      stopSignal: string(config["StopSignal"], "config.config.StopSignal"),
      labels: labels(config["Labels"], "config.config.Labels"),
    },
  };
}

/** The text behind bytes of the network, which must be UTF-8. */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid(`${what} is not UTF-8`);
  }
}

function descriptor(value: unknown, path: string): Descriptor {
  const entry = object(value, path);
  const size = entry["size"];
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw invalid(`${path}.size is no size`);
  }
  return { digest: digest(entry["digest"], `${path}.digest`), sizeBytes: size };
}

function digest(value: unknown, path: string): string {
  if (typeof value === "string" && DIGEST.test(value)) return value;
  throw invalid(`${path} is no sha256 digest`);
}

function labels(value: unknown, path: string): Readonly<Record<string, string>> {
  const entries = Object.entries(object(value ?? {}, path));
  if (entries.length > LIST_MAX) throw invalid(`${path} has more than ${LIST_MAX} entries`);
  return Object.fromEntries(entries.map(([key, it]) => [key, string(it, path)]));
}

function strings(value: unknown, path: string): readonly string[] {
  return list(value ?? [], path, LIST_MAX).map((it) => string(it, path));
}

function string(value: unknown, path: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string" && !value.includes("\0")) return value;
  throw invalid(`${path} is no text`);
}

function list(value: unknown, path: string, lengthMax: number): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`${path} is no list`);
  if (value.length > lengthMax) throw invalid(`${path} has more than ${lengthMax} entries`);
  return value;
}

function object(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw invalid(`${path} is no object`);
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`${what} is no JSON: ${messageOf(error)}`);
  }
}

function invalid(why: string): RuntimeError {
  return new RuntimeError("INVALID_ARGUMENT", `Cannot use image: ${why}`);
}
