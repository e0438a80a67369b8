import type { Choice, Chooser } from "../chooser.ts";
import { Prng } from "../random.ts";
import { mayConflict, namesOf } from "./conflict.ts";

/** What is known of a step that can run. */
interface Draw {
  readonly step: Choice;
  priority: number;
  readonly names: readonly string[];
}

const NO_DRAWS: readonly Draw[] = [];

/**
 * Partial order sampling (Yuan, Yang, Gu: Partial Order Aware Concurrency Sampling, CAV 2018). Every
 * step has a random priority, and the highest that can run does; those that may conflict with it
 * ({@linkcode mayConflict}) draw again, the others keep theirs. So what is decided is the order of
 * steps that matter to each other, and a step may stay behind for long while others go on.
 */
export class Pos implements Chooser {
  readonly #random: Prng;
  /** Of the last choice, one for each step that could run. */
  #draws = NO_DRAWS;

  /** The same seed draws the same priorities. */
  constructor(seed: number) {
    this.#random = new Prng(seed, "pos");
  }

  /** The step of the highest priority. */
  pick(runnable: readonly Choice[]): number {
    // One that can run alone decides nothing, and nobody keeps a draw across it.
    const draws = runnable.length === 1 ? NO_DRAWS : runnable.map((step) => this.#drawOf(step));
    this.#draws = draws;
    if (draws === NO_DRAWS) return 0;
    let chosen = draws[0] as Draw;
    for (const draw of draws) if (draw.priority > chosen.priority) chosen = draw;
    for (const draw of draws) {
      // The chosen one as well: it may have a reply, or another part.
      if (draw === chosen || mayConflict(draw.names, chosen.names)) this.#redraw(draw);
    }
    return draws.indexOf(chosen);
  }

  /** That of the last choice, or a new one: what let a step run that could not conflicts with it. */
  #drawOf(step: Choice): Draw {
    for (const draw of this.#draws) if (draw.step === step) return draw;
    return { step, priority: this.#random.uint32(), names: namesOf(step) };
  }

  #redraw(draw: Draw): void {
    draw.priority = this.#random.uint32();
  }
}
