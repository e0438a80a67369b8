import { RuntimeError } from "../../errors.ts";
import type { Clock } from "../../kernel/clock.ts";

/** How long a client has to come with its token. */
const lifeMs = 60_000;

/** Tokens that nobody has come with yet (k8s.io/cri-streaming, request_cache.go). */
const outstandingMax = 1000;

/** Too many to guess: whoever holds a token may do what it was given for. */
const randomBytes = 24;

interface Entry<T> {
  readonly value: T;
  readonly expiresMs: number;
}

/** What was promised to whoever comes with a token: once, and within a minute. */
export class Tokens<T> {
  readonly #clock: Clock;
  /** The oldest first, since all of them live equally long. */
  readonly #entries = new Map<string, Entry<T>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Returns a new token, fit for a URL's path.
   *
   * @throws {RuntimeError} RESOURCE_EXHAUSTED when too many wait to be used.
   */
  issue(value: T): string {
    this.#forgetOld();
    if (this.#entries.size >= outstandingMax) {
      throw new RuntimeError("RESOURCE_EXHAUSTED", "maximum number of in-flight requests exceeded");
    }
    const token = crypto.getRandomValues(new Uint8Array(randomBytes))
      .toBase64({ alphabet: "base64url" });
    this.#entries.set(token, { value, expiresMs: this.#clock.monotonicMs() + lifeMs });
    return token;
  }

  /** Returns what `token` stands for, and forgets it; undefined when it stands for nothing any more. */
  take(token: string): T | undefined {
    this.#forgetOld();
    const entry = this.#entries.get(token);
    this.#entries.delete(token);
    return entry?.value;
  }

  #forgetOld(): void {
    const now = this.#clock.monotonicMs();
    for (const [token, { expiresMs }] of this.#entries) {
      if (expiresMs > now) return;
      this.#entries.delete(token);
    }
  }
}
