import { sha256 } from "../../src/image/sha256.ts";
import { html, raw } from "./html.ts";
import type { FailureReport } from "./model.ts";
import css from "./page/page.css" with { type: "text" };
import { pageData } from "./page_data.ts";
import { PAGE_SCRIPT } from "./page_script.ts";
import {
  header,
  programPart,
  statePart,
  timelinePart,
  waitPart,
  whatHappened,
} from "./page_parts.ts";
import { storyPart } from "./page_story.ts";

/**
 * The page of a failure for a browser: one file that loads nothing else, works from `file:`, and runs no
 * script but its own.
 */
export function reportHtml(report: FailureReport): string {
  const { title } = report;
  const body = [
    header(report),
    html`<main>`,
    whatHappened(report),
    storyPart(report),
    timelinePart(report),
    statePart(report),
    waitPart(report),
    programPart(report),
    html`</main>`,
  ];
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${policy()}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="generator" content="slipway sim">
        <link rel="icon" href="data:,">
        <title>${title}</title>
        <style>
    ${raw(css)}</style>
      </head>
      <body>
    ${body}<footer></footer>
    <p id="live" class="visually-hidden" aria-live="polite"></p>
    <div id="card" class="card" hidden></div>
    <script type="application/json" id="data">${raw(pageData(report))}</script>
    <script type="module">${raw(PAGE_SCRIPT)}</script>
      </body>
    </html>
  `.text.trimStart();
}

/** Nothing from anywhere, and of scripts only this one, by its hash. */
function policy(): string {
  const digest = sha256(new TextEncoder().encode(PAGE_SCRIPT));
  const bytes = Uint8Array.from(digest.match(/../g) ?? [], (it) => parseInt(it, 16));
  return "default-src 'none'; img-src data:; style-src 'unsafe-inline'; " +
    `script-src 'sha256-${bytes.toBase64()}'; base-uri 'none'; form-action 'none'`;
}
