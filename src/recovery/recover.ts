import {
  CONTAINER_STATUS_TABLE,
  CONTAINER_TABLE,
  type ContainerRecord,
  parseContainerRecord,
  parseContainerStatus,
} from "../container/record.ts";
import { Container } from "../container/container.ts";
import { containersDirectory } from "../container/paths.ts";
import { created, lost } from "../container/state.ts";
import { messageOf } from "../errors.ts";
import { IMAGE_TABLE } from "../image/record.ts";
import type { StoredRecord } from "../kernel/store.ts";
import type { NameRegistry } from "../registry/names.ts";
import type { Runtime } from "../runtime.ts";
import { sandboxesDirectory, sandboxFilesDirectory } from "../sandbox/paths.ts";
import {
  parseSandboxRecord,
  parseSandboxStatus,
  SANDBOX_STATUS_TABLE,
  SANDBOX_TABLE,
} from "../sandbox/record.ts";
import { Sandbox } from "../sandbox/sandbox.ts";
import { preparing, stopping } from "../sandbox/state.ts";
import { exitDirectory, runtimeRoot, tasksDirectory } from "../task/paths.ts";
import { forgetProcesses, isSameBoot, recordBoot, requireState } from "./boot.ts";
import { type Known, recoverContainer } from "./containers.ts";
import { quarantine } from "./quarantine.ts";
import { clearOrphans } from "./orphans.ts";
import { recoverSandbox } from "./sandboxes.ts";

const DIRECTORY_MODE = 0o711;

/**
 * What a new life of the daemon does first: finds its objects again and makes every state true. The
 * old life may have ended at any point, the machine with it. Nothing is served before it is done, and
 * no object can keep the others from being recovered. It may have been configured otherwise: pods keep the OCI
 * runtime, the cgroup and the network that they were run with.
 *
 * Order: records, so that every object can be found; sandboxes, since containers depend on them;
 * containers; then what has no record.
 *
 * @throws {RuntimeError} FAILED_PRECONDITION where the state of these pods is in another folder.
 */
export async function recover(runtime: Runtime): Promise<void> {
  const { kernel, config } = runtime;
  for (
    const directory of [
      tasksDirectory(config),
      exitDirectory(config),
      runtimeRoot(config),
      sandboxesDirectory(config),
      sandboxFilesDirectory(config),
      containersDirectory(config),
    ]
  ) await kernel.files.mkdir(directory, DIRECTORY_MODE);
  await kernel.cgroups.create(config.cgroupParent);
  await runtime.exitFiles.watch(runtime.life);
  const loaded = await kernel.store.load();
  const sameBoot = await isSameBoot(kernel, loaded);
  if (sameBoot) requireState(config, loaded);
  const records = sameBoot ? loaded : await forgetProcesses(kernel, loaded);
  await runtime.images.recover(records.filter((it) => it.table === IMAGE_TABLE));
  await loadSandboxes(runtime, records);
  await loadContainers(runtime, records);

  await dropStrayStatuses(runtime, records);

  const processes = await kernel.processes.list();
  const known = { isSameBoot: sameBoot, processes };
  await Promise.all(
    [...runtime.sandboxes.values()].map((sandbox) =>
      retried(runtime, sandbox.id, known, async (it) => {
        if (runtime.sandboxes.get(sandbox.id) === sandbox) {
          await recoverSandbox(runtime, sandbox, it);
        }
      })
    ),
  );
  await Promise.all(
    [...runtime.containers.values()].map((container) =>
      retried(runtime, container.id, known, async (it) => {
        if (runtime.containers.get(container.id) === container) {
          await recoverContainer(runtime, container, it);
        }
      })
    ),
  );
  await clearOrphans(runtime);
  await runtime.images.collect();
  await recordBoot(kernel, config);
}

/**
 * Recovers one object, now or as soon as it can be done: until then it stays as it was recorded, with
 * nobody to watch it, and the others are served.
 */
async function retried(
  runtime: Runtime,
  id: string,
  known: Known,
  recoverOne: (known: Known) => Promise<void>,
): Promise<void> {
  let now: Known | undefined = known;
  await runtime.janitor.clear(id, async () => {
    const { isSameBoot } = known;
    // What was read for the first try is a memory by the second.
    const present = now ?? { isSameBoot, processes: await runtime.kernel.processes.list() };
    now = undefined;
    await recoverOne(present);
  });
}

async function loadSandboxes(runtime: Runtime, records: readonly StoredRecord[]): Promise<void> {
  const statuses = byId(records, SANDBOX_STATUS_TABLE);
  for (const { table, id, value } of records) {
    if (table !== SANDBOX_TABLE) continue;
    try {
      const record = parseSandboxRecord(id, value);
      const status = parseOr(
        () => parseSandboxStatus(id, statuses.get(id) ?? ""),
        () => stopping(preparing(0)),
      );
      runtime.sandboxes.add(new Sandbox(record, status, runtime.kernel, runtime.events));
      reserve(runtime, runtime.sandboxNames, record);
    } catch (error) {
      await quarantine(runtime, [SANDBOX_TABLE, SANDBOX_STATUS_TABLE], id, records, error);
    }
  }
}

async function loadContainers(runtime: Runtime, records: readonly StoredRecord[]): Promise<void> {
  const statuses = byId(records, CONTAINER_STATUS_TABLE);
  for (const { table, id, value } of records) {
    if (table !== CONTAINER_TABLE) continue;
    try {
      const record = parseContainerRecord(id, value);
      const status = parseOr(
        () => parseContainerStatus(id, statuses.get(id) ?? ""),
        () => lost(created(runtime.kernel.clock.nowMicros()), "its status record is damaged"),
      );
      runtime.containers.add(new Container(record, status, runtime.kernel, runtime.events));
      retainLayers(runtime, record);
      reserve(runtime, runtime.containerNames, record);
    } catch (error) {
      await quarantine(runtime, [CONTAINER_TABLE, CONTAINER_STATUS_TABLE], id, records, error);
    }
  }
}

/** Somebody may have removed layers behind our back: the container stays, to be removed. */
function retainLayers(runtime: Runtime, { id, image }: ContainerRecord): void {
  try {
    runtime.images.retain(id, image.layers);
  } catch (error) {
    runtime.telemetry.log("error", "layers of a container are gone", {
      id,
      error: messageOf(error),
    });
  }
}

/** A status without its record is what a commit left that was answered with an error. */
async function dropStrayStatuses(
  runtime: Runtime,
  records: readonly StoredRecord[],
): Promise<void> {
  const strays = records.filter(({ table, id }) =>
    (table === CONTAINER_STATUS_TABLE && runtime.containers.get(id) === undefined) ||
    (table === SANDBOX_STATUS_TABLE && runtime.sandboxes.get(id) === undefined)
  );
  if (strays.length === 0) return;
  await runtime.kernel.store.commit(
    strays.map(({ table, id }) => ({ kind: "delete", table, id })),
  );
}

/** Two records with one name cannot be of our making; the second keeps working, by id. */
function reserve(
  runtime: Runtime,
  names: NameRegistry,
  record: { readonly id: string; readonly name: string },
): void {
  try {
    names.reserve(record.name, record.id);
  } catch (error) {
    runtime.telemetry.log("error", "two records have one name", {
      id: record.id,
      error: messageOf(error),
    });
  }
}

function parseOr<T>(parse: () => T, otherwise: () => T): T {
  try {
    return parse();
  } catch {
    return otherwise();
  }
}

function byId(records: readonly StoredRecord[], table: string): ReadonlyMap<string, string> {
  return new Map(records.filter((it) => it.table === table).map((it) => [it.id, it.value]));
}
