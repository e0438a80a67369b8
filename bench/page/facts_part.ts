import { type Html, html } from "../../sim/report/html.ts";
import type { Report } from "../report.ts";
import { section } from "./parts.ts";
import { numberText } from "./scale.ts";

/** The machine, the versions and the command: what numbers depend on. */
export function factsPart(report: Report): Html {
  const { machine, versions, endpoints, commandLine, beganAt, simulated } = report;
  const start = simulated.calls["StartContainer"];
  const facts: readonly (readonly [name: string, value: string])[] = [
    ["Began", beganAt],
    ["Processor", `${machine.cpu}, ${machine.cores} cores, ${machine.architecture}`],
    ["Memory", `${numberText(machine.memory / 1_000)} GB`],
    ["Linux", `${machine.linux}, cgroup version ${machine.cgroups}, ${machine.fileSystem}`],
    ["Load before", `${machine.load.toFixed(2)} (1 minute)`],
    ...endpoints.flatMap(({ name, runtime }) => runtime === null ? [] : [[name, runtime] as const]),
    ["Programs", [versions.runc, versions.conmon, `deno ${versions.deno}`].join(", ")],
    ...start === undefined
      ? []
      : [["StartContainer, simulated kernel", `p50 ${numberText(start.p50)} ms`] as const],
  ];
  return section(
    "facts",
    "Machine and command",
    html`<dl class="facts">${
      facts.map(([name, value]) =>
        html`
          <div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>
        `
      )
    }</dl>`,
    html`<pre tabindex="0" aria-label="Command"><code>slipway bench ${
      commandLine.join(" ")
    }</code></pre>`,
  );
}
