import { bold, green } from "@std/fmt/colors";
import { Command } from "commander";

import { failure } from "./exit_codes.ts";
import { count } from "./options.ts";

interface SimOptions {
  readonly seed: number;
  readonly runs: number;
}

/** Between two updates of the progress line, in milliseconds. */
const PROGRESS_MS = 250;

/** `slipway sim` */
export function simCommand(): Command {
  return new Command("sim")
    .description(
      "run random programs of client calls, crashes and faults on the simulated kernel, and check " +
        "every invariant of the lifecycle; a seed stands for one run, whole",
    )
    .option("--seed <n>", "of the first run; the others follow", count, 1)
    .option("--runs <n>", "how many", count, 2_000)
    .action(simulate);
}

async function simulate({ seed, runs }: SimOptions): Promise<void> {
  const { describeFinding, explore } = await import("../../sim/lifecycle/explore.ts");
  const { inMacrotask } = await import("../../sim/driver.ts");
  const begun = performance.now();
  const progress = new Progress(runs, begun);
  const { runs: done, steps, executions, finding } = await inMacrotask(() =>
    explore({ seed, runs, onRun: (run) => progress.show(run) })
  );
  progress.clear();
  if (finding !== undefined) {
    console.error(await inMacrotask(() => describeFinding(finding)));
    throw failure(`an invariant broke in run ${done}, seed ${finding.seed}`);
  }
  const seconds = (performance.now() - begun) / 1_000;
  console.log(
    `${green("no failure")} in ${
      bold(String(done))
    } schedules with ${executions} containers run, ` +
      `${steps} steps, ${seconds.toFixed(1)} s: ${
        bold((done / seconds).toFixed(0))
      } schedules/s, ` +
      `${(steps / seconds).toFixed(0)} steps/s`,
  );
}

/** A line that is written over, on a terminal only. */
class Progress {
  readonly #isShown = Deno.stderr.isTerminal();
  #shownAt = 0;

  constructor(readonly runs: number, readonly begun: number) {}

  show(done: number): true {
    const now = performance.now();
    if (this.#isShown && now - this.#shownAt > PROGRESS_MS) {
      this.#shownAt = now;
      const rate = done / ((now - this.begun) / 1_000);
      this.#write(
        `\r${done} of ${this.runs} schedules, ${rate.toFixed(0)}/s, ` +
          `${((this.runs - done) / rate).toFixed(0)} s left   `,
      );
    }
    return true;
  }

  clear(): void {
    if (this.#isShown) this.#write("\r\x1b[K");
  }

  #write(text: string): void {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  }
}
