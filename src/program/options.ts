import { Command, InvalidArgumentError, Option } from "commander";

import { DEFAULT_CONFIG } from "../config.ts";
import type { LogLevel } from "../telemetry.ts";
import { KERNEL_NAMES } from "./kernels.ts";
import { LOG_LEVELS } from "./telemetry.ts";

/** Collects an option that may be given several times. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

/** A whole number from 0 on. */
export function count(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError("It must be a whole number.");
}

/** `--kernel`, with one of the names and perhaps others. */
export function kernelOption(...others: readonly string[]): Option {
  return new Option("--kernel <name>", "the machine that pods run on: this one, or one in memory")
    .choices([...others, ...KERNEL_NAMES]);
}

/** `--seed` of the simulated kernel. */
export function seedOption(): Option {
  return new Option("--seed <n>", "of the simulated kernel").argParser(count).default(1);
}

/** Adds what says how much is logged, and how it looks. */
export function withLogOptions(command: Command, level: LogLevel): Command {
  return command
    .addOption(new Option("--log-level <level>").choices(LOG_LEVELS).default(level))
    .addOption(new Option("--log-format <format>").choices(["text", "json"]).default("text"));
}

/** Adds what changes the configuration. */
export function withConfigOptions(command: Command): Command {
  const { root, state, cni, cdi, cgroupParent } = DEFAULT_CONFIG;
  const { defaultHandler, conmon, seccompProfile } = DEFAULT_CONFIG;
  const or = (value: string) => `(default: ${JSON.stringify(value)})`;
  return command
    .option("--config <file>", "JSON that changes parts of the configuration; flags count more")
    .option("--root <folder>", `what survives a reboot ${or(root)}`)
    .option("--state <folder>", `what a reboot ends ${or(state)}`)
    .option("--runtime <name=program>", "an OCI runtime for a runtime handler; repeatable", collect)
    .option("--default-runtime <name>", `where pods name no handler ${or(defaultHandler)}`)
    .option("--conmon <program>", or(conmon))
    .option("--cni-conf-dir <folder>", or(cni.configDirectory))
    .option(
      "--cni-bin-dir <folder>",
      `repeatable ${or(cni.binaryDirectories.join(" "))}`,
      collect,
    )
    .option(
      "--cdi-spec-dir <folder>",
      `of spec files of CDI devices, the last counts most; repeatable ${
        or(cdi.specDirectories.join(" "))
      }`,
      collect,
    )
    .option("--cgroup-parent <path>", `of pods whose client names none ${or(cgroupParent)}`)
    .option("--seccomp-profile <file>", `behind RuntimeDefault ${or(seccompProfile)}`)
    .option("--insecure-registry <host:port>", "one that speaks plain http; repeatable", collect);
}
