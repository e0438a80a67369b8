/** 2026-01-01T00:00:00Z, when every simulated machine is switched on. */
const POWER_ON_MICROS = 1_767_225_600_000_000;

/** The machine's time. Moves by one microsecond a step, and in jumps from timer to timer. */
export class VirtualClock {
  /** Since the simulation began, across reboots. */
  elapsedMicros = 0;
  /** What CLOCK_REALTIME is off by: somebody may set it (man 2 clock_settime). */
  realtimeSkewMicros = 0;
  /** When the machine was last switched on, in elapsed time. */
  bootedAtMicros = 0;

  /** The elapsed time of the host, where the simulation runs beside it. */
  host: (() => number) | undefined;

  /** Brings it up to the host's time, if it follows one. */
  catchUp(): void {
    if (this.host !== undefined) this.elapsedMicros = Math.max(this.elapsedMicros, this.host());
  }

  /** CLOCK_REALTIME, microseconds since 1970. */
  get realtimeMicros(): number {
    return POWER_ON_MICROS + this.elapsedMicros + this.realtimeSkewMicros;
  }

  /** CLOCK_MONOTONIC in microseconds: since the machine was switched on. */
  get monotonicMicros(): number {
    return this.elapsedMicros - this.bootedAtMicros;
  }
}
