import type { Command } from "commander";

type Load = () => Promise<Command>;

/** In the order of the help text. */
const COMMANDS: Readonly<Record<string, Load>> = {
  daemon: async () => (await import("./daemon_command.ts")).daemonCommand(),
  demo: async () => (await import("./demo_command.ts")).demoCommand(),
  doctor: async () => (await import("./doctor.ts")).doctorCommand(),
  sim: async () => (await import("./sim.ts")).simCommand(),
  replay: async () => (await import("./replay.ts")).replayCommand(),
  explore: async () => (await import("./explore.ts")).exploreCommand(),
  bench: async () => (await import("./bench.ts")).benchCommand(),
  version: async () => (await import("./version.ts")).versionCommand(),
};

/**
 * The command that is meant, or every one where none is: for a list of them, or to refuse the name. Only
 * what is meant is loaded, since a daemon keeps in memory whatever was loaded into it.
 *
 * @param name the first word of the command line
 */
export async function commandsFor(name: string | undefined): Promise<readonly Command[]> {
  const meant = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const loads = meant === undefined ? Object.values(COMMANDS) : [meant];
  return await Promise.all(loads.map((load) => load()));
}
