import { setImmediate } from "node:timers";
import process from "node:process";
import { turnOf } from "../../sim/strategies/portfolio.ts";
import type { SearchName } from "./mutant.ts";
import { SEARCHES } from "./searches.ts";

/** What a search is told, as JSON in its only argument. */
export interface SearchOptions {
  readonly search: SearchName;
  /** Of the first schedule; each has the next seed. */
  readonly seed: number;
  /** It ends after so many schedules, or so many seconds of CPU time. */
  readonly schedulesMax: number;
  readonly secondsMax: number;
  /** Whether the failure is shrunk, which takes up to two seconds. */
  readonly isShrunk: boolean;
}

/** What a search says, as JSON on standard output. */
export interface SearchResult {
  readonly schedules: number;
  /** Of CPU time, without what it takes to load the program. */
  readonly seconds: number;
  readonly failure: SearchFailure | undefined;
}

/** The first schedule that failed. */
export interface SearchFailure {
  readonly seed: number;
  readonly strategy: string;
  /** What broke: an invariant by its number, or the first word of the failure's class. */
  readonly invariant: string;
  readonly message: string;
  /** Left after shrinking; null where it was not shrunk. */
  readonly preemptions: number | null;
}

const MESSAGE_LENGTH_MAX = 1_000;

/** Tries one seed after the other, until one fails or the budget is spent. */
async function search(options: SearchOptions): Promise<SearchResult> {
  const run = SEARCHES[options.search];
  const begun = process.cpuUsage();
  // What the core forgets to own would end a daemon.
  let lost: unknown;
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    lost ??= event.reason;
  });
  for (let schedules = 0;;) {
    const seconds = secondsSince(begun);
    if (schedules >= options.schedulesMax || seconds >= options.secondsMax) {
      return { schedules, seconds, failure: undefined };
    }
    const seed = options.seed + schedules++;
    // A macrotask of its own: only between two of them is it told which rejections nobody owns.
    const broken = await new Promise((resolve) =>
      setImmediate(() => resolve({ by: run.failureOf(seed) }))
    );
    await new Promise(setImmediate);
    const { by = lost } = broken as { readonly by: unknown };
    if (by === undefined) continue;
    const message = (by instanceof Error ? by.message : String(by)).slice(0, MESSAGE_LENGTH_MAX);
    const failure = { seed, strategy: turnOf(seed), invariant: run.classOf(by), message };
    const searched = { schedules, seconds: secondsSince(begun) };
    const preemptions = options.isShrunk ? await run.preemptions(seed, by) : null;
    return { ...searched, failure: { ...failure, preemptions } };
  }
}

function secondsSince(begun: { readonly user: number; readonly system: number }): number {
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e6;
}

if (import.meta.main) {
  console.log(JSON.stringify(await search(JSON.parse(Deno.args[0] ?? "{}"))));
}
