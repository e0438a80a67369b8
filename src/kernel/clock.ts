/**
 * Time, as the core may see it. Wall-clock times are microseconds since 1970 in a `number` (exact
 * until the year 2255); the edge turns them into CRI's nanoseconds.
 */
export interface Clock {
  /**
   * CLOCK_REALTIME in microseconds (man 2 clock_gettime). May step backwards, so times that must be
   * ordered are clamped where they are recorded. Never a scheduling point.
   */
  nowMicros(): number;

  /**
   * CLOCK_MONOTONIC in milliseconds from an arbitrary origin. Never a scheduling point.
   */
  monotonicMs(): number;

  /**
   * Calls `fire` once, `ms` milliseconds of monotonic time from now or later, never early; disposing
   * the timer before that means never. `fire` must not throw.
   */
  after(ms: number, fire: () => void): Disposable;
}
