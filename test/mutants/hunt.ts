import { join } from "@std/path";
import type { WorkingCopy } from "./copy.ts";
import type { Edit, Mutant } from "./mutant.ts";
import type { SearchOptions, SearchResult } from "./search.ts";

/** How long a mutant is searched for. */
export interface Budget {
  /** Of the first schedule. */
  readonly seed: number;
  readonly schedules: number;
  /** Of CPU time. */
  readonly seconds: number;
  /** Whether a failure is shrunk. */
  readonly isShrunk: boolean;
}

/** A search that takes this many times its CPU time, and a minute, hangs outside of the simulation. */
const WALL_FACTOR = 10;
const WALL_EXTRA_MS = 60_000;

/**
 * Searches for one mutant in a copy, in a process of its own: Deno loads no module twice.
 *
 * @param more edits besides the mutant's own
 * @throws {Error} when an edit does not apply, or the search itself fails.
 */
export async function hunt(
  copy: WorkingCopy,
  mutant: Mutant,
  budget: Budget,
  more: readonly Edit[] = [],
): Promise<SearchResult> {
  using _edits = copy.apply([...mutant.edits, ...more]);
  const options: SearchOptions = {
    search: mutant.search ?? "lifecycle",
    seed: budget.seed,
    schedulesMax: budget.schedules,
    secondsMax: budget.seconds,
    isShrunk: budget.isShrunk,
  };
  const program = join(copy.path, "test/mutants/search.ts");
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--no-lock", program, JSON.stringify(options)],
    cwd: copy.path,
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(budget.seconds * 1_000 * WALL_FACTOR + WALL_EXTRA_MS),
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  if (code === 0) return JSON.parse(text.decode(stdout)) as SearchResult;
  throw new Error(`The search for ${mutant.name} ended with ${code}: ${text.decode(stderr)}`);
}
