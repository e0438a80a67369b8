/**
 * What devices, and kinds of them, are called: `vendor.com/class=name` (CDI, SPEC.md, "Kind" and "CDI Devices").
 *
 * The specification wants a DNS subdomain before the slash. Which letters may be where is taken from what the
 * runtimes check all the same (container-device-interface, pkg/parser/parser.go): a vendor may have a "_", and a
 * name colons, as NVIDIA's parts of a GPU have ("0:1"). How long the two parts of a kind may be is the
 * specification's.
 *
 * @module
 */

const VENDOR = /^[A-Za-z](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?$/;
const CLASS = /^[A-Za-z](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_.:-]{0,1021}[A-Za-z0-9])?$/;

/** Whether it is the kind of a device: "vendor.com/class". */
export function isKind(text: string): boolean {
  const [vendor, kindClass] = parted(text, "/");
  return VENDOR.test(vendor) && CLASS.test(kindClass);
}

/** Whether a device may have this name among those of its kind. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** Whether it names one device on the whole host: "vendor.com/class=name". */
export function isQualifiedName(text: string): boolean {
  const [kind, name] = parted(text, "=");
  return isKind(kind) && isName(name);
}

/** The one name on the whole host of a device. */
export function qualifiedName(kind: string, name: string): string {
  return `${kind}=${name}`;
}

function parted(text: string, separator: string): readonly [before: string, after: string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
