import { type Html, html } from "../../sim/report/html.ts";
import { MEASURES } from "../cycle.ts";
import type { Ratio, Report } from "../report.ts";
import { axis, endpointName, grid, note, section } from "./parts.ts";
import { numberText, ratioScale, type Scale } from "./scale.ts";

/** Ours to each other endpoint, measure by measure. */
export function ratiosPart({ ratios }: Report): Html | undefined {
  const shown = MEASURES.filter((it) => ratios.some(({ intervals }) => intervals[it]));
  if (shown.length === 0) return undefined;
  const all = ratios.flatMap(({ intervals }) => Object.values(intervals));
  const scale = ratioScale(all.flatMap(({ low, high }) => [low, high]));
  return section(
    "ratios",
    "Ratios",
    note(
      "Our median to that of each other, left of 1 we are faster. Pods of the same round are drawn ",
      "together for the 95 % interval, so that what the machine did to both counts for neither.",
    ),
    html`
      <table class="forest">
        <thead>
          <tr>
            <th scope="col">Call</th>
            <th scope="col" class="peer">To</th>
            <th scope="col">Ratio</th>
            <th scope="col"><span class="visually-hidden">On the axis</span></th>
          </tr>
        </thead>
        <tbody>${shown.map((measure) =>
          ratios.map((it, at) => row(measure, it, at + 1, scale))
        )}</tbody>
        <tfoot aria-hidden="true">
          <tr>
            <td colspan="3"></td>
            <td>${axis(scale, (it) => `×${it}`)}</td>
          </tr>
        </tfoot>
      </table>
    `,
  );
}

function row(
  measure: typeof MEASURES[number],
  { peer, intervals }: Ratio,
  index: number,
  scale: Scale,
): Html | undefined {
  const found = intervals[measure];
  if (found === undefined) return undefined;
  const { value, low, high } = found;
  const [from, to] = [scale.at(low), scale.at(high)];
  return html`
    <tr class="e${index}">
      <th scope="row">${measure}</th>
      <td class="peer">${endpointName({ name: peer }, index)}</td>
      <td>×${numberText(value)} <small>${numberText(low)}–${numberText(high)}</small></td>
      <td>
        <div class="line"
          aria-hidden="true">${grid(scale)}<i class="limit" style="left:${scale.at(
            1,
          )}%"></i><i class="interval e${index}-fill" style="left:${from}%;width:${to -
            from}%"></i><i class="dot e${index}-fill" style="left:${scale.at(value)}%"></i></div>
      </td>
    </tr>
  `;
}
