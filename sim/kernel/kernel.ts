import type { Clock } from "../../src/kernel/clock.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import type { Random } from "../../src/kernel/random.ts";
import type { VirtualClock } from "../clock.ts";
import { SimCgroups } from "./cgroups.ts";
import { SimFiles } from "./files.ts";
import type { Life } from "./life.ts";
import { SimMounts } from "./mounts.ts";
import { SimNamespaces } from "./namespaces.ts";
import { SimProcesses } from "./processes.ts";
import { SimStore } from "./store.ts";

const NOTHING: Disposable = { [Symbol.dispose]: () => {} };

/** The port on the simulated machine, for one life of the daemon. */
export function kernelOf(life: Life): Kernel {
  const processes = new SimProcesses(life);
  return {
    name: "sim",
    machine: { architecture: "x86_64", kernelRelease: "6.1.0-sim" },
    clock: new SimClock(life),
    random: new SimRandom(life),
    processes,
    files: new SimFiles(life),
    mounts: new SimMounts(life),
    namespaces: new SimNamespaces(life, processes),
    cgroups: new SimCgroups(life),
    store: new SimStore(life),
  };
}

class SimClock implements Clock {
  readonly #life: Life;

  constructor(life: Life) {
    this.#life = life;
  }

  nowMicros(): number {
    return this.#clock().realtimeMicros;
  }

  monotonicMs(): number {
    return this.#clock().monotonicMicros / 1_000;
  }

  after(ms: number, fire: () => void): Disposable {
    const life = this.#life;
    if (life.isOver) return NOTHING;
    this.#clock();
    return life.machine.scheduler.after(life.task, life.process, Math.ceil(ms * 1_000), fire);
  }

  #clock(): VirtualClock {
    const { clock } = this.#life.machine.scheduler;
    clock.catchUp();
    return clock;
  }
}

class SimRandom implements Random {
  readonly #life: Life;

  constructor(life: Life) {
    this.#life = life;
  }

  bytes(length: number): Uint8Array {
    return this.#life.machine.randomBytes(length);
  }
}
