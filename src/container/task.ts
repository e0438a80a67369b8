import type { Runtime } from "../runtime.ts";
import type { TaskIdentity } from "../task/task.ts";
import type { ContainerRecord } from "./record.ts";

/** Which task is a container's: enough to create it, and to end it whatever is left of it. */
export function taskIdentity(runtime: Runtime, record: ContainerRecord): TaskIdentity {
  return {
    id: record.id,
    runtime: runtime.ociRuntimeOf(record),
    cgroup: record.cgroup,
  };
}
