import { missedProbes, PROBE_NAMES } from "../../sim/lifecycle/probes.ts";
import { barOf } from "./bar.ts";
import type { RangeResult } from "./sim_ranges.ts";

/** Between two updates of a line that is written over, in milliseconds. */
const UPDATE_MS = 250;
/** Between two lines of a log, in milliseconds: a nightly run has a line a minute. */
const LINE_MS = 60_000;
const BAR_CHARS = 20;

/** When the runs have begun, and when they are over: what comes first. */
export interface ProgressEnd {
  readonly runs: number;
  /** As `now` tells time, in milliseconds. */
  readonly begun: number;
  readonly untilMs: number;
}

/** Where progress is shown. */
export interface ProgressOutput {
  readonly isTerminal: boolean;
  write(text: string): void;
  /** A monotonic time in milliseconds. */
  now(): number;
}

/** How far the runs are: a bar that is written over in a terminal, and elsewhere a line a minute. */
export class SimProgress implements Disposable {
  #shownAt: number;

  constructor(readonly end: ProgressEnd, readonly output: ProgressOutput = STDERR) {
    this.#shownAt = output.isTerminal ? -Infinity : end.begun;
  }

  show(sum: RangeResult): void {
    const { isTerminal } = this.output;
    const now = this.output.now();
    if (now - this.#shownAt < (isTerminal ? UPDATE_MS : LINE_MS)) return;
    this.#shownAt = now;
    const line = this.#line(sum, now);
    this.output.write(isTerminal ? `\r${line}\x1b[K` : `${line}\n`);
  }

  [Symbol.dispose](): void {
    if (this.output.isTerminal) this.output.write("\r\x1b[K");
  }

  #line({ runs: done, probes, states }: RangeResult, now: number): string {
    const { runs, begun, untilMs } = this.end;
    const rate = done / ((now - begun) / 1_000);
    const msLeft = Math.max(0, Math.min((runs - done) / rate * 1_000, untilMs - now));
    const share = (now - begun) / (now - begun + msLeft);
    const reached = PROBE_NAMES.length - missedProbes(probes).length;
    return `${barOf(share, BAR_CHARS)} ${done} schedules, ${rate.toFixed(0)}/s, ` +
      `${states.size} states, ${reached} of ${PROBE_NAMES.length} probes, ` +
      `${(msLeft / 1_000).toFixed(0)} s left`;
  }
}

const STDERR: ProgressOutput = {
  isTerminal: Deno.stderr.isTerminal(),
  write: (text) => {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  },
  now: () => performance.now(),
};
