import { difference } from "../world/snapshot.ts";
import { type Html, html } from "./html.ts";
import {
  type DescribedDeviation,
  type FailureReport,
  type Mark,
  passingTitle,
  type Trace,
} from "./model.ts";
import { SYMBOLS } from "./paint.ts";
import { duration } from "./width.ts";
import { commonCount } from "./window.ts";

/** A schedule that was shrunk has fewer. */
const DEVIATIONS_MAX = 12;

const TONES: Readonly<Record<Mark, "warn" | "danger" | "calm">> = {
  preemption: "warn",
  switch: "warn",
  time: "calm",
  resumption: "calm",
  fault: "danger",
  crash: "danger",
  cancel: "danger",
  violation: "danger",
};

/** How loud a mark is: a class of the style sheet. */
export function toneOf(mark: Mark): string {
  return TONES[mark];
}

/** What broke, and how to see it again. */
export function header(report: FailureReport): Html {
  const { title, message, invariant, replayCommand, failing } = report;
  return html`
    <header>
    <p class="eyebrow">${invariant === undefined ? "A run that fails" : `${invariant}, broken`}</p>
    <button type="button" id="theme">Light or dark</button>
    <h1>${title}</h1>
    ${message === title ? undefined : html`<p class="message" tabindex="0">${message}</p>`}
    <p class="replay"><code id="command" tabindex="0">${replayCommand}</code>
    <button type="button" id="copy">Copy</button></p>
    ${stats(report, failing)}
    </header>
  `;
}

function stats({ deviations, isMinimal }: FailureReport, { steps, tasks }: Trace): Html {
  const micros = steps.at(-1)?.elapsedMicros ?? 0;
  const minimal = isMinimal === undefined
    ? undefined
    : html`<li>${
      isMinimal ? "minimal: with one deviation fewer it passes" : "not proved to be minimal"
    }</li>`;
  return html`<ul class="stats">
<li><b>${deviations.length}</b> ${deviations.length === 1 ? "deviation" : "deviations"}</li>
<li><b>${steps.length}</b> steps</li>
<li><b>${tasks.length}</b> tasks</li>
<li><b>${duration(micros)}</b> of virtual time</li>
${minimal}
</ul>`;
}

/** The deviations as sentences, each a link to its step, and what broke last. */
export function whatHappened({ deviations, failing, title }: FailureReport): Html {
  const last = failing.steps.at(-1)?.number ?? 0;
  const more = deviations.slice(DEVIATIONS_MAX);
  return html`
    <section aria-labelledby="happened">
    <h2 id="happened">What happened</h2>
    ${deviations.length > 0
      ? undefined
      : html`<p class="verdict">The run is sequential: nothing is preempted and nothing fails.</p>`}
    <ol class="deviations">
    ${deviations.slice(0, DEVIATIONS_MAX).map((it, index) => deviationItem(it, index + 1))}</ol>
    ${more.length === 0 ? undefined : html`
      <details>
        <summary>${more.length} more</summary>
        <ol class="deviations">
      ${more.map((it, index) => deviationItem(it, index + DEVIATIONS_MAX + 1))}</ol>
      </details>
    `}<ol class="deviations">
    ${deviationItem({ step: last, mark: "violation", text: title })}</ol>
    </section>
  `;
}

function deviationItem({ step, mark, text }: DescribedDeviation, number?: number): Html {
  return html`
    <li><a class="${toneOf(
      mark,
    )}" href="#failing-${step}"><span class="symbol" aria-hidden="true">${SYMBOLS[
      mark
    ]}</span><span class="step">${number === undefined
      ? ""
      : `${number}. `}step ${step}</span><span>${text}</span></a></li>
  `;
}

/** Both runs as lanes that can be zoomed; the script draws them. */
export function timelinePart(report: FailureReport): Html {
  const { failing, passing } = report;
  const runs = passing === undefined ? undefined : choice("runs", "Runs", [
    ["both", "both"],
    ["failing", "failing"],
    ["passing", "passing"],
  ]);
  return html`
    <section aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <div class="toolbar" role="search">
        <input type="search" id="search" placeholder="Find calls, outcomes, tasks"
          aria-label="Find calls, outcomes, tasks">
        <input type="text" id="object" list="known-objects" placeholder="Object: c1, a path, pid 7"
          aria-label="Object">
        <datalist id="known-objects"></datalist>
        <span id="count" aria-live="polite"></span>
        <button type="button" id="clear" hidden>Show all</button>
      </div>
      <div class="toolbar">
    ${choice("axis", "Axis", [["step", "steps"], ["time", "virtual time"]])}
    ${choice("lanes", "Tasks", [["story", "of the story"], ["all", "all"]])}
    ${runs}
    <span><button type="button" id="zoom-out" aria-label="Zoom out">−</button>
    <button type="button" id="zoom-in" aria-label="Zoom in">+</button>
    <button type="button" id="zoom-story">The story</button>
    <button type="button" id="zoom-all">The whole run</button></span>
      </div>
      <div class="toolbar">
        <div id="objects" class="chips" role="group" aria-label="Objects"></div>
      </div>
      <div class="stage">
        <div>
    ${figure("failing", "The failing run", failing, undefined)}
    ${passing === undefined
      ? undefined
      : figure("passing", passingTitle(report), passing, commonCount(failing, passing))}
    ${LEGEND}
        </div>
        <aside id="details" aria-label="The chosen step">
          <p class="facts">Choose a step to see its arguments, its outcome, and who woke whom.</p>
        </aside>
      </div>
    </section>
  `;
}

