import { messageOf } from "../errors.ts";
import { Context } from "../kernel/context.ts";
import type { DiskUsage } from "../kernel/files.ts";
import { Joined } from "../kernel/joined.ts";
import type { Runtime } from "../runtime.ts";
import type { Container } from "./container.ts";
import { containerPaths } from "./paths.ts";

/** A kubelet asks as often. */
const FRESH_MS = 10_000;
/** What takes long is left alone for so many times as long. */
const PAUSES = 10;
/** Several are counted by one program, of which the start alone takes milliseconds. */
const BATCH = 200;
/** A batch is cut off then: who was not counted yet waits no longer for the one that takes so long. */
const BATCH_MS = 5_000;
/** A large one is given up then. */
const LARGE_MS = 600_000;
/** From so many files on a container is measured apart. */
const LARGE_INODES = 20_000;
/** Nobody waits longer for the first measurement of a container. */
const FIRST_MS = 250;
/** Nor for more batches: that of others, and the next one. */
const WAITS = 2;

/** What a container has written to its root file system. */
export interface WritableLayer extends DiskUsage {
  /** When it was counted, in microseconds since 1970. */
  readonly measuredMicros: number;
}

/** What is known of the writable layer of a container, and when it is counted again. */
export interface Measurement {
  /** As of the last time that it was counted to the end; undefined: never yet. */
  readonly layer: WritableLayer | undefined;
  /** By the monotonic clock. */
  readonly dueMs: number;
  readonly isLarge: boolean;
}

/** What was counted of several, in order; undefined: its folder is not there, or there was no time for it. */
interface Count {
  readonly usages: readonly (DiskUsage | undefined)[];
  readonly isCutOff: boolean;
}

/**
 * Counts what containers write, for whoever asks for statistics. Files are counted one by one, and a container
 * may have millions: so who asks gets what is known already, and has what is older than some seconds counted
 * in the background. Two counts at most are under way, whoever asks: of many containers, all that are not large,
 * and of a single large one.
 */
export class WritableLayers {
  readonly #runtime: Runtime;
  readonly #batches = new Joined();
  readonly #large = new Joined();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /**
   * Begins to count what is due, and waits for containers that were never counted: a moment at most.
   *
   * @throws {RuntimeError} the context's cause.
   */
  async measure(containers: readonly Container[], context: Context): Promise<void> {
    this.#begin(containers);
    if (!this.#isAwaited(containers)) return;
    using moment = context.within(this.#runtime.kernel.clock, FIRST_MS, "first measurement");
    try {
      // What is under way already may be of others: then these are next.
      for (let waits = 0; waits < WAITS && this.#isAwaited(containers); waits++) {
        await this.#batches.run(() => Promise.resolve(), moment);
        this.#begin(containers);
      }
    } catch {
      // It took too long, or failed, of which its owner tells.
      context.throwIfCancelled();
    }
  }

  #isAwaited(containers: readonly Container[]): boolean {
    return this.#batches.isRunning && containers.some((it) => it.measurement === undefined);
  }

  #begin(containers: readonly Container[]): void {
    const { kernel } = this.#runtime;
    const nowMs = kernel.clock.monotonicMs();
    const due = containers.filter((it) => dueOf(it) <= nowMs);
    const small = due.filter((it) => !it.measurement?.isLarge);
    if (small.length > 0 && !this.#batches.isRunning) {
      this.#inBackground(this.#batches, () => this.#countAll(small));
    }
    const [longest, ...others] = due.filter((it) => it.measurement?.isLarge);
    if (longest !== undefined && !this.#large.isRunning) {
      const next = others.reduce((first, it) => dueOf(it) < dueOf(first) ? it : first, longest);
      this.#inBackground(this.#large, () => this.#countLarge(next));
    }
  }

  async #countAll(containers: readonly Container[]): Promise<void> {
    let rest = containers;
    while (rest.length > 0 && this.#runtime.life.cause === undefined) {
      const batch = rest.slice(0, BATCH);
      const { usages, isCutOff } = await this.#count(batch, BATCH_MS);
      // They are counted in order: that one has taken all the time, and the others have had none yet.
      const slow = isCutOff ? usages.indexOf(undefined) : -1;
      const isLeft = (index: number) => isCutOff && index !== slow && usages[index] === undefined;
      for (const [index, container] of batch.entries()) {
        if (isLeft(index)) continue;
        const isSlow = index === slow;
        this.#note(container, usages[index], isSlow ? 0 : FRESH_MS, isSlow);
      }
      rest = [...batch.filter((_, index) => isLeft(index)), ...rest.slice(BATCH)];
    }
  }

  async #countLarge(container: Container): Promise<void> {
    const { clock } = this.#runtime.kernel;
    const beganMs = clock.monotonicMs();
    const { usages: [usage], isCutOff } = await this.#count([container], LARGE_MS);
    const pauseMs = Math.max(FRESH_MS, PAUSES * (clock.monotonicMs() - beganMs));
    this.#note(container, usage, pauseMs, isCutOff);
  }

  async #count(containers: readonly Container[], boundMs: number): Promise<Count> {
    const { kernel, config, life } = this.#runtime;
    const paths = containers.map(({ id }) => `${containerPaths(config, id).directory}/upper`);
    using bounded = life.within(kernel.clock, boundMs, "count of files");
    const counted = await kernel.files.usageOfEach(paths, bounded);
    return {
      usages: paths.map((path) => counted.get(path)),
      isCutOff: bounded.cause !== undefined,
    };
  }

  #note(
    container: Container,
    usage: DiskUsage | undefined,
    pauseMs: number,
    isSlow: boolean,
  ): void {
    const { clock } = this.#runtime.kernel;
    container.measurement = {
      layer: usage === undefined
        ? container.measurement?.layer
        : { ...usage, measuredMicros: clock.nowMicros() },
      dueMs: clock.monotonicMs() + pauseMs,
      isLarge: isSlow || (usage?.inodes ?? 0) >= LARGE_INODES,
    };
  }

  /** The end of the daemon waits for it, however it is told to end: its programs are not to be left. */
  #inBackground(lane: Joined, work: () => Promise<void>): void {
    const { life, telemetry } = this.#runtime;
    life.own(lane.run(work, Context.background())).catch((error) => {
      this.#runtime.reportIfBug(error);
      if (life.cause !== undefined) return;
      telemetry.log("warn", "files of containers cannot be counted", { error: messageOf(error) });
    });
  }
}

function dueOf({ measurement }: Container): number {
  return measurement?.dueMs ?? 0;
}
