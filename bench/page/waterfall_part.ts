import { type Html, html } from "../../sim/report/html.ts";
import type { Trace, WaterfallCall, WaterfallSpan } from "../report.ts";
import { axis, grid, note, section } from "./parts.ts";
import { linearScale, numberText, type Scale } from "./scale.ts";

/** Those that are open at first: the way to a container that runs. */
const OPEN: readonly string[] = ["RunPodSandbox", "CreateContainer", "StartContainer"];

/** Each call of a typical pod, and what the daemon did meanwhile. */
export function waterfallPart(trace: Trace | null): Html | undefined {
  if (trace === null || trace.waterfall.length === 0) return undefined;
  return section(
    "waterfall",
    "Where the time goes: one typical call each",
    note(
      "The call of the pod that took most nearly the median, as the client saw it, and the daemon's own ",
      "spans inside of it, in milliseconds. Each has an axis of its own. ",
      html`<span class="key"><i class="bar own"></i> works</span>`,
      html`<span class="key"><i class="bar wait"></i> waits</span>`,
      html`<span class="key"><i class="bar background"></i> in the background</span>`,
    ),
    trace.waterfall.map(callPart),
  );
}

function callPart(call: WaterfallCall): Html {
  const scale = linearScale(call.ms);
  const open = OPEN.includes(call.call) ? "open" : undefined;
  return html`
    <details class="waterfall" ${open}>
      <summary>${call.call} <span class="ms">${numberText(call.ms)} ms</span></summary>
      <table>
        <colgroup>
          <col class="name">
          <col>
          <col class="ms">
        </colgroup>
        <tbody>
          <tr>
            <th scope="row">client</th>
            <td>${line({ startMs: 0, ms: call.ms }, "client", scale)}</td>
            <td>${numberText(call.ms)}</td>
          </tr>
          ${call.spans.map((it) => spanRow(it, scale))}
        </tbody>
        <tfoot aria-hidden="true">
          <tr>
            <td></td>
            <td>${axis(scale)}</td>
            <td></td>
          </tr>
        </tfoot>
      </table>
    </details>
  `;
}

function spanRow(span: WaterfallSpan, scale: Scale): Html {
  const { name, depth, startMs, ms, isWait, isBackground } = span;
  const kinds = [isWait ? "wait" : "own", ...isBackground ? ["background"] : []];
  const words = [
    ...isWait ? ["waits"] : [],
    ...isBackground ? ["in the background"] : [],
    `from ${numberText(startMs)} ms on`,
  ];
  return html`
    <tr>
      <th scope="row" style="--depth:${depth}">
        ${name} <span class="visually-hidden">(${words.join(", ")})</span>
      </th>
      <td>${line(span, kinds.join(" "), scale)}</td>
      <td>${numberText(ms)}</td>
    </tr>
  `;
}

function line(
  { startMs, ms }: Pick<WaterfallSpan, "startMs" | "ms">,
  kinds: string,
  scale: Scale,
): Html {
  const from = scale.at(startMs);
  const width = scale.at(startMs + ms) - from;
  return html`
    <div class="line" aria-hidden="true">
      ${grid(scale)}<i class="bar ${kinds}" style="left:${from}%;width:${width}%"></i>
    </div>
  `;
}
