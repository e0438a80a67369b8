import { shared } from "../kernel/shared_memory.ts";

/** Samples that are closer say more of when they were taken than of what is used meanwhile. */
const APART_MS = 1_000;

/** CPU time that was used up to a moment. */
interface Sample {
  readonly cpuMicros: number;
  /** By the monotonic clock. */
  readonly atMs: number;
  /** Used meanwhile since the sample before; undefined for the first. */
  readonly nanoCores: number | undefined;
}

/**
 * How much CPU is used, from samples of how much was. Whoever asks brings one along; as many may ask as like,
 * and each hears what was used over the last second or more.
 */
export class CpuRate {
  @shared
  accessor #last: Sample | undefined;

  /**
   * Takes a sample, and says what is used: billionths of a CPU, which is nanoseconds of CPU time in a second;
   * undefined for the first one.
   */
  sampled(cpuMicros: number, atMs: number): number | undefined {
    const last = this.#last;
    // One that was taken earlier may come later. And whose group is made anew begins with nothing again.
    if (last !== undefined && atMs - last.atMs < APART_MS) return last.nanoCores;
    const nanoCores = last === undefined || cpuMicros < last.cpuMicros
      ? undefined
      : Math.round((cpuMicros - last.cpuMicros) / (atMs - last.atMs) * 1_000_000);
    this.#last = { cpuMicros, atMs, nanoCores };
    return nanoCores;
  }
}
