import type { Cgroups, CgroupUsage, Cpuset } from "../../src/kernel/cgroups.ts";
import { AGAIN } from "../step.ts";
import type { Process } from "../world/process.ts";
import { SIGKILL } from "../world/process_table.ts";
import type { Life } from "./life.ts";

/** The port's control groups. */
export class SimCgroups implements Cgroups {
  readonly #life: Life;

  constructor(life: Life) {
    this.#life = life;
  }

  /** Moves take no time here. */
  expectMove(): void {}

  create(path: string): Promise<void> {
    return this.#life.call("cgroups.create", path, () => {
      this.#life.machine.cgroups.create(path);
    });
  }

  processes(path: string): Promise<readonly number[]> {
    return this.#life.call(
      "cgroups.processes",
      path,
      () => this.#members(path).map((it) => it.pid),
    );
  }

  /** Reads first and kills then, as without cgroup.kill: a child forked meanwhile is missed. */
  kill(path: string): Promise<void> {
    let members: readonly Process[] | undefined;
    return this.#life.call<void>("cgroups.kill", path, () => {
      if (members === undefined) {
        members = this.#members(path);
        return members.length === 0 ? undefined : AGAIN;
      }
      const { machine, process: sender } = this.#life;
      for (const process of members) machine.processes.signal(process, SIGKILL, sender);
      return undefined;
    });
  }

  remove(path: string): Promise<void> {
    return this.#life.call("cgroups.remove", path, () => {
      this.#life.machine.cgroups.remove("remove", path);
    });
  }

  oomKills(path: string): Promise<number> {
    return this.#life.call(
      "cgroups.oomKills",
      path,
      () => this.#life.machine.cgroups.find(path)?.oomKills ?? 0,
    );
  }

  cpuset(path: string): Promise<Cpuset | undefined> {
    return this.#life.call("cgroups.cpuset", path, () => {
      const group = this.#life.machine.cgroups.find(path);
      if (group === undefined) return undefined;
      return { cpus: group.effective("cpuset.cpus"), mems: group.effective("cpuset.mems") };
    });
  }

  usage(path: string): Promise<CgroupUsage | undefined> {
    return this.#life.call(
      "cgroups.usage",
      path,
      () => this.#life.machine.cgroups.find(path)?.usage(),
    );
  }

  processCount(path: string): Promise<number> {
    return this.#life.call("cgroups.processCount", path, () => this.#members(path).length);
  }

  #members(path: string): readonly Process[] {
    return this.#life.machine.cgroups.find(path)?.allProcesses() ?? [];
  }
}
