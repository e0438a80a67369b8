import type { Watched } from "../../src/kernel/files.ts";
import { footprints } from "../footprint.ts";
import { WaitQueue } from "../step.ts";
import type { Directory } from "./inode.ts";

/** How a watch may misreport (man 7 inotify: limitations and caveats). */
export interface WatchFaults {
  /** Decides what becomes of one event. */
  fate(): "reported" | "twice" | "overflow" | { readonly lateByMicros: number };
  /** Runs `deliver` later. */
  delay(micros: number, deliver: () => void): void;
}

/** One inotify watch of a directory. */
export class Watch {
  readonly changed: WaitQueue = new WaitQueue();
  readonly #name = footprints.newName();
  #names: Set<string> = new Set();
  #hasOverflown = false;
  #isClosed = false;

  constructor(
    readonly directory: Directory,
    readonly watched: Watched,
    readonly faults: WatchFaults | undefined,
  ) {
    directory.touchWatches();
    (directory.watches ??= new Set()).add(this);
  }

  get isReady(): boolean {
    return this.#names.size > 0 || this.#hasOverflown;
  }

  push(name: string): void {
    const fate = this.faults === undefined ? "reported" : this.faults.fate();
    if (typeof fate === "object") {
      this.faults?.delay(fate.lateByMicros, () => this.#report(name));
      return;
    }
    if (fate === "twice") this.faults?.delay(1, () => this.#report(name));
    if (fate === "overflow") this.overflow();
    else this.#report(name);
  }

  /** Names were lost, or the directory itself is gone: whoever watches must look for himself. */
  overflow(): void {
    footprints.present?.touch(`watch ${this.#name}`, "write");
    this.#hasOverflown = true;
    this.changed.wake();
  }

  /** Takes the names that were reported; none means that everything may have changed. */
  take(): readonly string[] {
    footprints.present?.touch(`watch ${this.#name}`, "write");
    const names = this.#hasOverflown ? [] : [...this.#names];
    this.#names.clear();
    this.#hasOverflown = false;
    return names;
  }

  close(): void {
    this.directory.touchWatches();
    this.#isClosed = true;
    this.directory.watches?.delete(this);
  }

  #report(name: string): void {
    if (this.#isClosed) return;
    footprints.present?.touch(`watch ${this.#name}`, "write");
    this.#names.add(name);
    this.changed.wake();
  }
}
