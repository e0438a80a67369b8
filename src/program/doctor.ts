import { bold, green, red, yellow } from "@std/fmt/colors";
import { Command } from "commander";

import type { HostFact } from "../../real/host.ts";
import { failure } from "./exit_codes.ts";

/** `slipway doctor` */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("look at this host and say what pods need and is missing; changes nothing")
    .action(async () => {
      const { probeHost } = await import("../../real/host.ts");
      const facts = await probeHost();
      for (const line of factLines(facts)) console.log(line);
      const missing = missingOf(facts);
      if (missing.length > 0) throw failure(`pods cannot run here: ${missing.join(", ")} missing`);
    });
}

/** What pods cannot run without and the host has not, by name. */
export function missingOf(facts: readonly HostFact[]): readonly string[] {
  return facts.filter((it) => it.isRequired && !it.isPresent).map((it) => it.name);
}

function factLines(facts: readonly HostFact[]): readonly string[] {
  const width = Math.max(...facts.map((it) => it.name.length));
  return facts.map(({ name, isPresent, isRequired, detail, howToInstall }) => {
    const mark = isPresent ? green("✓") : isRequired ? red("✗") : yellow("–");
    const remedy = howToInstall === "" ? "" : `  (${bold(howToInstall)})`;
    return `${mark} ${name.padEnd(width)}  ${detail}${remedy}`;
  });
}
