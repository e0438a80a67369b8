import { type Html, html } from "../../sim/report/html.ts";
import { READ_CALLS } from "../reads.ts";
import type { Endpoint, Report } from "../report.ts";
import { endpointName, note, section } from "./parts.ts";
import { numberText } from "./scale.ts";

/** So that nothing is divided by nothing. */
const MINIMUM = Number.MIN_VALUE;

/** One thing of which every endpoint has a number. */
interface Cost {
  readonly name: string;
  readonly unit: string;
  readonly value: (endpoint: Endpoint) => number | null | undefined;
  /** A part of it that is drawn apart, inside of its bar. */
  readonly part?: (endpoint: Endpoint) => number | undefined;
}

/** A figure: costs below each other. */
interface Group {
  readonly title: string;
  readonly words?: string;
  readonly costs: readonly Cost[];
  /** Their bars can be compared with each other. */
  readonly isOneAxis?: boolean;
}

/** What pods cost besides time: memory, CPU, and what many of them do to each other. */
export function costsPart({ endpoints, settings }: Report): Html | undefined {
  const groups: readonly Group[] = [
    {
      title: "Memory",
      words: "Proportional set (PSS) of the daemon, dark, and of its helpers.",
      costs: memoryOf(endpoints),
      isOneAxis: true,
    },
    { title: "CPU and throughput", costs: speedOf(settings.parallel) },
    {
      title: "Many at once",
      words: "Delay: how much longer than usual calls about another pod take.",
      costs: burstOf(endpoints),
    },
    { title: "Beside a crowd", words: "Medians.", costs: crowdOf(endpoints) },
  ];
  const shown = groups.flatMap((it) => groupPart(it, endpoints) ?? []);
  return shown.length === 0
    ? undefined
    : section("costs", "What pods cost", html`<div class="panels costs">${shown}</div>`);
}

function memoryOf(endpoints: readonly Endpoint[]): readonly Cost[] {
  return countsOf(endpoints, (it) => it.memory).map((pods) => ({
    name: `at ${pods} pods`,
    unit: "MB",
    value: ({ memory }) => memory.find((it) => it.pods === pods)?.pss,
    part: ({ memory }) => memory.find((it) => it.pods === pods)?.daemonPss,
  }));
}

function speedOf(parallel: number): readonly Cost[] {
  return [
    {
      name: "CPU a pod",
      unit: "ms",
      value: (it) => it.cpuSecondsPerPod && it.cpuSecondsPerPod * 1_000,
    },
    { name: `pods a second, ${parallel} at a time`, unit: "", value: (it) => it.podsPerSecond },
  ];
}

function burstOf(endpoints: readonly Endpoint[]): readonly Cost[] {
  const pods = endpoints.find((it) => it.burst !== null)?.burst?.pods;
  return [
    { name: `pods a second, ${pods} at once`, unit: "", value: (it) => it.burst?.podsPerSecond },
    { name: "delay p50", unit: "ms", value: (it) => it.burst?.delay.p50 },
    { name: "delay p99", unit: "ms", value: (it) => it.burst?.delay.p99 },
  ];
}

function crowdOf(endpoints: readonly Endpoint[]): readonly Cost[] {
  return [
    ...countsOf(endpoints, (it) => it.reads).flatMap((pods) =>
      READ_CALLS.map((call): Cost => ({
        name: `${call}, ${pods} pods`,
        unit: "ms",
        value: ({ reads }) => reads.find((it) => it.pods === pods)?.calls[call]?.p50,
      }))
    ),
    ...countsOf(endpoints, (it) => it.growth).map((pods): Cost => ({
      name: `run → started, ${pods} pods`,
      unit: "ms",
      value: ({ growth }) => growth.find((it) => it.pods === pods)?.calls["run → started"]?.p50,
    })),
  ];
}

function countsOf(
  endpoints: readonly Endpoint[],
  levels: (endpoint: Endpoint) => readonly { readonly pods: number }[],
): readonly number[] {
  return [...new Set(endpoints.flatMap((it) => levels(it).map((it) => it.pods)))];
}

/** Nothing where nothing was measured. */
function groupPart(
  { title, words, costs, isOneAxis = false }: Group,
  endpoints: readonly Endpoint[],
): Html | undefined {
  const most = (cost: Cost) => Math.max(...endpoints.map((it) => cost.value(it) ?? 0), MINIMUM);
  const shown = costs.filter((it) => endpoints.some((endpoint) => isNumber(it.value(endpoint))));
  if (shown.length === 0) return undefined;
  const mostOfAll = Math.max(...shown.map(most));
  return html`
    <figure class="panel">
      <figcaption>${title}</figcaption>
      ${words === undefined ? undefined : note(words)}
      ${shown.map((it) => costPart(it, isOneAxis ? mostOfAll : most(it), endpoints))}
    </figure>
  `;
}

function costPart(
  { name, unit, value, part }: Cost,
  most: number,
  endpoints: readonly Endpoint[],
): Html {
  const rows = endpoints.map((endpoint, index) => {
    const found = value(endpoint);
    if (!isNumber(found)) return undefined;
    const [width, inner] = [found, part?.(endpoint)].map((it) => percent((it ?? 0) / most));
    return html`
      <tr class="e${index}">
        <th scope="row">${endpointName(endpoint, index)}</th>
        <td
          class="meter-cell"><i class="meter e${index}-fill${inner === 0
            ? ""
            : " faint"}" aria-hidden="true" style="width:${width}%"></i>${inner === 0
            ? undefined
            : html`<i class="meter e${index}-fill" aria-hidden="true" style="width:${inner}%"></i>`}</td>
        <td>${numberText(found)} ${unit}</td>
      </tr>
    `;
  });
  return html`
    <table class="cost">
      <caption>${name}</caption>
      <tbody>${rows}</tbody>
    </table>
  `;
}

function percent(share: number): number {
  return Math.round(share * 1e4) / 100;
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === "number";
}
