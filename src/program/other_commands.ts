import type { Command } from "commander";

type Load = () => Promise<Command>;

/** All but the daemon's, in the order of the help text. */
export const OTHER_COMMANDS: Readonly<Record<string, Load>> = {
  demo: async () => (await import("./demo_command.ts")).demoCommand(),
  doctor: async () => (await import("./doctor.ts")).doctorCommand(),
  sim: async () => (await import("./sim.ts")).simCommand(),
  replay: async () => (await import("./replay.ts")).replayCommand(),
  explore: async () => (await import("./explore.ts")).exploreCommand(),
  bench: async () => (await import("./bench.ts")).benchCommand(),
  version: async () => (await import("./version.ts")).versionCommand(),
};
