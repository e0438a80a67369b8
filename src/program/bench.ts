import { fromFileUrl } from "@std/path";
import { Command } from "commander";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";

import { failure } from "./exit_codes.ts";

const SCRIPT = new URL("../../bench/start_path.ts", import.meta.url);
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** `slipway bench`: the script below bench/ knows its own options. */
export function benchCommand(): Command {
  return new Command("bench")
    .description("measure the start path of this daemon, and of other CRI runtimes beside it")
    .allowUnknownOption()
    .helpOption(false)
    .argument("[options...]", "those of bench/start_path.ts; --help lists them")
    .action(async (options: readonly string[]) => {
      // A session of its own: Ctrl-C in a terminal would reach the daemon that it measures as well,
      // and nobody could remove the pods then (man 7 credentials, sessions).
      const child = spawn(Deno.execPath(), ["run", "-A", fromFileUrl(SCRIPT), ...options], {
        stdio: "inherit",
        detached: true,
      });
      const forward = (signal: NodeJS.Signals) => child.pid && process.kill(child.pid, signal);
      for (const signal of SIGNALS) process.on(signal, forward);
      try {
        const [code] = await once(child, "exit");
        if (code !== 0) throw failure(`the benchmark ended with ${code ?? "a signal"}`);
      } finally {
        for (const signal of SIGNALS) process.off(signal, forward);
      }
    });
}
