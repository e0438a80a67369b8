import type { Change } from "../kernel/store.ts";
import { damagedRecord, isCgroupPath, isText, parseRecord, putRecord } from "../records.ts";
import { isId } from "../registry/ids.ts";
import type { ContainerConfig, LinuxResources } from "./config.ts";
import type { ContainerStatus } from "./state.ts";

/** Where records of containers are kept; what never changes, apart from what does. */
export const CONTAINER_TABLE = "container";
export const CONTAINER_STATUS_TABLE = "container_status";
const VERSION = 1;

/** The user that a container's processes run as, once the image was asked. */
export interface ContainerUser {
  /** In the daemon's user namespace. */
  readonly uid: number;
  /** The primary group. */
  readonly gid: number;
  /** In order; the primary group is among them. */
  readonly additionalGids: readonly number[];
}

/** What is known of a container from its creation on, and never changes. */
export interface ContainerRecord {
  /** @internal Format of the record on disk. */
  readonly version: typeof VERSION;
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Unique among containers: the parts of its and its pod's metadata, joined by "_". */
  readonly name: string;
  /** The full id. */
  readonly sandboxId: string;
  /** As the client gave it. */
  readonly config: ContainerConfig;
  /** The image that it was made from, which may have lost its names since, or be gone. */
  readonly image: {
    readonly id: string;
    /** A name of the image with its digest, or its id. */
    readonly reference: string;
    readonly layers: readonly string[];
  };
  /** Whom its first process runs as. */
  readonly user: ContainerUser;
  /** An absolute path; /dev/null for no log. */
  readonly logPath: string;
  /** As the client or the image has it: "SIGUSR1", "15", "SIGRTMIN+3"; empty for SIGTERM. */
  readonly stopSignal: string;
  /** Its path below the root of the hierarchies; in the sandbox's group, under its own id. */
  readonly cgroup: string;
  /** CRI's runtime handler of the sandbox. */
  readonly handler: string;
  /** The sandbox's OCI runtime: an absolute path, or a name in PATH; undefined in older records. */
  readonly ociRuntime: string | undefined;
}

/** The record of a new container. */
export function containerRecord(fields: Omit<ContainerRecord, "version">): ContainerRecord {
  return { version: VERSION, ...fields };
}

export function putContainer(record: ContainerRecord): Change {
  return putRecord(CONTAINER_TABLE, record.id, record);
}

export function putContainerStatus(id: string, status: ContainerStatus): Change {
  return putRecord(CONTAINER_STATUS_TABLE, id, { version: VERSION, ...status });
}

/** Forgets a container. */
export function deleteContainerRecord(id: string): readonly Change[] {
  return [
    { kind: "delete", table: CONTAINER_TABLE, id },
    { kind: "delete", table: CONTAINER_STATUS_TABLE, id },
  ];
}

/**
 * A record as it comes from the disk.
 *
 * @throws {RuntimeError} INTERNAL when it is not what we wrote.
 */
export function parseContainerRecord(id: string, value: string): ContainerRecord {
  const record = parseRecord("container", id, value) as Partial<ContainerRecord>;
  const isWhole = record.version === VERSION && record.id === id && isId(id) &&
    isText(record.name) && isText(record.sandboxId) && isId(record.sandboxId) &&
    isText(record.logPath) && isText(record.stopSignal) && isText(record.handler) &&
    isCgroupPath(record.cgroup) &&
    (record.ociRuntime === undefined || isText(record.ociRuntime)) &&
    isText(record.image?.id) && isText(record.image.reference) &&
    Array.isArray(record.image.layers) && record.image.layers.every(isText) &&
    Number.isSafeInteger(record.user?.uid) && isText(record.config?.metadata?.name) &&
    record.config.security !== undefined && record.config.resources !== undefined;
  if (!isWhole) throw damagedRecord("container", id);
  return { ociRuntime: undefined, ...record } as ContainerRecord;
}

/** As `parseContainerRecord`, for the status. */
export function parseContainerStatus(id: string, value: string): ContainerStatus {
  const { version, ...fields } = parseRecord("container", id, value) as
    & Partial<ContainerStatus>
    & { version?: unknown };
  const states: readonly unknown[] = ["CREATED", "RUNNING", "EXITED", "UNKNOWN"];
  const numbers = [
    fields.createdAt,
    fields.startIntentAt,
    fields.startedAt,
    fields.finishedAt,
    fields.exitCode,
  ];
  const isWhole = version === VERSION && states.includes(fields.state) &&
    numbers.every(Number.isSafeInteger) && isText(fields.reason) && isText(fields.message) &&
    typeof fields.isRemoving === "boolean" &&
    [fields.resources, fields.resourcesIntended].every((it) => it === undefined || isLimits(it));
  if (!isWhole) throw damagedRecord("container", id);
  return {
    init: undefined,
    supervisor: undefined,
    stopRequest: undefined,
    resources: undefined,
    resourcesIntended: undefined,
    ...fields,
  } as ContainerStatus;
}

function isLimits(value: Partial<LinuxResources>): boolean {
  const names = ["cpuPeriod", "cpuQuota", "cpuShares", "memoryLimitBytes", "memorySwapLimitBytes"];
  return names.every((it) => Number.isSafeInteger(value?.[it as keyof LinuxResources])) &&
    isText(value.cpusetCpus) && isText(value.cpusetMems) &&
    Array.isArray(value.hugepageLimits) && typeof value.unified === "object";
}
