import { join } from "@std/path";
import { messageOf } from "../errors.ts";
import { type Context, waitFor } from "../kernel/context.ts";
import { KernelError } from "../kernel/errno.ts";
import type { Files } from "../kernel/files.ts";
import type { ContainerEdits } from "./container_edits.ts";
import { qualifiedName } from "./names.ts";
import { CdiSpecError } from "./spec_error.ts";
import { type CdiSpec, isSpecFile, parseCdiSpec, SPEC_FILE_BYTES_MAX } from "./spec_file.ts";

/** A device that a spec file describes. */
export interface CdiDevice {
  readonly edits: ContainerEdits;
  /** The file's path, and what it wants of every container that has one of its devices. */
  readonly file: { readonly path: string; readonly edits: ContainerEdits };
}

/** A file or folder that cannot be used, or two of one device, and why. */
export interface SpecFault {
  readonly path: string;
  readonly why: string;
}

/** What was found of the devices that were looked for. */
export interface FoundDevices {
  /** By qualified name. */
  readonly devices: ReadonlyMap<string, CdiDevice>;
  readonly faults: readonly SpecFault[];
}

/** Spec files that are read of one folder. */
export const SPEC_FILES_MAX = 4_096;

/**
 * Looks devices up in the spec files of some folders, as they are now. A device of a later folder takes the place
 * of an earlier one's (container-device-interface, pkg/cdi/doc.go); of two in one folder neither counts. What is
 * wrong with one file is no harm to the devices of others.
 *
 * @param names the qualified names of those that are wanted
 * @throws {RuntimeError} the context's cause.
 */
export async function findDevices(
  files: Files,
  directories: readonly string[],
  names: ReadonlySet<string>,
  context: Context,
): Promise<FoundDevices> {
  const faults: SpecFault[] = [];
  const devices = new Map<string, CdiDevice | undefined>();
  for (const directory of directories) {
    const here = new Map<string, CdiDevice | undefined>();
    for (const path of await specFilesIn(files, directory, faults)) {
      context.throwIfCancelled();
      const spec = await readSpecFile(files, path, faults, context);
      if (spec !== undefined) addDevices(here, { path, spec, names, faults });
    }
    for (const [name, device] of here) devices.set(name, device);
  }
  const found = [...devices].flatMap(([name, it]) => it === undefined ? [] : [[name, it] as const]);
  return { devices: new Map(found), faults };
}

/** In their order; none where there is no such folder. */
async function specFilesIn(
  files: Files,
  directory: string,
  faults: SpecFault[],
): Promise<readonly string[]> {
  try {
    const names = (await files.list(directory)).filter(isSpecFile);
    if (names.length > SPEC_FILES_MAX) {
      faults.push({ path: directory, why: `only the first ${SPEC_FILES_MAX} files count` });
    }
    return names.slice(0, SPEC_FILES_MAX).map((it) => join(directory, it));
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    const { errno, message } = error;
    if (errno !== "ENOENT") faults.push({ path: directory, why: message });
    return [];
  }
}

/** Undefined for what is no spec file after all, and for one that cannot be used. */
async function readSpecFile(
  files: Files,
  path: string,
  faults: SpecFault[],
  context: Context,
): Promise<CdiSpec | undefined> {
  try {
    const target = await fileAt(files, path, context);
    if (target === undefined) return undefined;
    return parseCdiSpec(path, await files.readFile(target, SPEC_FILE_BYTES_MAX));
  } catch (error) {
    if (!(error instanceof CdiSpecError) && !(error instanceof KernelError)) throw error;
    faults.push({ path, why: messageOf(error) });
    return undefined;
  }
}

/**
 * Where the file is: a symlink is followed, a folder passed over, and what is gone by now is none. What is neither
 * is not opened: for a device that could be more than a look.
 */
async function fileAt(files: Files, path: string, context: Context): Promise<string | undefined> {
  const isLink = (await files.stat(path))?.kind === "symlink";
  const target = isLink ? await waitFor(files.resolveInRoot("/", path), context) : path;
  const kind = (await files.stat(target))?.kind;
  if (kind === undefined || kind === "directory") return undefined;
  if (kind === "file") return target;
  throw new CdiSpecError(`it is a ${kind} and no file`);
}

interface ReadSpec {
  readonly path: string;
  readonly spec: CdiSpec;
  readonly names: ReadonlySet<string>;
  readonly faults: SpecFault[];
}

/** Keeps those that are wanted of a file; undefined stands for one that two files of the folder have. */
function addDevices(
  here: Map<string, CdiDevice | undefined>,
  { path, spec, names, faults }: ReadSpec,
): void {
  const file = { path, edits: spec.containerEdits };
  for (const [name, edits] of spec.devices) {
    const qualified = qualifiedName(spec.kind, name);
    if (!names.has(qualified)) continue;
    if (here.has(qualified)) {
      const other = here.get(qualified)?.file.path ?? "another file";
      faults.push({ path, why: `${qualified} is in ${other} as well` });
    }
    here.set(qualified, here.has(qualified) ? undefined : { edits, file });
  }
}
