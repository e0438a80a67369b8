import type { OciHook, OciHookName, OciIntelRdt } from "../oci/runtime_spec.ts";
import { Fields, type SpecDocument } from "./fields.ts";
import { CdiSpecError, shown } from "./spec_error.ts";

/** A device node that a container gets. What is undefined is as the host's node has it. */
export interface DeviceNode {
  /** Where the container has it. */
  readonly path: string;
  /** Where the host has it. */
  readonly hostPath: string;
  readonly type: "b" | "c" | "p" | undefined;
  readonly major: number | undefined;
  readonly minor: number | undefined;
  readonly fileMode: number | undefined;
  /** In the container. */
  readonly uid: number | undefined;
  /** In the container. */
  readonly gid: number | undefined;
  /** Some of "r", "w", "m", for the container's cgroup; empty for none. */
  readonly permissions: string;
}

/** A file system, or a part of the host's, that a container sees. */
export interface EditMount {
  readonly hostPath: string;
  readonly containerPath: string;
  /** Empty for a bind mount. */
  readonly type: string;
  readonly options: readonly string[];
}

/** A program that is executed at some point of a container's life. */
export interface EditHook {
  readonly name: OciHookName;
  readonly hook: OciHook;
}

/** What is to be changed in a container's OCI spec, checked (CDI, SPEC.md, "OCI Edits"). */
export interface ContainerEdits {
  /** "NAME=value" each. */
  readonly env: readonly string[];
  readonly deviceNodes: readonly DeviceNode[];
  readonly mounts: readonly EditMount[];
  readonly hooks: readonly EditHook[];
  readonly additionalGids: readonly number[];
  readonly intelRdt: OciIntelRdt | undefined;
  /** What the specification has and we cannot do, by the names of the fields. */
  readonly unsupported: readonly string[];
}

/** Changes nothing. */
export const NO_EDITS: ContainerEdits = {
  env: [],
  deviceNodes: [],
  mounts: [],
  hooks: [],
  additionalGids: [],
  intelRdt: undefined,
  unsupported: [],
};

/**
 * Reads the edits of a spec file, or of a device in it.
 *
 * @throws {CdiSpecError} with what is wrong.
 */
export function containerEditsFrom(
  document: SpecDocument,
  value: unknown,
  path: string,
): ContainerEdits {
  const fields = new Fields(document, value, path, EDITS);
  const netDevices = fields.list("netDevices", (it, at) => checkNetDevice(document, it, at));
  const additionalGids = fields.list("additionalGids", (it, at) => groupId(it, at));
  const rdt = fields.part("intelRdt", (it, at) => intelRdtFrom(document, it, at));
  if (netDevices.length > 0) document.require("1.1.0", `${path}.netDevices`);
  if (additionalGids.length > 0) document.require("0.7.0", `${path}.additionalGids`);
  if (rdt !== undefined) document.require("0.7.0", `${path}.intelRdt`);
  return {
    env: fields.variables("env"),
    deviceNodes: fields.list("deviceNodes", (it, at) => deviceNodeFrom(document, it, at)),
    mounts: fields.list("mounts", (it, at) => mountFrom(document, it, at)),
    hooks: fields.list("hooks", (it, at) => hookFrom(document, it, at)),
    // "Values of 0 are ignored."
    additionalGids: additionalGids.filter((it) => it !== 0),
    intelRdt: rdt?.settings,
    unsupported: [...netDevices.slice(0, 1), ...rdt?.unsupported ?? []],
  };
}

/** Several edits in one, in their order; of Intel RDT a container has one setting, the last. */
export function joinedEdits(edits: readonly ContainerEdits[]): ContainerEdits {
  return {
    env: edits.flatMap((it) => it.env),
    deviceNodes: edits.flatMap((it) => it.deviceNodes),
    mounts: edits.flatMap((it) => it.mounts),
    hooks: edits.flatMap((it) => it.hooks),
    additionalGids: edits.flatMap((it) => it.additionalGids),
    intelRdt: edits.findLast((it) => it.intelRdt !== undefined)?.intelRdt,
    unsupported: edits.flatMap((it) => it.unsupported),
  };
}

/** Whether they change nothing. */
export function areEmpty(edits: ContainerEdits): boolean {
  return edits.intelRdt === undefined && [
    ...[edits.env, edits.deviceNodes, edits.mounts],
    ...[edits.hooks, edits.additionalGids, edits.unsupported],
  ].every((it) => it.length === 0);
}

const EDITS = [
  ...["env", "deviceNodes", "netDevices", "mounts", "hooks", "intelRdt", "additionalGids"],
];
const DEVICE_NODE = [
  ...["path", "hostPath", "type", "major", "minor", "fileMode", "permissions", "uid", "gid"],
];
const MOUNT = ["hostPath", "containerPath", "type", "options"];
const HOOK = ["hookName", "path", "args", "env", "timeout"];
const NET_DEVICE = ["hostInterfaceName", "name"];
/** The last two went with version 1.1.0, and are understood in older files. */
const INTEL_RDT = [
  ...["closID", "l3CacheSchema", "memBwSchema", "schemata", "enableMonitoring"],
  ...["enableCMT", "enableMBM"],
];
const HOOK_NAMES: readonly string[] = [
  "prestart",
  "createRuntime",
  "createContainer",
  "startContainer",
  "poststart",
  "poststop",
] satisfies readonly OciHookName[];
/** "u" is an unbuffered character device, which Linux does not tell from others (man 1 mknod). */
const TYPES: ReadonlyMap<string, "b" | "c" | "p"> = new Map([
  ...[["b", "b"], ["c", "c"], ["u", "c"], ["p", "p"]] as const,
]);
const UINT32_MAX = 0xffffffff;
/** runc takes no larger ids, since it keeps them in an int32. */
const ID_MAX = 0x7fffffff;
/** Of a file's mode, without its type. */
const MODE_BITS = 0o7777;
/** The name of a folder (man 7 path_resolution); "/" is the one that everybody is in. */
const CLOS_NAME_LENGTH_MAX = 4_095;

