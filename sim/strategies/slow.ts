import { ADVANCE_CLOCK, type Choice, type Chooser } from "../chooser.ts";
import { Prng } from "../random.ts";

/** Another strategy on a machine that is slow at times: a timer fires though something can run. */
export class Slow implements Chooser {
  readonly #random: Prng;

  /** `slowness` is asked before each step: the probability that time passes before it. */
  constructor(
    readonly inner: Chooser,
    seed: number,
    readonly slowness: () => number,
  ) {
    this.#random = new Prng(seed, "slowness");
  }

  /** Lets time pass, or leaves it to the other strategy. */
  pick(runnable: readonly Choice[], canAdvance: boolean): number {
    if (canAdvance && this.#random.chance(this.slowness())) return ADVANCE_CLOCK;
    return this.inner.pick(runnable, canAdvance);
  }
}
