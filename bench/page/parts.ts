import { type Html, html, type HtmlPart } from "../../sim/report/html.ts";
import type { Endpoint } from "../report.ts";
import { type Scale, tickText } from "./scale.ts";

/** A part of the page with a heading that can be linked to. */
export function section(id: string, title: string, ...parts: readonly HtmlPart[]): Html {
  return html`
    <section id="${id}" aria-labelledby="${id}-title">
      <h2 id="${id}-title">${title}</h2>
      ${parts}
    </section>
  `;
}

/** What a reader should know about what follows. */
export function note(...parts: readonly HtmlPart[]): Html {
  return html`
    <p class="note">${parts}</p>
  `;
}

/** A table that scrolls by itself where it is too wide, by keyboard as well. */
export function table(label: string, heads: readonly HtmlPart[], rows: readonly Html[]): Html {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="${label}">
      <table>
        <thead>
          <tr>${heads.map((it) => html`<th scope="col">${it}</th>`)}</tr>
        </thead>
        <tbody>${rows}</tbody>
      </table>
    </div>
  `;
}

/** An endpoint's name in its colour; its class is what the legend hides. */
export function endpointName({ name }: Pick<Endpoint, "name">, index: number): Html {
  return html`<span class="swatch e${index}-fill" aria-hidden="true"></span>${name}`;
}

/** The labels below a plot. */
export function axis({ ticks, at }: Scale, text = tickText): Html {
  return html`
    <div class="axis" aria-hidden="true">
      ${ticks.map((it) => html`<span style="left:${at(it)}%">${text(it)}</span>`)}
    </div>
  `;
}

/** Lines behind a plot, where the axis has its labels. */
export function grid({ ticks, at }: Scale): readonly Html[] {
  return ticks.map((it) => html`<i class="grid" style="left:${at(it)}%"></i>`);
}