function deviceNodeFrom(document: SpecDocument, value: unknown, path: string): DeviceNode {
  const fields = new Fields(document, value, path, DEVICE_NODE);
  const containerPath = fields.absolutePath("path");
  if (fields.text("hostPath") !== undefined) document.require("0.5.0", `${path}.hostPath`);
  const hostPath = fields.text("hostPath") ?? containerPath;
  if (!hostPath.startsWith("/")) throw new CdiSpecError(`${path}.hostPath is not absolute`);
  const typeName = fields.text("type");
  const type = TYPES.get(typeName ?? "");
  if (typeName !== undefined && type === undefined) {
    throw new CdiSpecError(`${path}.type ${shown(typeName)} is none of b, c, u, p`);
  }
  const mode = fields.whole("fileMode", UINT32_MAX);
  return {
    path: containerPath,
    hostPath,
    type,
    major: fields.whole("major", UINT32_MAX),
    minor: fields.whole("minor", UINT32_MAX),
    fileMode: mode === undefined ? undefined : mode & MODE_BITS,
    uid: fields.whole("uid", UINT32_MAX),
    gid: fields.whole("gid", UINT32_MAX),
    permissions: permissionsFrom(fields.text("permissions") ?? "rwm", path),
  };
}

function permissionsFrom(text: string, path: string): string {
  if (text === "none") return "";
  if (/^[rwm]+$/.test(text)) return [..."rwm"].filter((it) => text.includes(it)).join("");
  throw new CdiSpecError(`${path}.permissions ${shown(text)} are neither "none" nor of r, w, m`);
}

function mountFrom(document: SpecDocument, value: unknown, path: string): EditMount {
  const fields = new Fields(document, value, path, MOUNT);
  const type = fields.text("type") ?? "";
  if (type !== "") document.require("0.4.0", `${path}.type`);
  return {
    hostPath: fields.requiredText("hostPath"),
    containerPath: fields.absolutePath("containerPath"),
    type,
    options: fields.texts("options"),
  };
}

function hookFrom(document: SpecDocument, value: unknown, path: string): EditHook {
  const fields = new Fields(document, value, path, HOOK);
  const name = fields.requiredText("hookName");
  if (!HOOK_NAMES.includes(name)) {
    throw new CdiSpecError(`${path}.hookName ${shown(name)} is none of ${HOOK_NAMES.join(", ")}`);
  }
  const [args, env] = [fields.texts("args"), fields.variables("env")];
  const timeout = fields.whole("timeout", ID_MAX, 1);
  return {
    name: name as OciHookName,
    hook: {
      path: fields.absolutePath("path"),
      ...(args.length === 0 ? {} : { args }),
      ...(env.length === 0 ? {} : { env }),
      ...(timeout === undefined ? {} : { timeout }),
    },
  };
}

function checkNetDevice(document: SpecDocument, value: unknown, path: string): string {
  const fields = new Fields(document, value, path, NET_DEVICE);
  fields.requiredText("hostInterfaceName");
  fields.requiredText("name");
  return "netDevices";
}

function groupId(value: unknown, path: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= ID_MAX) {
    return value;
  }
  throw new CdiSpecError(`${path} is no group id from 0 to ${ID_MAX}`);
}

/** Settings of resctrl, and which of them runc 1.1 would pass over without a word (runc, specconv). */
function intelRdtFrom(
  document: SpecDocument,
  value: unknown,
  path: string,
): { readonly settings: OciIntelRdt; readonly unsupported: readonly string[] } {
  const fields = new Fields(document, value, path, INTEL_RDT);
  const hasSchemata = fields.texts("schemata").length > 0;
  if (hasSchemata) document.require("1.1.0", `${path}.schemata`);
  const flags = ["enableMonitoring", "enableCMT", "enableMBM"].filter((it) => fields.isSet(it));
  if (flags.includes("enableMonitoring")) document.require("1.1.0", `${path}.enableMonitoring`);
  const closID = fields.text("closID");
  if (closID !== undefined && !isClosName(closID)) {
    throw new CdiSpecError(`${path}.closID ${shown(closID)} is no name of a folder`);
  }
  const schemas = {
    l3CacheSchema: fields.text("l3CacheSchema"),
    memBwSchema: fields.text("memBwSchema"),
  };
  const given = Object.entries({ closID, ...schemas }).filter(([, it]) => it !== undefined);
  return {
    settings: Object.fromEntries(given),
    unsupported: [...hasSchemata ? ["schemata"] : [], ...flags].map((it) => `intelRdt.${it}`),
  };
}

function isClosName(text: string): boolean {
  return text === "/" ||
    (text.length <= CLOS_NAME_LENGTH_MAX && text !== "." && text !== ".." && !/[/\n]/.test(text));
}
