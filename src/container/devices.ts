import { join } from "@std/path";

import { RuntimeError } from "../errors.ts";
import { forEachOf } from "../kernel/all_of.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ContainerDevice } from "../oci/spec.ts";
import { DEVICES_MAX, readDevices } from "../oci/spec_host.ts";
import type { Device } from "./config.ts";

/**
 * The devices that a client names, as the host has them: all of them or none.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for a path without one, or when they are too many.
 */
export async function devicesOf(
  kernel: Kernel,
  wanted: readonly Device[],
  options: Parameters<typeof readDevices>[2],
): Promise<readonly ContainerDevice[]> {
  requireFew(wanted);
  const found: (readonly ContainerDevice[])[] = [];
  await forEachOf([...wanted.entries()], async ([index, device]) => {
    const { hostPath, containerPath, permissions } = device;
    const nodes = await readDevices(kernel, hostPath, options);
    found[index] = nodes.map((it) => ({
      device: { ...it, path: join(containerPath, it.path.slice(hostPath.length)) },
      permissions,
    }));
  });
  const devices = found.flat();
  requireFew(devices);
  return devices;
}

function requireFew({ length }: readonly unknown[]): void {
  if (length <= DEVICES_MAX) return;
  throw new RuntimeError(
    "INVALID_ARGUMENT",
    `Cannot create container: it is to have more than ${DEVICES_MAX} devices`,
  );
}
