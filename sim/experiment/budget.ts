/**
 * How much may be run, in steps: unlike time it is the same on every machine, so that what comes of it
 * is a function of the seed.
 */
export class Budget {
  #stepsLeft: number;

  constructor(steps: number) {
    this.#stepsLeft = steps;
  }

  /** Whether nothing more may be run. */
  get isSpent(): boolean {
    return this.#stepsLeft <= 0;
  }

  spend(steps: number): void {
    this.#stepsLeft -= steps;
  }
}
