import { Command } from "commander";

import manifest from "../../deno.json" with { type: "json" };

/** `slipway version` */
export function versionCommand(): Command {
  return new Command("version")
    .description("print the versions of slipway, of CRI and of Deno")
    .action(() => {
      console.log(`slipway ${manifest.version}`);
      console.log("cri     v1");
      console.log(`deno    ${Deno.version.deno}`);
    });
}
