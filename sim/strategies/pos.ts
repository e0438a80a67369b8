import type { Choice, Chooser } from "../chooser.ts";
import { Prng } from "../random.ts";
import { mayConflict, namesOf } from "./conflict.ts";

/** What is known of a step that can run. */
interface Draw {
  priority: number;
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
  /** The steps of the last choice, and the draw of each. */
  #offered: readonly Choice[] = [];
  #draws: readonly Draw[] = [];

  /** The same seed draws the same priorities. */
  constructor(seed: number) {
    this.#random = new Prng(seed, "pos");
  }

  /** The step of the highest priority. */
  pick(runnable: readonly Choice[]): number {
    // One that can run alone decides nothing, and nobody keeps a draw across it.
    const draws = runnable.length === 1 ? [] : runnable.map((step) => this.#drawOf(step));
    this.#offered = draws.length === 0 ? [] : [...runnable];
    this.#draws = draws;
    if (draws.length === 0) return 0;
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
    const index = this.#offered.indexOf(step);
    if (index >= 0) return this.#draws[index] as Draw;
    return { priority: this.#random.uint32(), names: namesOf(step) };
  }

  #redraw(draw: Draw): void {
    draw.priority = this.#random.uint32();
  }
}
