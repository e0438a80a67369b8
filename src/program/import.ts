import { resolve } from "@std/path";

import { Context } from "../kernel/context.ts";
import type { Runtime } from "../runtime.ts";
import { usageError } from "./exit_codes.ts";
import { split } from "./settings.ts";

/** An image that is here as a file, and what it is to be called. */
export interface ImageSource {
  /** As clients will name it ("localhost/busybox:1"). */
  readonly name: string;
  /** As skopeo names it: docker-archive:PATH or oci:PATH. */
  readonly source: string;
}

/**
 * Reads `NAME=TRANSPORT:PATH`.
 *
 * @throws {ExitError} when it is anything else.
 */
export function parseImport(text: string): ImageSource {
  const [name, source] = split(text, "NAME=docker-archive:PATH");
  return { name, source: checkSource(source) };
}

/**
 * Where an image in a file is; its path is taken from the working directory.
 *
 * @throws {ExitError} when it is none that works without a registry.
 */
export function checkSource(source: string): string {
  const [, transport, path] = /^(docker-archive|oci-archive|oci|dir):(.+)$/.exec(source) ?? [];
  if (transport !== undefined && path !== undefined) return `${transport}:${resolve(path)}`;
  throw usageError(`${JSON.stringify(source)} is not docker-archive:PATH or oci:PATH`);
}

/** Takes images in, one after another. */
export async function importImages(
  runtime: Runtime,
  images: readonly ImageSource[],
): Promise<void> {
  for (const { name, source } of images) {
    const image = await runtime.images.import(source, Context.background(), { name });
    runtime.telemetry.log("info", "image imported", { name, id: image.id });
  }
}
