import { AssertionError } from "@std/assert";
import { setColorEnabled } from "@std/fmt/colors";
import { Command, CommanderError } from "commander";

import manifest from "../../deno.json" with { type: "json" };
import { messageOf, RuntimeError } from "../errors.ts";
import { KernelError } from "../kernel/errno.ts";
import { benchCommand } from "./bench.ts";
import { daemonCommand } from "./daemon_command.ts";
import { demoCommand } from "./demo_command.ts";
import { doctorCommand } from "./doctor.ts";
import { EXIT, EXIT_CODES_HELP, ExitError } from "./exit_codes.ts";
import { exploreCommand } from "./explore.ts";
import { replayCommand } from "./replay.ts";
import { simCommand } from "./sim.ts";
import { versionCommand } from "./version.ts";

/**
 * Runs the program with its arguments and returns its exit code. Nothing is thrown: what went wrong is
 * told on standard error.
 */
export async function main(args: readonly string[]): Promise<number> {
  setColorEnabled(!Deno.noColor && Deno.stdout.isTerminal());
  try {
    await program().parseAsync(withoutSeparator(args), { from: "user" });
    return EXIT.ok;
  } catch (error) {
    return exitCodeOf(error);
  }
}

function program(): Command {
  const command = new Command("slipway")
    .description("A Kubernetes container runtime (CRI) in TypeScript")
    .version(manifest.version)
    .enablePositionalOptions();
  for (
    const part of [
      daemonCommand(),
      demoCommand(),
      doctorCommand(),
      simCommand(),
      replayCommand(),
      exploreCommand(),
      benchCommand(),
      versionCommand(),
    ]
  ) command.addCommand(part);
  for (const each of [command, ...command.commands]) {
    each.exitOverride()
      .showHelpAfterError("Ask for more with --help.")
      .addHelpText("after", EXIT_CODES_HELP);
  }
  return command;
}

/** `deno task demo -- --kernel=sim` hands the separator on as well. */
function withoutSeparator(args: readonly string[]): readonly string[] {
  return args[1] === "--" ? [...args.slice(0, 1), ...args.slice(2)] : args;
}

function exitCodeOf(error: unknown): number {
  // Help and version end like this as well; commander has printed all there is to say.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  console.error(`slipway: ${messageOf(error)}`);
  if (error instanceof ExitError) return error.exitCode;
  const isExpected = error instanceof RuntimeError || error instanceof KernelError;
  if (!isExpected) console.error(error instanceof Error ? error.stack : error);
  return error instanceof AssertionError ? EXIT.bug : EXIT.failure;
}
