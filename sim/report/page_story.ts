import { type Html, html } from "./html.ts";
import { type FailureReport, passingTitle, type Trace, type TraceStep } from "./model.ts";
import { toneOf } from "./page_parts.ts";
import { SYMBOLS } from "./paint.ts";
import { noteText, shortCall } from "./text_lanes.ts";
import { interestingKeys, type LaneRow, laneRows, laneTasks } from "./window.ts";

const LANES_MAX = 4;
const ROWS_MAX = 200;

/** A column per task with what matters of both runs, all else folded. */
export function storyPart(report: FailureReport): Html {
  const { failing, passing } = report;
  const keys = interestingKeys(failing);
  const lanes = laneTasks(failing, keys, LANES_MAX);
  return html`
    <section aria-labelledby="story">
      <h2 id="story">The story</h2>
      <div class="compare">
    ${runTable("failing", "The failing run", failing, keys, lanes)}
    ${passing === undefined
      ? undefined
      : runTable("passing", passingTitle(report), passing, keys, lanes)}
      </div>
    </section>
  `;
}

function runTable(
  run: string,
  title: string,
  trace: Trace,
  keys: ReadonlySet<string>,
  lanes: readonly string[],
): Html {
  const names = new Map(trace.tasks.map(({ key, name }) => [key, name]));
  const rows = laneRows(trace, keys, lanes);
  const left = rows.length - ROWS_MAX;
  return html`
    <div class="story" tabindex="0" role="region" aria-label="${title}, the story">
      <table>
        <caption>${title}</caption>
        <thead>
          <tr><th scope="col">step</th>${lanes.map((it) =>
            html`<th scope="col" title="${names.get(it)}">${names.get(it)}</th>`
          )}</tr>
        </thead>
        <tbody>
    ${rows.slice(0, ROWS_MAX).map((it) => rowOf(it, run, lanes.length, names))}
    ${left <= 0 ? undefined : html`
      <tr class="fold">
        <td colspan="${lanes.length + 1}">⋮ ${left} more rows</td>
      </tr>
    `}</tbody>
      </table>
    </div>
  `;
}

function rowOf(
  row: LaneRow,
  run: string,
  laneCount: number,
  names: ReadonlyMap<string, string>,
): Html {
  if (row.kind !== "step") {
    const text = noteText(row, names);
    return html`
      <tr class="fold">
        <td colspan="${laneCount + 1}">⋮ ${text}</td>
      </tr>
    `;
  }
  const { step, lane } = row;
  const cells = Array.from(
    { length: laneCount },
    (_, index) => html`<td>${index === lane ? stepLink(step, run) : undefined}</td>`,
  );
  const { mark } = step;
  const tone = mark === undefined ? undefined : html`
    class="${toneOf(mark)}"
  `;
  const symbol = mark === undefined ? "" : `${SYMBOLS[mark]} `;
  return html`
    <tr${tone}><td>${symbol}${step.number}</td>${cells}</tr>
  `;
}

function stepLink(step: TraceStep, run: string): Html {
  const { call, failure } = shortCall(step);
  const about = `${call} ${step.arguments}`.trimEnd();
  const short = `${call} ${endOfPath(step.arguments)}`.trimEnd();
  const late = step.part === "call" ? undefined : html`
    class="late"
  `;
  const outcome = failure === "" ? undefined : html`
    <span class="errno">✗ ${failure}</span>
  `;
  return html`
    <a href="#${run}-${step.number}" title="${about}" ${late}>${short}${outcome}</a>
  `;
}

/** Of a path the end tells more than the beginning. */
function endOfPath(text: string): string {
  const [, end] = /^\/\S*?([^/\s]+\/[^/\s]+)$/.exec(text) ?? [];
  return end === undefined || text === `/${end}` ? text : `…/${end}`;
}
