/**
 * One thing that a run does other than the baseline. The baseline goes on with the task that ran last as
 * long as it can, then takes the youngest; time passes only when nothing else can run; nothing fails.
 *
 * Steps are named by their keys ({@linkcode Choice.key}), which do not depend on what other tasks do: so
 * a deviation keeps its meaning when others are taken away.
 */
export type Deviation = Switch | TimePasses | FaultStrikes | Injection;

/** Where the baseline would run one step another runs, and its task goes on from there. */
export interface Switch {
  /** What it is: another step runs. */
  readonly kind: "switch";
  /** The step that the baseline would run. */
  readonly at: string;
  /** The step that runs. */
  readonly to: string;
}

/** Time passes to the next timer although something can run: the machine is slow. */
export interface TimePasses {
  /** What it is: time. */
  readonly kind: "time";
  /** The step that the baseline would run. */
  readonly at: string;
}

/** A fault of the catalogue strikes. */
export interface FaultStrikes {
  /** What it is: a fault. */
  readonly kind: "fault";
  /** The step that it strikes. */
  readonly at: string;
  /** Which fault it is. */
  readonly what: string;
}

/** Something from outside befalls the run: a crash, a client that cancels. */
export interface Injection {
  /** What it is: an injection. */
  readonly kind: "inject";
  /** The step right after which it comes; empty: before the first. */
  readonly at: string;
  /** Which one it is, as `Simulation.inject` was told. */
  readonly what: string;
}

/**
 * Everything that was decided in a run, as its deviations from the baseline, in the order in which they
 * came: with the seed and the code under test it makes the run again. The empty one is the baseline.
 */
export type Schedule = readonly Deviation[];

/**
 * Reads a schedule that comes from outside.
 *
 * @throws {TypeError} when it is none.
 */
export function parseSchedule(data: unknown): Schedule {
  if (!Array.isArray(data)) throw new TypeError("Cannot read schedule: it is not a list");
  return data.map(parseDeviation);
}

function parseDeviation(data: unknown, index: number): Deviation {
  const { kind, at, to, what } = (data ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof at === "string") {
    if (kind === "time") return { kind, at };
    if (kind === "switch" && typeof to === "string") return { kind, at, to };
    if ((kind === "fault" || kind === "inject") && typeof what === "string") {
      return { kind, at, what };
    }
  }
  throw new TypeError(`Cannot read schedule: entry ${index} is no deviation`);
}
