import { type Html, html, raw } from "../../sim/report/html.ts";
import type { Measure } from "../cycle.ts";
import type { Report } from "../report.ts";
import { barsPart } from "./bars_part.ts";
import { costsPart } from "./costs_part.ts";
import { callsPart } from "./ecdf.ts";
import { factsPart } from "./facts_part.ts";
import css from "./page.css" with { type: "text" };
import { endpointName } from "./parts.ts";
import { ratiosPart } from "./ratios_part.ts";
import { numberText } from "./scale.ts";
import { spansPart } from "./spans_part.ts";
import { waterfallPart } from "./waterfall_part.ts";

/** Nothing from anywhere, and no script at all. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** What a reader wants to know first. */
const HEADLINES: readonly Measure[] = [
  "run → started",
  "StartContainer",
  "stop + remove",
  "whole cycle",
];

/** Of the style sheet. */
const HUES = 5;

/** A report as a page of its own: one file that loads nothing and runs nothing, for any browser. */
export function pageOf(report: Report): string {
  const parts = [
    ["bars", "Bars", barsPart(report)],
    ["calls", "Calls", callsPart(report)],
    ["ratios", "Ratios", ratiosPart(report)],
    ["waterfall", "Typical call", waterfallPart(report.trace)],
    ["spans", "All pods", spansPart(report.trace)],
    ["costs", "Costs", costsPart(report)],
    ["facts", "Machine", factsPart(report)],
  ] as const;
  const shown = parts.filter(([, , part]) => part !== undefined);
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${POLICY}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="generator" content="slipway bench">
        <link rel="icon" href="data:,">
        <title>${titleOf(report)}</title>
        <style>
    ${raw(css)}${raw(legendRules(report.endpoints))}</style>
      </head>
      <body>
        <header>
          <h1>${titleOf(report)}</h1>
          <p>${summaryOf(report)}</p>
          ${headlines(report)}
        </header>
        <div class="tools">
          <nav aria-label="Sections">${shown.map(([id, name]) =>
            html`
              <a href="#${id}">${name}</a>
            `
          )}</nav>
          ${legend(report)}
        </div>
        <main>${shown.map(([, , part]) => part)}</main>
      </body>
    </html>
  `.text.trimStart();
}

function titleOf({ endpoints }: Report): string {
  return `${endpoints.map((it) => it.name).join(" · ")}: the start path`;
}

function summaryOf({ settings, beganAt, machine }: Report): string {
  const { pods, parallel, network, workload, pauseMs } = settings;
  const net = network === "host" ? "on the host's network" : "with a network of their own (CNI)";
  const kind = workload === "sleep" ? "a container that sleeps" : "a container that ends at once";
  const pause = pauseMs === 0 ? "back to back" : `${pauseMs} ms before each start`;
  return `${pods} pods on each, ${parallel} at a time, ${net}, with ${kind}, ${pause}; servers take ` +
    `turns. Measured at the client on ${machine.cores} cores of ${machine.cpu}, ${
      beganAt.slice(0, 10)
    }.`;
}

/** The medians that matter most, beside those of the others. */
function headlines({ endpoints, ratios }: Report): Html | undefined {
  const [ours] = endpoints;
  const shown = HEADLINES.filter((it) => ours?.calls[it] !== undefined);
  if (ours === undefined || shown.length === 0) return undefined;
  return html`
    <ul class="headlines">${shown.map((measure) =>
      html`<li><span class="what">${measure}</span>
        <span class="big">${numberText(ours.calls[measure]?.p50 ?? 0)}<small> ms</small></span>
        ${
        ratios.flatMap(({ peer, calls }) => {
          const ratio = calls[measure];
          return ratio === undefined
            ? []
            : [html`<span class="to">×${numberText(ratio)} of ${peer}</span>`];
        })
      }</li>`
    )}</ul>
  `;
}

/** Each endpoint can be hidden everywhere. */
function legend({ endpoints }: Report): Html {
  return html`
    <fieldset class="legend"><legend class="visually-hidden">Show</legend>${endpoints.map((
      it,
      index,
    ) =>
      html`<label><input type="checkbox" id="show${index}" checked>${
        endpointName(it, index)
      }</label>`
    )}</fieldset>
  `;
}

/** A colour for each, grey for the floor, and what hides an endpoint that is not to be shown. */
function legendRules(endpoints: Report["endpoints"]): string {
  return endpoints.map(({ runtime }, at) => {
    const hue = `var(--${runtime === null ? "floor" : `hue${at % HUES}`})`;
    return `.e${at}-fill{background:${hue}}.e${at}-line{stroke:${hue}}` +
      `body:has(#show${at}:not(:checked)) main .e${at}{display:none}`;
  }).join("\n");
}
