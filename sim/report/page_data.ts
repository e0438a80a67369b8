import type { FailureReport, Trace, TraceStep } from "./model.ts";
import { commonCount } from "./window.ts";

/** What the page's script reads, as JSON that may stand inside of a script element. */
export function pageData(report: FailureReport): string {
  const strings = new Strings();
  const { failing, passing, deviations } = report;
  const data = {
    runs: [
      { name: "failing", ...runData(failing, strings) },
      ...(passing === undefined ? [] : [{ name: "passing", ...runData(passing, strings) }]),
    ],
    commonCount: passing === undefined ? 0 : commonCount(failing, passing),
    deviations: deviations.map(({ step, mark }) => ({ step, mark })),
    strings: strings.all,
  };
  // Texts come from containers: "</script>" among them must not end the element.
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

/** Both runs say the same over and over: each text is kept once, the empty one first. */
class Strings {
  readonly all: string[] = [""];
  readonly #indices = new Map<string, number>([["", 0]]);

  index(text: string): number {
    let index = this.#indices.get(text);
    if (index === undefined) {
      index = this.all.push(text) - 1;
      this.#indices.set(text, index);
    }
    return index;
  }
}

function runData(trace: Trace, strings: Strings) {
  const ordered = asTree(trace);
  const places = new Map(ordered.map(({ task }, index) => [task.key, index]));
  return {
    tasks: ordered.map(({ task, depth }) => [
      strings.index(task.name),
      strings.index(task.actor),
      depth,
    ]),
    steps: trace.steps.map((it) => stepData(it, places.get(it.task) ?? 0, strings)),
  };
}

function stepData(step: TraceStep, task: number, strings: Strings): number[] {
  const texts = [
    step.part,
    step.verb,
    step.arguments,
    step.detail ?? "",
    step.outcome,
  ].map((it) => strings.index(it));
  return [
    step.number,
    step.elapsedMicros,
    task,
    ...texts,
    step.hasFailed ? 1 : 0,
    step.wokenBy ?? 0,
    strings.index(step.mark ?? ""),
    ...step.objects.map((it) => strings.index(it)),
  ];
}

/** Every task below the one that began it, siblings in the order of their first steps. */
function asTree({ tasks }: Trace): { task: Trace["tasks"][number]; depth: number }[] {
  const children = Map.groupBy(tasks, (it) => it.parent);
  const below = (parent: string | undefined, depth: number): ReturnType<typeof asTree> =>
    (children.get(parent) ?? []).flatMap((task) => [
      { task, depth },
      ...below(task.key, depth + 1),
    ]);
  return below(undefined, 0);
}
