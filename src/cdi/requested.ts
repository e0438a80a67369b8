import type { ContainerConfig } from "../container/config.ts";
import { RuntimeError } from "../errors.ts";
import { isQualifiedName } from "./names.ts";
import { shown } from "./spec_error.ts";

/** What annotations that ask for devices begin with (container-device-interface, README.md). */
const ANNOTATION_PREFIX = "cdi.k8s.io/";
/** What one container may ask for: more than a node has. */
const DEVICES_MAX = 1_024;

/**
 * The CDI devices that a client asks for, by their qualified names: those of CRI's field, then those of the
 * container's annotations, separated by commas, in the order of their keys. What is named twice counts once, as
 * in containerd (internal/cri/opts/spec_linux_opts.go) and CRI-O.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for what is the name of no device, or for too many.
 */
export function requestedDevices(
  { cdiDevices, annotations }: Pick<ContainerConfig, "cdiDevices" | "annotations">,
): readonly string[] {
  const keys = Object.keys(annotations).filter((it) => it.startsWith(ANNOTATION_PREFIX)).sort();
  const annotated = keys.flatMap((key) => annotations[key]?.split(",") ?? []);
  const names = [...new Set([...cdiDevices, ...annotated])];
  for (const name of names) {
    if (!isQualifiedName(name)) throw invalid(`${shown(name)} is the name of no CDI device`);
  }
  if (names.length > DEVICES_MAX) throw invalid(`it asks for more than ${DEVICES_MAX} CDI devices`);
  return names;
}

function invalid(why: string): RuntimeError {
  return new RuntimeError("INVALID_ARGUMENT", `Cannot create container: ${why}`);
}
