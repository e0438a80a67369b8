import type { MountOptions, Mounts, MountSharing } from "../../src/kernel/mounts.ts";
import type { Life } from "./life.ts";

/** The port's mounts. */
export class SimMounts implements Mounts {
  readonly #life: Life;

  constructor(life: Life) {
    this.#life = life;
  }

  mount(source: string, target: string, options: MountOptions): Promise<void> {
    return this.#life.call("mounts.mount", [source, target], () => {
      this.#life.machine.tree.mount("mount", source, target, options.type, options.options);
    });
  }

  unmount(target: string): Promise<void> {
    return this.#life.call("mounts.unmount", target, () => {
      this.#life.machine.unmount("unmount", target);
    });
  }

  list(...paths: readonly string[]): Promise<readonly string[]> {
    const { tree } = this.#life.machine;
    return this.#life.call(
      "mounts.list",
      paths.length === 1 ? paths[0] : paths,
      () => paths.flatMap((it) => tree.mountsBelow(it)).map((it) => it.target),
    );
  }

  sharing(path: string): Promise<MountSharing> {
    return this.#life.call(
      "mounts.sharing",
      path,
      () => this.#life.machine.tree.sharing("sharing", path),
    );
  }
}
