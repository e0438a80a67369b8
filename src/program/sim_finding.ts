import { assert } from "@std/assert";

import manifest from "../../deno.json" with { type: "json" };
import { inMacrotask } from "../../sim/driver.ts";
import type { CounterExample } from "../../sim/experiment/counterexample.ts";
import { lifecycleExperiment } from "../../sim/lifecycle/experiment.ts";
import { explore, type SearchSpace, shrinkFinding } from "../../sim/lifecycle/explore.ts";
import { type FailureReport, reportOfCounterExample } from "../../sim/report/mod.ts";

/** A failing run, shrunk, in a file. */
export interface SavedFinding {
  readonly example: CounterExample;
  readonly file: string;
  /** The one command that makes the shrunk run again. */
  readonly replay: string;
  /** All of it, to be shown. */
  readonly report: FailureReport;
}

/** Makes the run of a seed that failed once more, shrinks it, and writes it to a file. */
export async function shrunkFinding(
  seed: number,
  space: SearchSpace,
  save?: string,
): Promise<SavedFinding> {
  const example = await inMacrotask(() => {
    const { finding } = explore({ ...space, seed, runs: 1 });
    assert(
      finding !== undefined,
      `Seed ${seed} failed once and not again: it is not deterministic`,
    );
    return shrinkFinding(finding, manifest.version);
  });
  return await saveExample(example, save);
}

/** Writes a failing run to a file of that name, or to a new one. */
export async function saveExample(example: CounterExample, save?: string): Promise<SavedFinding> {
  const file = save ?? await Deno.makeTempFile({
    prefix: `slipway-${example.failureClass.split(" ")[0]}-${example.seed}-`,
    suffix: ".json",
  });
  await Deno.writeTextFile(file, `${JSON.stringify(example, undefined, 1)}\n`);
  const replay = `deno task replay ${file}`;
  const report = await inMacrotask(() =>
    reportOfCounterExample(lifecycleExperiment(), example, replay)
  );
  return { example, file, replay, report };
}

/** What a program wants to know of it. */
export function summaryOf(
  { example, file, replay }: SavedFinding,
): Readonly<Record<string, unknown>> {
  const { trace, program: _program, format: _format, ...rest } = example;
  return { ...rest, steps: trace.length, file, replay };
}
