import type { Command } from "commander";

import { onceNeeded } from "./once_needed.ts";

/**
 * The command that is meant, or every one where none is: for a list of them, or to refuse the name. Only
 * what is meant is loaded, since a daemon keeps in memory whatever was loaded into it.
 *
 * @param name the first word of the command line
 */
export async function commandsFor(name: string | undefined): Promise<readonly Command[]> {
  if (name === "daemon") return [await daemon()];
  const others: typeof import("./other_commands.ts") = await import(
    onceNeeded("./other_commands.ts")
  );
  const { OTHER_COMMANDS } = others;
  if (name !== undefined && Object.hasOwn(OTHER_COMMANDS, name)) {
    return [await OTHER_COMMANDS[name]!()];
  }
  return await Promise.all([daemon(), ...Object.values(OTHER_COMMANDS).map((load) => load())]);
}

async function daemon(): Promise<Command> {
  return (await import("./daemon_command.ts")).daemonCommand();
}
