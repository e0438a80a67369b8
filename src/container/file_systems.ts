import type { ImageFsInfo } from "../image/images.ts";
import type { Context } from "../kernel/context.ts";
import type { Runtime } from "../runtime.ts";
import { containersDirectory } from "./paths.ts";

/** Space that is taken, by what. */
export interface FileSystems {
  readonly images: ImageFsInfo;
  /** What containers have written, and their volumes. */
  readonly containers: ImageFsInfo;
}

/**
 * CRI ImageFsInfo. It is measured once for all who ask meanwhile, and to its end when they have left: a
 * kubelet asks every few seconds, and where a container has made millions of files that is sooner than they
 * are counted. Measurements would pile up, each slower than the last.
 *
 * @throws {KernelError} what Linux refuses; {RuntimeError} the context's cause.
 */
export async function measureFileSystems(runtime: Runtime, context: Context): Promise<FileSystems> {
  return await runtime.measurement.run(() => measure(runtime), context);
}

async function measure({ images, kernel, config }: Runtime): Promise<FileSystems> {
  const layers = await images.fsInfo();
  const path = containersDirectory(config);
  const written = await kernel.files.usage(path);
  return {
    images: layers,
    containers: { ...written, path, measuredMicros: kernel.clock.nowMicros() },
  };
}
