import { RuntimeError } from "./errors.ts";
import type { Change } from "./kernel/store.ts";

/** A change that writes an object down as JSON. */
export function putRecord(table: string, id: string, value: object): Change {
  return { kind: "put", record: { table, id, value: JSON.stringify(value) } };
}

/**
 * What a record's text says, to be validated.
 *
 * @throws {RuntimeError} INTERNAL when it is no JSON object.
 */
export function parseRecord(kind: string, id: string, value: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    throw damagedRecord(kind, id);
  }
  if (typeof parsed !== "object" || parsed === null) throw damagedRecord(kind, id);
  return parsed;
}

/** The error for a record that is not what we wrote. */
export function damagedRecord(kind: string, id: string): RuntimeError {
  return new RuntimeError("INTERNAL", `record of ${kind} "${id}" is damaged`);
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Whether a text names a cgroup below the root, and nothing else. */
export function isCgroupPath(value: unknown): value is string {
  return isText(value) && /^(\/[^/\0]+)+$/.test(value) &&
    value.split("/").every((segment) => segment !== "." && segment !== "..");
}
