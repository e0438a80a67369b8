import { type Html, html } from "../../sim/report/html.ts";
import type { Bar, Report } from "../report.ts";
import { axis, grid, note, section } from "./parts.ts";
import { numberText, ratioScale, type Scale } from "./scale.ts";

/** What the project holds itself to: every bar on one axis, as a share of its limit. */
export function barsPart({ bars }: Report): Html | undefined {
  if (bars.length === 0) return undefined;
  const scale = ratioScale(
    bars.flatMap((it) => [it.value, it.low, it.high].map((v) => share(it, v)))
      .filter((it) => it !== undefined),
  );
  const met = bars.filter((it) => it.isMet).length;
  return section(
    "bars",
    "Bars",
    note(
      `${met} of ${bars.length} are met. The axis is what was measured as a share of what is allowed: `,
      "left of 1 is met. The line through a dot is its 95 % interval.",
    ),
    html`
      <table class="forest">
        <thead>
          <tr>
            <th scope="col">Bar</th>
            <th scope="col">Measured</th>
            <th scope="col">Has to be</th>
            <th scope="col"><span class="visually-hidden">On the axis</span></th>
            <th scope="col"><span class="visually-hidden">Verdict</span></th>
          </tr>
        </thead>
        <tbody>${bars.map((it) => row(it, scale))}</tbody>
        <tfoot aria-hidden="true">
          <tr>
            <td colspan="3"></td>
            <td>${axis(scale)}</td>
            <td></td>
          </tr>
        </tfoot>
      </table>
    `,
  );
}

function row(bar: Bar, scale: Scale): Html {
  const { name, peer, value, low, high, limit, unit, better, isMet } = bar;
  const at = scale.at(share(bar, value) ?? 1);
  const ends = [share(bar, low), share(bar, high)].filter((it) => it !== undefined)
    .map((it) => scale.at(it)).toSorted((a, b) => a - b);
  const [from = at, to = at] = ends;
  const interval = low === null || high === null ? undefined : html`
    <small>${numberText(low)}–${numberText(high)}</small>
  `;
  return html`
    <tr class="${isMet ? "met" : "missed"}">
      <th scope="row">${name}${peer === null ? undefined : html`
        <small>against ${peer}</small>
      `}</th>
      <td>${withUnit(value, unit)}${interval}</td>
      <td>${better === "less" ? "≤" : "≥"} ${withUnit(limit, unit)}</td>
      <td>
        <div class="line"
          aria-hidden="true">${grid(scale)}<i class="limit" style="left:${scale.at(
            1,
          )}%"></i><i class="interval" style="left:${from}%;width:${to -
            from}%"></i><i class="dot" style="left:${at}%"></i></div>
      </td>
      <td class="verdict">${isMet ? "met" : "not met"}</td>
    </tr>
  `;
}

/** Of what is allowed: at most 1 is met, whichever side is the better one. */
function share({ limit, better }: Bar, value: number | null): number | undefined {
  if (value === null) return undefined;
  return better === "less" ? value / limit : limit / value;
}

function withUnit(value: number, unit: Bar["unit"]): string {
  return unit === "×" ? `×${numberText(value)}` : `${numberText(value)} ${unit}`;
}
