import { type Html, html } from "../../sim/report/html.ts";
import { type Measure, MEASURES } from "../cycle.ts";
import type { Endpoint, Report } from "../report.ts";
import { percentile } from "../statistics.ts";
import { axis, endpointName, grid, note, section } from "./parts.ts";
import { linearScale, numberText, type Scale } from "./scale.ts";

/** Beyond this, an axis would show one pod and squeeze all others. */
const SHOWN_PERCENT = 99;
/** Room to the right of what is shown. */
const MARGIN = 1.04;

/** Every call and sum: how many pods took at most so long, all endpoints in one plot. */
export function callsPart({ endpoints }: Report): Html | undefined {
  const measures = MEASURES.filter((it) => endpoints.some(({ samples }) => samples[it]));
  if (measures.length === 0) return undefined;
  return section(
    "calls",
    "Calls",
    note(
      "Share of pods (upwards) whose call took at most so many milliseconds. A line further to the left ",
      "is faster, a steeper one steadier. The dot is the median, the bar through it its 95 % interval. ",
      `Axes end at the slowest ${SHOWN_PERCENT}th percentile.`,
    ),
    html`<div class="panels">${measures.map((it) => panel(it, endpoints))}</div>`,
  );
}

function panel(measure: Measure, endpoints: readonly Endpoint[]): Html {
  const shown = endpoints.map((endpoint, index) => ({ endpoint, index }))
    .filter(({ endpoint }) => endpoint.samples[measure] !== undefined);
  const slowest = shown.map(({ endpoint }) =>
    percentile(endpoint.samples[measure] ?? [], SHOWN_PERCENT)
  );
  const scale = linearScale(Math.max(...slowest) * MARGIN);
  const medians = shown.map(({ endpoint }) =>
    `${endpoint.name} ${numberText(endpoint.calls[measure]?.p50 ?? 0)} ms`
  );
  return html`
    <figure class="panel">
      <figcaption>${measure}</figcaption>
      <div class="plot" role="img" aria-label="${measure}, medians: ${medians.join(", ")}">
        ${grid(scale)}
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          ${shown.map(({ endpoint, index }) =>
            curve(endpoint.samples[measure] ?? [], index, scale)
          )}
        </svg>
        ${shown.map(({ endpoint, index }) => medianMark(endpoint, measure, index, scale))}
      </div>
      ${axis(scale)}
      <table class="numbers">
        <thead>
          <tr><th scope="col">ms</th><th scope="col">p50</th><th scope="col">p90</th>
            <th scope="col">p99</th></tr>
        </thead>
        <tbody>${shown.map(({ endpoint, index }) => numbers(endpoint, measure, index))}</tbody>
      </table>
    </figure>
  `;
}

function curve(samples: readonly number[], index: number, scale: Scale): Html {
  const sorted = samples.toSorted((a, b) => a - b);
  const steps = sorted.map((value, at) =>
    `H${scale.at(value)}V${Math.round(1e4 * (1 - (at + 1) / sorted.length)) / 100}`
  );
  return html`
    <path class="e${index} e${index}-line" d="M0 100${steps.join("")}" />
  `;
}

function medianMark(endpoint: Endpoint, measure: Measure, index: number, scale: Scale): Html {
  const { p50 = 0, p50Low = 0, p50High = 0 } = endpoint.calls[measure] ?? {};
  const [low, high] = [scale.at(p50Low), scale.at(p50High)];
  const title = `${endpoint.name}: ${numberText(p50)} ms (${numberText(p50Low)} to ${
    numberText(p50High)
  })`;
  return html`
    <span class="e${index}"
      title="${title}"><i class="interval e${index}-fill" style="left:${low}%;width:${high -
        low}%"></i><i class="dot e${index}-fill" style="left:${scale.at(p50)}%"></i></span>
  `;
}

function numbers(endpoint: Endpoint, measure: Measure, index: number): Html {
  const { p50 = 0, p90 = 0, p99 = 0 } = endpoint.calls[measure] ?? {};
  return html`
    <tr class="e${index}">
      <th scope="row">${endpointName(endpoint, index)}</th>
      <td>${numberText(p50)}</td>
      <td>${numberText(p90)}</td>
      <td>${numberText(p99)}</td>
    </tr>
  `;
}
