import {
  type SharedAccess,
  type SharedMemoryWatcher,
  watchSharedMemory,
} from "../src/kernel/shared_memory.ts";
import { type PromiseWatcher, watchPromises } from "./driver.ts";
import { footprints, type Frame } from "./footprint.ts";

const NAME = Symbol("name");
const STEP = Symbol("step");
const IS_SETTLED = Symbol("is settled");
const JOIN = Symbol("join");

/** What is known of a promise: as a frame of what waits for another one and settles it. */
interface Known extends Object {
  [NAME]?: number;
  /** In which it came to be. */
  [STEP]?: number;
  [IS_SETTLED]?: true;
  /** Of one that a combinator waits with: what it has to do with. */
  [JOIN]?: Join;
}

/** A call of a combinator of promises: some of them together settle one. */
interface Join {
  readonly name: number;
  /** Whether the first one settles it. */
  readonly isRace: boolean;
  /** How many have not been settled. */
  left: number;
}

/** What is replaced while memory is looked at. */
const { all, race, withResolvers } = Promise;

/** What came to be before anybody looked: it may be anything. */
const UNKNOWN = "memory";

/**
 * Tells footprints what code does in memory: which variables that are marked as shared it uses, and which
 * promises it waits for and settles. What it keeps in other variables must belong to one task alone.
 *
 * One at a time, from before anything comes to be that is to be told of until it is disposed.
 */
export class SeenMemory implements SharedMemoryWatcher, PromiseWatcher, Disposable {
  readonly #names = new WeakMap<object, number>();
  /** The combinator that is being called. */
  #join: Join | undefined;
  /** False where promises cannot be followed, so that what is told does not suffice. */
  readonly isComplete: boolean;

  /** Begins to look. */
  constructor() {
    footprints.makeNamesLast();
    watchSharedMemory(this);
    this.isComplete = watchPromises(this);
    this.#replace();
  }

  /** Called by what has shared memory. */
  created(owner: object): void {
    if (!this.#names.has(owner)) this.#names.set(owner, footprints.newName());
  }

  /** Called by shared memory. */
  accessed(owner: object, variable: string, access: SharedAccess): void {
    const { present } = footprints;
    if (present === undefined) return;
    const name = this.#names.get(owner);
    if (name === undefined) present.touch(UNKNOWN, "write");
    else present.touch(`shared ${variable} of ${name}`, access);
  }

  /** Called by the thread. */
  promised(promise: Known, awaited: Known | undefined): void {
    promise[NAME] = footprints.newName();
    promise[STEP] = footprints.step;
    // Those who wait for one go on in the order in which they began to.
    if (awaited === undefined) return;
    this.#touch(awaited, awaited[IS_SETTLED] ? "read" : "write");
    if (this.#join === undefined) return;
    promise[JOIN] = this.#join;
    this.#join.left++;
  }

  /** Called by the thread. */
  settled(promise: Known): void {
    promise[IS_SETTLED] = true;
    this.#touch(promise, "write");
  }

  /** Called by the thread. */
  resumed(promise: Known): void {
    footprints.frameBegins(new Resumption(promise));
    const join = promise[JOIN];
    if (join === undefined) return;
    join.left--;
    const { present } = footprints;
    if (present === undefined) return;
    const name = `join ${join.name}`;
    if (join.isRace) present.touch(name, "write");
    else present.touch(name, join.left === 0 ? "read" : "add");
    if (join.left === 1) present.change(name);
  }

  /** Looks no more. */
  [Symbol.dispose](): void {
    watchSharedMemory(undefined);
    watchPromises(undefined);
    Object.assign(Promise, { all, race, withResolvers });
  }

  /**
   * Combinators say what they wait for, and what settles a promise says so even where it comes too late.
   * All else is as it was, the order of microtasks above all.
   */
  #replace(): void {
    const joining =
      (combine: typeof all | typeof race, isRace: boolean) => (items: readonly unknown[]) => {
        this.#join = { name: footprints.newName(), isRace, left: 0 };
        try {
          return combine.call(Promise, items);
        } finally {
          this.#join = undefined;
        }
      };
    Object.assign(Promise, {
      all: joining(all, false),
      race: joining(race, true),
      withResolvers: () => {
        const { promise, resolve, reject } = withResolvers.call(Promise);
        const settling = (settle: (value: unknown) => void) => (value: unknown) => {
          this.#touch(promise, "write");
          settle(value);
        };
        return { promise, resolve: settling(resolve), reject: settling(reject) };
      },
    });
  }

  #touch(promise: Known, access: SharedAccess): void {
    const { present, step } = footprints;
    // Nobody else knows of one of the present step yet.
    if (present === undefined || promise[STEP] === step) return;
    const name = promise[NAME];
    if (name === undefined) present.touch(UNKNOWN, "write");
    else present.touch(`promise ${name}`, access);
  }
}

/** Code that has waited. */
class Resumption implements Frame {
  readonly name: number;
  count = 0;

  constructor(promise: Known) {
    this.name = promise[NAME] ?? 0;
  }
}
