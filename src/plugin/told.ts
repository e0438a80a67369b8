import { Turns } from "../kernel/turns.ts";
import { shared } from "../kernel/shared_memory.ts";
import type { HookName } from "./hooks.ts";

/** What the plugins were told of one object, in this life of the daemon. */
export class Told {
  /** Who tells them something: one at a time. */
  readonly turns = new Turns();
  @shared
  accessor #isEndTold = false;
  @shared
  accessor #isRemovalTold = false;

  /** Whether a hook is to be called now: the end of a container once, and nothing after a removal but that. */
  begin(hook: HookName): boolean {
    if (hook.startsWith("remove")) return this.#isRemovalTold = true;
    if (this.#isRemovalTold) return false;
    if (hook !== "stopContainer") return true;
    if (this.#isEndTold) return false;
    return this.#isEndTold = true;
  }
}
