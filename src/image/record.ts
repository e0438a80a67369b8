import type { Change, StoredRecord } from "../kernel/store.ts";
import type { Image, ImageConfig } from "./image.ts";
import { DIGEST } from "./reference.ts";

/** The table of the state store that images are in, by their id. */
export const IMAGE_TABLE = "image";

const VERSION = 1;

/** The change that records an image. */
export function putImage(image: Image): Change {
  const value = JSON.stringify({ version: VERSION, image });
  return { kind: "put", record: { table: IMAGE_TABLE, id: image.id, value } };
}

/** The change that forgets an image. */
export function deleteImage(id: string): Change {
  return { kind: "delete", table: IMAGE_TABLE, id };
}

/** The image behind a record, or undefined when it is not one that we wrote. */
export function readImage({ id, value }: StoredRecord): Image | undefined {
  try {
    const { version, image } = JSON.parse(value);
    return version === VERSION && isImage(image) && image.id === id ? image : undefined;
  } catch {
    return undefined;
  }
}

function isImage(value: unknown): value is Image {
  const image = value as Image;
  return isObject(value) && isDigest(image.id) && isTexts(image.tags) && isTexts(image.digests) &&
    Number.isSafeInteger(image.sizeBytes) && isTexts(image.layers) &&
    image.layers.every(isDigest) && isConfig(image.config);
}

function isConfig(value: unknown): value is ImageConfig {
  const config = value as ImageConfig;
  return isObject(value) && isTexts(config.entrypoint) && isTexts(config.cmd) &&
    isTexts(config.env) && isTexts(config.volumes) && isText(config.workingDir) &&
    isText(config.user) && isText(config.stopSignal) && isObject(config.labels) &&
    Object.values(config.labels).every(isText);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

function isDigest(value: unknown): boolean {
  return isText(value) && DIGEST.test(value);
}
