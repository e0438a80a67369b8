/** What a strategy may know of a step that can run. */
export interface Choice {
  /** Which of the tasks it belongs to; tasks are numbered in the order in which they came to be. */
  readonly taskId: number;
  /** What its task is in every run of the same program, whatever the order in which tasks came to be. */
  readonly taskKey: string;
  /** What it is in every run of the same program: its task, its number there, which part of it. */
  readonly key: string;
  /**
   * What it is in every run that differs only in the order of steps that commute: it follows from the step
   * that made the call. Undefined unless somebody explores.
   */
  readonly provenance?: string | undefined;
  /** As histories show it: what the task was begun as. */
  readonly taskName: string;
  /** Counts the steps of its task. */
  readonly seq: number;
  /**
   * A verb of a port ("files.writeFile"), a system call of a program ("open"), or what the machine
   * does by itself ("timer").
   */
  readonly verb: string;
  /** What it is about: a path, a command, several arguments; undefined when the verb says it all. */
  readonly subject: unknown;
  /** The names of all that it may touch, where it is known: absolute paths, and ids of objects. */
  readonly footprint?: readonly string[];
}

/** The answer of a strategy that lets time pass, though something can run. */
export const ADVANCE_CLOCK: number = -1;

/** A strategy: decides what runs next, and so the interleaving. */
export interface Chooser {
  /**
   * The index of one of `runnable`, which is ordered by task and number and never empty; or
   * {@linkcode ADVANCE_CLOCK}, when `canAdvance` says that a timer is waiting: then it is asked again,
   * with what is due among the others. A step is the same object until it has run.
   */
  pick(runnable: readonly Choice[], canAdvance: boolean): number;

  /**
   * Whether something from outside befalls the run right after the step `at`; without it, the number of
   * steps decides.
   */
  injects?(what: string, at: string): boolean;
}
