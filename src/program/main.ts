import { AssertionError } from "@std/assert";
import { setColorEnabled } from "@std/fmt/colors";
import { Command, CommanderError } from "commander";

import manifest from "../../deno.json" with { type: "json" };
import { messageOf, RuntimeError } from "../errors.ts";
import { KernelError } from "../kernel/errno.ts";
import { commandsFor } from "./commands.ts";
import { EXIT, EXIT_CODES_HELP, ExitError } from "./exit_codes.ts";

/**
 * Runs the program with its arguments and returns its exit code. Nothing is thrown: what went wrong is
 * told on standard error.
 */
export async function main(args: readonly string[]): Promise<number> {
  setColorEnabled(!Deno.noColor && Deno.stdout.isTerminal());
  try {
    const command = program(await commandsFor(args[0]));
    await command.parseAsync(withoutSeparator(args), { from: "user" });
    return EXIT.ok;
  } catch (error) {
    return exitCodeOf(error);
  }
}

function program(commands: readonly Command[]): Command {
  const command = new Command("slipway")
    .description("A Kubernetes container runtime (CRI) in TypeScript")
    .version(manifest.version)
    .enablePositionalOptions();
  for (const part of commands) command.addCommand(part);
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