function choice(id: string, legend: string, values: readonly (readonly [string, string])[]): Html {
  return html`<fieldset class="segments" id="${id}"><legend>${legend}</legend>${
    values.map(([value, text], index) =>
      html`<label><input type="radio" name="${id}" value="${value}"${
        index === 0
          ? html`
            checked
          `
          : undefined
      }>${text}</label>`
    )
  }</fieldset>`;
}

function figure(name: string, title: string, trace: Trace, common: number | undefined): Html {
  const facts = `${trace.steps.length} steps of ${trace.tasks.length} tasks` +
    (common === undefined ? "" : `, the first ${common} as in the failing run`);
  return html`
    <figure>
      <figcaption>${title} <span>${facts}</span></figcaption>
      <div class="timeline" id="timeline-${name}">
        <div class="spacer">
          <canvas tabindex="0" role="application"
            aria-label="${title}: ${facts}. Arrow keys go from step to step."
            aria-describedby="keys"></canvas>
        </div>
      </div>
    </figure>
  `;
}

const LEGEND: Html = html`
  <p class="legend">
    <span><i style="--swatch: var(--client)"></i>client</span>
    <span><i style="--swatch: var(--daemon)"></i>daemon</span>
    <span><i style="--swatch: var(--program)"></i>program</span>
    <span><i style="--swatch: var(--machine)"></i>machine</span>
    <span><i style="--swatch: var(--failed-soft)"></i>call that failed</span>
    <span>paler: a later part or a late answer</span>
  </p>
  <p class="legend" id="keys">
    <span><kbd>Ctrl</kbd> + wheel zooms, <kbd>Shift</kbd> + wheel and dragging move</span>
    <span><kbd>n</kbd> <kbd>p</kbd> next and previous deviation</span>
    <span><kbd>←</kbd> <kbd>→</kbd> steps of a task, <kbd>↑</kbd> <kbd>↓</kbd> tasks</span>
    <span><kbd>w</kbd> <kbd>s</kbd> zoom, <kbd>a</kbd> <kbd>d</kbd> move, <kbd>0</kbd> all</span>
    <span><kbd>/</kbd> finds, <kbd>Esc</kbd> lets go</span>
  </p>
`;

/** What there is more and less when it broke. */
export function statePart({ before, after }: FailureReport): Html | undefined {
  if (before.length + after.length === 0) return undefined;
  const changes = difference(before, after);
  const changed = new Set(changes.filter((it) => it.startsWith("+")).map((it) => it.slice(2)));
  const rest = after.filter((it) => !changed.has(it));
  const items = changes.map((it) =>
    html`
      <li class="${it.startsWith("+") ? "added" : "removed"}">${it}</li>
    `
  );
  return html`
    <section aria-labelledby="state">
    <h2 id="state">State, before and after</h2>
    ${changes.length === 0
      ? html`<p class="verdict">Nothing was left, and nothing is gone.</p>`
      : html`<ul class="diff" tabindex="0">${items}</ul>`}
    <details><summary>${rest.length} more as before</summary>
    <ul class="diff" tabindex="0">${rest.map((it) =>
      html`
        <li>  ${it}</li>
      `
    )}</ul></details>
    </section>
  `;
}

/** Who waits for what. */
export function waitPart({ waitText }: FailureReport): Html | undefined {
  return waitText === undefined ? undefined : textPart("waits", "Who waits for what", waitText);
}

/** What the clients did. */
export function programPart({ program }: FailureReport): Html | undefined {
  return program.length === 0 ? undefined : textPart("program", "Program", program.join("\n"));
}

function textPart(id: string, title: string, text: string): Html {
  return html`
    <section aria-labelledby="${id}">
      <h2 id="${id}">${title}</h2>
      <pre class="diff plain" tabindex="0">${text}</pre>
    </section>
  `;
}
