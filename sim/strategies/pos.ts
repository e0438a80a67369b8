import type { Choice, Chooser } from "../chooser.ts";
import { Prng } from "../random.ts";
import { mayConflict, namesOf } from "./conflict.ts";

/** What is known of a step that can run. */
interface Draw {
  priority: number;
  /** The choice at which it was offered last. */
  offeredAt: number;
  readonly names: readonly string[];
}

/**
 * Partial order sampling (Yuan, Yang, Gu: Partial Order Aware Concurrency Sampling, CAV 2018). Every
 * step has a random priority, and the highest that can run does; those that may conflict with it
 * ({@linkcode mayConflict}) draw again, the others keep theirs. So what is decided is the order of
 * steps that matter to each other, and a step may stay behind for long while others go on.
 */
export class Pos implements Chooser {
  readonly #random: Prng;
  readonly #draws = new WeakMap<Choice, Draw>();
  #choices = 0;

  /** The same seed draws the same priorities. */
  constructor(seed: number) {
    this.#random = new Prng(seed, "pos");
  }

  /** The step of the highest priority. */
  pick(runnable: readonly Choice[]): number {
    this.#choices++;
    if (runnable.length === 1) return 0;
    const draws = runnable.map((step) => this.#drawOf(step));
    let chosen = draws[0] as Draw;
    for (const draw of draws) if (draw.priority > chosen.priority) chosen = draw;
    for (const draw of draws) {
      // The chosen one as well: it may have a reply, or another part.
      if (draw === chosen || mayConflict(draw.names, chosen.names)) this.#redraw(draw);
    }
    return draws.indexOf(chosen);
  }

  #drawOf(step: Choice): Draw {
    let draw = this.#draws.get(step);
    if (draw === undefined) {
      draw = { priority: 0, offeredAt: 0, names: namesOf(step) };
      this.#draws.set(step, draw);
    }
    // New, or it could not run for a while: what let it run again conflicts with it.
    if (draw.offeredAt < this.#choices - 1 || draw.offeredAt === 0) this.#redraw(draw);
    draw.offeredAt = this.#choices;
    return draw;
  }

  #redraw(draw: Draw): void {
    draw.priority = this.#random.uint32();
  }
}
