import { parse as parseYaml } from "@std/yaml";
import { messageOf } from "../errors.ts";
import { areEmpty, type ContainerEdits, containerEditsFrom, NO_EDITS } from "./container_edits.ts";
import { Fields, SpecDocument } from "./fields.ts";
import { isKind, isName } from "./names.ts";
import { CdiSpecError, shown } from "./spec_error.ts";

/** What vendors say of their devices (CDI, SPEC.md, "CDI JSON Specification"). */
export interface CdiSpec {
  /** "vendor.com/class" */
  readonly kind: string;
  /** By name, one at least. */
  readonly devices: ReadonlyMap<string, ContainerEdits>;
  /** For whoever asks for any of the devices. */
  readonly containerEdits: ContainerEdits;
}

/** What a caller should read of a spec file at most. */
export const SPEC_FILE_BYTES_MAX: number = 1024 * 1024;

/** Whether a file of this name is a spec file. */
export function isSpecFile(name: string): boolean {
  return name.endsWith(".json") || name.endsWith(".yaml");
}

/**
 * Reads a spec file. One thing that is wrong is enough for none of it to count, as in containerd and CRI-O: what
 * was meant is not known then.
 *
 * @param name its name, which says whether it is JSON or YAML
 * @throws {CdiSpecError} with what is wrong.
 */
export function parseCdiSpec(name: string, content: Uint8Array): CdiSpec {
  const root = parse(name, textIn(content));
  const version = Object(root).cdiVersion;
  if (typeof version !== "string") throw new CdiSpecError("cdiVersion is missing, or no text");
  const document = new SpecDocument(version);
  const fields = new Fields(document, root, "", SPEC);
  const kind = fields.requiredText("kind");
  if (!isKind(kind)) throw new CdiSpecError(`kind ${shown(kind)} is not of the form vendor/class`);
  if (kind.slice(kind.indexOf("/")).includes(".")) document.require("0.6.0", "a dot in the class");
  if (fields.hasAnnotations("annotations")) document.require("0.6.0", "annotations");
  const edits = fields.part("containerEdits", (it, at) => containerEditsFrom(document, it, at));
  return { kind, devices: devicesFrom(document, fields), containerEdits: edits ?? NO_EDITS };
}

const SPEC = ["cdiVersion", "kind", "annotations", "devices", "containerEdits"];
const DEVICE = ["name", "annotations", "containerEdits"];

function devicesFrom(
  document: SpecDocument,
  fields: Fields,
): ReadonlyMap<string, ContainerEdits> {
  const devices = new Map<string, ContainerEdits>();
  fields.list("devices", (value, path) => {
    const { name, edits } = deviceFrom(document, value, path);
    if (devices.has(name)) throw new CdiSpecError(`devices has ${shown(name)} twice`);
    devices.set(name, edits);
  });
  if (devices.size === 0) throw new CdiSpecError("devices is missing, or empty");
  return devices;
}

function deviceFrom(
  document: SpecDocument,
  value: unknown,
  path: string,
): { readonly name: string; readonly edits: ContainerEdits } {
  const fields = new Fields(document, value, path, DEVICE);
  const name = fields.requiredText("name");
  if (!isName(name)) throw new CdiSpecError(`${path}.name ${shown(name)} is malformed`);
  if (/^[0-9]/.test(name)) document.require("0.5.0", `${path}.name that begins with a digit`);
  if (fields.hasAnnotations("annotations")) document.require("0.6.0", `${path}.annotations`);
  const edits = fields.part("containerEdits", (it, at) => containerEditsFrom(document, it, at));
  if (edits === undefined || areEmpty(edits)) {
    throw new CdiSpecError(`${path}.containerEdits is missing, or empty`);
  }
  return { name, edits };
}

function textIn(content: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    throw new CdiSpecError("it is not UTF-8");
  }
}

/** What is nested too deep overflows the parser's stack, which is an error like others. */
function parse(name: string, text: string): unknown {
  try {
    // The core schema takes no text for a date. An alias may lead back to what it is in: nothing here goes down
    // further than a spec file has levels.
    return name.endsWith(".json") ? JSON.parse(text) : parseYaml(text, { schema: "core" });
  } catch (error) {
    throw new CdiSpecError(`it cannot be parsed: ${messageOf(error)}`);
  }
}
