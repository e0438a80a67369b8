import { fromFileUrl } from "@std/path";
import { Command } from "commander";
import { spawn } from "node:child_process";
import { once } from "node:events";

import { failure } from "./exit_codes.ts";

const SCRIPT = new URL("../../bench/start_path.ts", import.meta.url);

/** `slipway bench`: the script below bench/ knows its own options. */
export function benchCommand(): Command {
  return new Command("bench")
    .description("measure the start path of this daemon, and of other CRI runtimes beside it")
    .allowUnknownOption()
    .helpOption(false)
    .argument("[options...]", "those of bench/start_path.ts; --help lists them")
    .action(async (options: readonly string[]) => {
      const child = spawn(Deno.execPath(), ["run", "-A", fromFileUrl(SCRIPT), ...options], {
        stdio: "inherit",
      });
      const [code] = await once(child, "exit");
      if (code !== 0) throw failure(`the benchmark ended with ${code ?? "a signal"}`);
    });
}
