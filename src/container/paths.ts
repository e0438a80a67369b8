import type { Config } from "../config.ts";
import { taskPaths } from "../task/paths.ts";

/** Where a container keeps its files, apart from its task. A function of its id alone. */
export interface ContainerPaths {
  /** The writable layer and the volumes: survives a reboot. */
  readonly directory: string;
  readonly volumes: string;
  /** Pin of another container's PID namespace, for mode TARGET. */
  readonly targetPin: string;
}

export function containerPaths(config: Config, id: string): ContainerPaths {
  const directory = `${containersDirectory(config)}/${id}`;
  return {
    directory,
    volumes: `${directory}/volumes`,
    targetPin: `${taskPaths(config, id).bundle}/target-pid`,
  };
}

export function containersDirectory(config: Config): string {
  return `${config.root}/containers`;
}
