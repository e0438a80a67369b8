import { type Html, html } from "../../sim/report/html.ts";
import type { SpanStatistics, Trace } from "../report.ts";
import { note, section, table } from "./parts.ts";
import { numberText } from "./scale.ts";

/** What takes less than this of a pod is no row of its own. */
const LEAST_MS = 0.02;

/** The daemon's spans of all pods together, and how often it calls the kernel. */
export function spansPart(trace: Trace | null): Html | undefined {
  if (trace === null) return undefined;
  const { pods, overhead, spans, counts } = trace;
  const cost = overhead["whole cycle"];
  return section(
    "spans",
    `Where the time goes: ${pods} pods together`,
    note(
      "Milliseconds a pod, and the share of what it is inside of; of a call, of what the client saw. ",
      `Work under ${LEAST_MS} ms is left out. `,
      cost && `Telling all this made the whole cycle ×${cost.value.toFixed(2)} as long ` +
          `(${cost.low.toFixed(2)} to ${cost.high.toFixed(2)}); the other sections are without it.`,
    ),
    table(
      "Spans of all pods",
      ["Work", "p50 ms", "p90 ms", "a pod", "Share"],
      spans.filter((it) => it.p50 >= LEAST_MS).map(spanRow),
    ),
    html`<h3>Calls of the kernel, a pod</h3>`,
    note("What began them, and how often: programs, files, mounts. Waits are none."),
    html`<dl class="counts">${
      Object.entries(counts).map(([origin, names]) =>
        html`
          <div>
            <dt>${origin}</dt>
            <dd>${Object.entries(names).map(([name, count]) =>
              html`
                <span class="count">${name} <b>×${count}</b></span>
              `
            )}</dd>
          </div>
        `
      )
    }</dl>`,
  );
}

function spanRow({ path, p50, p90, perPod, share, isWait }: SpanStatistics): Html {
  const percent = share === null ? undefined : Math.round(share * 100);
  return html`
    <tr class="${path.length === 1 ? "call" : ""}">
      <th scope="row" style="--depth:${path.length - 1}">${path.at(-1)}${isWait
        ? html`
          <small>waits</small>
        `
        : undefined}</th>
      <td>${numberText(p50)}</td>
      <td>${numberText(p90)}</td>
      <td>×${perPod}</td>
      <td class="share">${percent === undefined
        ? undefined
        : html`<i class="meter" aria-hidden="true" style="width:${
          Math.min(100, percent)
        }%"></i><span>${percent} %</span>`}</td>
    </tr>
  `;
}
