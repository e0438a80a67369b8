import type { Choice, Chooser } from "../chooser.ts";
import { Prng } from "../random.ts";

/** Takes any step that can run, each as likely as the others. */
export class RandomWalk implements Chooser {
  readonly #random: Prng;

  /** Two walks of one seed take the same way, as long as they are offered the same steps. */
  constructor(seed: number) {
    this.#random = new Prng(seed, "chooser");
  }

  /** Draws one of `runnable`. */
  pick(runnable: readonly Choice[]): number {
    return runnable.length === 1 ? 0 : this.#random.below(runnable.length);
  }
}
