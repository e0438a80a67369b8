import type { Change } from "../kernel/store.ts";
import { damagedRecord, isCgroupPath, isText, parseRecord, putRecord } from "../records.ts";
import { isId } from "../registry/ids.ts";
import type { SandboxConfig } from "./config.ts";
import type { SandboxStatus } from "./state.ts";

/** Where records of sandboxes are kept; what never changes, apart from what does. */
export const SANDBOX_TABLE = "sandbox";
export const SANDBOX_STATUS_TABLE = "sandbox_status";
const VERSION = 1;

/** What is known of a sandbox before its first step, and never changes. */
export interface SandboxRecord {
  /** @internal Format of the record on disk. */
  readonly version: typeof VERSION;
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Unique among sandboxes: the parts of its metadata, joined by "_". */
  readonly name: string;
  /** As the client gave it. */
  readonly config: SandboxConfig;
  /** CRI's runtime handler, as the client gave it. */
  readonly handler: string;
  /**
   * The OCI runtime that the handler stood for when the pod was run: an absolute path, or a name in PATH. It
   * made the tasks, and knows them, whatever the handler stands for by now. Undefined in older records.
   */
  readonly ociRuntime: string | undefined;
  /** The pod's name for itself: its own, or the host's on the host's network. */
  readonly hostname: string;
  /** The pod's cgroup: its client's, or one of its own below the daemon's. */
  readonly cgroup: string;
  /** Whether the cgroup is ours to remove. */
  readonly ownsCgroup: boolean;
  /** The network configuration that it is attached with; undefined on the host's network. */
  readonly networkList: string | undefined;
}

/** The record of a new sandbox. */
export function sandboxRecord(fields: Omit<SandboxRecord, "version">): SandboxRecord {
  return { version: VERSION, ...fields };
}

export function putSandbox(record: SandboxRecord): Change {
  return putRecord(SANDBOX_TABLE, record.id, record);
}

export function putSandboxStatus(id: string, status: SandboxStatus): Change {
  return putRecord(SANDBOX_STATUS_TABLE, id, { version: VERSION, ...status });
}

/** Forgets a sandbox. */
export function deleteSandboxRecord(id: string): readonly Change[] {
  return [
    { kind: "delete", table: SANDBOX_TABLE, id },
    { kind: "delete", table: SANDBOX_STATUS_TABLE, id },
  ];
}

/**
 * A record as it comes from the disk.
 *
 * @throws {RuntimeError} INTERNAL when it is not what we wrote.
 */
export function parseSandboxRecord(id: string, value: string): SandboxRecord {
  const record = parseRecord("sandbox", id, value) as Partial<SandboxRecord>;
  const isWhole = record.version === VERSION && record.id === id && isId(id) &&
    isText(record.name) && isText(record.handler) &&
    isText(record.hostname) && typeof record.ownsCgroup === "boolean" &&
    isCgroupPath(record.cgroup) && record.config?.metadata !== undefined &&
    record.config.namespaces !== undefined &&
    (record.networkList === undefined || isText(record.networkList)) &&
    (record.ociRuntime === undefined || isText(record.ociRuntime));
  if (!isWhole) throw damagedRecord("sandbox", id);
  return { networkList: undefined, ociRuntime: undefined, ...record } as SandboxRecord;
}

/** As `parseSandboxRecord`, for the status. */
export function parseSandboxStatus(id: string, value: string): SandboxStatus {
  const { version, ...fields } = parseRecord("sandbox", id, value) as
    & Partial<SandboxStatus>
    & { version?: unknown };
  const phases: readonly unknown[] = ["PREPARING", "READY", "STOPPING", "STOPPED"];
  const isWhole = version === VERSION && phases.includes(fields.phase) &&
    Number.isSafeInteger(fields.createdAt);
  if (!isWhole) throw damagedRecord("sandbox", id);
  return { network: undefined, pause: undefined, isStopTold: false, ...fields } as SandboxStatus;
}
