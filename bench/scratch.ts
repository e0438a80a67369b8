import { join } from "@std/path";

import { packBusybox } from "../src/program/busybox_image.ts";
import { makeTempFolder } from "../src/program/temp_folder.ts";

/** Folders of a run's own, with the image as an archive and as what is in it. */
export interface Scratch {
  readonly folder: string;
  readonly archive: string;
  readonly rootfs: string;
  readonly logs: string;
  /**
   * A copy of Deno for our own daemon: what it shared with this client, or with any other program of
   * Deno's, would be counted as half of its memory, which no node would see.
   */
  readonly deno: string;
}

/** Of our own image, which no registry has. */
export const OWN_IMAGE = "localhost/busybox:bench";

/** Packs the image and copies Deno; `undo` removes them. */
export async function makeScratch(undo: AsyncDisposableStack): Promise<Scratch> {
  const folder = await makeTempFolder("slipway-bench-");
  undo.defer(() => Deno.remove(folder, { recursive: true }));
  const image = join(folder, "image");
  await Deno.mkdir(image);
  const archive = await packBusybox(image, OWN_IMAGE);
  const logs = join(folder, "logs");
  const deno = join(folder, "deno");
  await Deno.copyFile(Deno.execPath(), deno);
  return { folder, archive, rootfs: join(image, "rootfs"), logs, deno };
}
