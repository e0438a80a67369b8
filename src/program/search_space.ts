import { type Command, InvalidArgumentError, Option } from "commander";

import type { SearchSpace } from "../../sim/lifecycle/explore.ts";
import { type Pair, PAIR_PARTS, parsePair } from "../../sim/lifecycle/pairs.ts";
import { TROUBLE_NAMES, type TroubleName } from "../../sim/lifecycle/trouble.ts";
import { STRATEGY_NAMES, type StrategyName } from "../../sim/strategies/portfolio.ts";

/** What {@linkcode withSearchOptions} adds to a command's options. */
export interface SearchOptions {
  readonly strategy: StrategyName;
  readonly scenario?: Pair;
  readonly faults?: readonly TroubleName[];
}

/** Adds what says which runs seeds stand for. */
export function withSearchOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--strategy <name>", "how schedules are chosen; portfolio takes them in turn")
        .choices(STRATEGY_NAMES).default("portfolio"),
    )
    .option(
      "--scenario <pair>",
      `two things that happen to one container, like start+remove, of ${PAIR_PARTS.join(", ")} ` +
        "(default: any calls of up to three clients)",
      scenario,
    )
    .option("--faults <names>", 'what may go wrong: "all", "none", or see below', faults)
    .addHelpText("after", FAULTS_HELP);
}

/** The same, as the simulator takes it. */
export function searchSpaceOf({ strategy, scenario, faults }: SearchOptions): SearchSpace {
  return {
    strategy,
    ...(scenario === undefined ? {} : { scenario }),
    ...(faults === undefined ? {} : { faults }),
  };
}

const FAULTS_HELP = `
What can go wrong (--faults, comma-separated; each run has some of it):
${TROUBLE_NAMES.map((name) => `  ${name}`).join("\n")}`;

function scenario(text: string): Pair {
  const pair = parsePair(text);
  if (pair === undefined) throw new InvalidArgumentError("It must be a pair like start+remove.");
  return pair;
}

function faults(text: string): readonly TroubleName[] | undefined {
  if (text === "all") return undefined;
  if (text === "none") return [];
  return text.split(",").map((given) => {
    const name = TROUBLE_NAMES.find((it) => it === given.trim());
    if (name === undefined) {
      throw new InvalidArgumentError(`"${given}" is nothing that goes wrong.`);
    }
    return name;
  });
}
