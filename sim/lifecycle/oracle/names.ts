import type { Lifecycle, NamesView } from "../operations.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/** Objects with names. */
type Named = Iterable<{ readonly id: string; readonly record: { readonly name: string } }>;

/**
 * I7: a name stands for one object, and an object has its name. Asked whenever an object appears or
 * goes; a name without an object is a creation's that is under way, or one that is being undone.
 */
export class Names implements Checker {
  constructor(readonly facts: Facts) {}

  appeared(): void {
    this.#checkHeld();
  }

  vanished(): void {
    this.#checkHeld();
  }

  sandboxAppeared(): void {
    this.#checkHeld();
  }

  sandboxVanished(): void {
    this.#checkHeld();
  }

  refused({ kind, runtime }: Call): void {
    if (kind === "CreateContainer" || kind === "RunPodSandbox") this.#checkSpare(runtime);
  }

  atRest(runtime: Lifecycle): void {
    this.#checkHeld();
    this.#checkSpare(runtime);
  }

  /** Each object has its name, and has it alone. */
  #checkHeld(): void {
    const { runtime } = this.facts;
    if (runtime === undefined) return;
    requireNames(runtime.containers.values(), runtime.containerNames);
    requireNames(runtime.sandboxes.values(), runtime.sandboxNames);
  }

  /** Where nobody creates anything, no name is without an object. */
  #checkSpare(runtime: Lifecycle): void {
    if (runtime !== this.facts.runtime) return;
    const isCreating = [...this.facts.calls].some(({ kind }) =>
      kind === "CreateContainer" || kind === "RunPodSandbox"
    );
    if (isCreating) return;
    for (const [name, id] of runtime.containerNames.entries()) {
      hold(runtime.containers.get(id) !== undefined, "I7", () => `${name} of nobody is held`);
    }
    for (const [name, id] of runtime.sandboxNames.entries()) {
      hold(runtime.sandboxes.get(id) !== undefined, "I7", () => `${name} of nobody is held`);
    }
  }
}

function requireNames(objects: Named, names: NamesView): void {
  const entries = names.entries();
  for (const { id, record } of objects) {
    const holder = entries.get(record.name);
    hold(
      holder === id,
      "I7",
      () => `name ${record.name} of ${short(id)} is ${holder === undefined ? "free" : "another's"}`,
    );
  }
}
