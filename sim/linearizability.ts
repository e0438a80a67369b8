/**
 * Checks that what clients of one object have seen could have come from doing their operations one after
 * another (Herlihy and Wing, Linearizability, 1990), by a search with memory (Wing and Gong, Testing and
 * Verifying Concurrent Objects, 1993; Lowe, Testing for Linearizability, 2017).
 */

/** One operation of a client, from its call to its answer. */
export interface ObservedOperation<I, O> {
  /** What was asked for. */
  readonly input: I;
  /** What was answered; undefined: whether it was done, and when, nobody knows. */
  readonly output: O | undefined;
  /** When it was called, by any clock that only goes forward. */
  readonly began: number;
  /** When it was answered; without an answer it may still be done at any later time. */
  readonly ended: number;
}

/** What an object does when its operations come one after another. */
export interface SequentialModel<S, I, O> {
  /** Before the first operation. */
  readonly initial: S;
  /**
   * The states in which an operation that was answered like this can leave the object: none when that
   * answer is impossible. `output` is undefined for one without an answer, which is being done.
   */
  next(state: S, input: I, output: O | undefined): readonly S[];
  /** What tells states apart. */
  key(state: S): string;
}

/** Whether there is an order, and one of them. */
export type Verdict<I, O> =
  | { readonly isLinearizable: true; readonly order: readonly ObservedOperation<I, O>[] }
  | {
    readonly isLinearizable: false;
    /** The most of the answered operations that can be put in order, and what cannot follow. */
    readonly prefix: readonly ObservedOperation<I, O>[];
  };

/**
 * Looks for an order of the operations that the model allows, and that real time does.
 *
 * @example A counter that lost an increment
 * ```ts
 * import { checkLinearizable, type SequentialModel } from "@slipway/slipway/sim";
 * import { assertEquals } from "@std/assert";
 *
 * const counter: SequentialModel<number, "increment", number> = {
 *   initial: 0,
 *   next: (count, _, output) => output === undefined || output === count + 1 ? [count + 1] : [],
 *   key: String,
 * };
 * const verdict = checkLinearizable(counter, [
 *   { input: "increment", output: 1, began: 1, ended: 3 },
 *   { input: "increment", output: 1, began: 2, ended: 4 },
 * ]);
 * assertEquals(verdict.isLinearizable, false);
 * ```
 */
export function checkLinearizable<S, I, O>(
  model: SequentialModel<S, I, O>,
  operations: readonly ObservedOperation<I, O>[],
): Verdict<I, O> {
  return new Search(model, operations).verdict();
}

class Search<S, I, O> {
  readonly #model: SequentialModel<S, I, O>;
  readonly #operations: readonly ObservedOperation<I, O>[];
  readonly #visited = new Set<string>();
  readonly #isDone: boolean[];
  readonly #order: ObservedOperation<I, O>[] = [];
  #longest: readonly ObservedOperation<I, O>[] = [];
  #answeredLeft: number;

  constructor(model: SequentialModel<S, I, O>, operations: readonly ObservedOperation<I, O>[]) {
    this.#model = model;
    this.#operations = operations.toSorted((a, b) => a.began - b.began);
    this.#isDone = operations.map(() => false);
    this.#answeredLeft = operations.filter(({ output }) => output !== undefined).length;
  }

  verdict(): Verdict<I, O> {
    return this.#from(this.#model.initial)
      ? { isLinearizable: true, order: this.#order }
      : { isLinearizable: false, prefix: this.#longest };
  }

  /** Whether what is left can be done from here on. */
  #from(state: S): boolean {
    if (this.#answeredLeft === 0) return true;
    const first = this.#isDone.indexOf(false);
    const key = this.#keyOf(first, state);
    if (this.#visited.has(key)) return false;
    this.#visited.add(key);
    // Whoever was called after somebody's answer comes after him.
    const firstAnswer = this.#firstAnswer(first);
    for (let index = first; index < this.#operations.length; index++) {
      const operation = this.#operations[index] as ObservedOperation<I, O>;
      if (operation.began > firstAnswer) break;
      if (this.#isDone[index]) continue;
      for (const next of this.#model.next(state, operation.input, operation.output)) {
        if (this.#does(index, operation, next)) return true;
      }
    }
    return false;
  }

  /** What has been done, all before `first` and some after it, and where that has led. */
  #keyOf(first: number, state: S): string {
    let done = String(first);
    for (let i = first + 1; i < this.#isDone.length; i++) if (this.#isDone[i]) done += ` ${i}`;
    return `${done}: ${this.#model.key(state)}`;
  }

  /** When the first of those that are left, from `first` on, was answered. */
  #firstAnswer(first: number): number {
    let answered = Infinity;
    for (let i = first; i < this.#operations.length; i++) {
      const { output, ended } = this.#operations[i] as ObservedOperation<I, O>;
      if (output !== undefined && !this.#isDone[i]) answered = Math.min(answered, ended);
    }
    return answered;
  }

  #does(index: number, operation: ObservedOperation<I, O>, next: S): boolean {
    const isAnswered = operation.output !== undefined;
    this.#isDone[index] = true;
    this.#order.push(operation);
    if (isAnswered) this.#answeredLeft--;
    if (this.#from(next)) return true;
    if (this.#order.length > this.#longest.length) this.#longest = [...this.#order];
    this.#isDone[index] = false;
    this.#order.pop();
    if (isAnswered) this.#answeredLeft++;
    return false;
  }
}
