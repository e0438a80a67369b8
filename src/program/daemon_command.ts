import { Command } from "commander";

import { messageOf } from "../errors.ts";
import { ensureEnvironment } from "./daemon_environment.ts";
import { EXIT } from "./exit_codes.ts";
import { parseImport } from "./import.ts";
import type { KernelName } from "./kernels.ts";
import { collect, kernelOption, seedOption, withConfigOptions, withLogOptions } from "./options.ts";
import { type ConfigFlags, configFrom } from "./settings.ts";
import { type LogFormat, LogTelemetry } from "./telemetry.ts";
import type { LogLevel, Telemetry } from "../telemetry.ts";

interface DaemonFlags extends ConfigFlags {
  readonly kernel: KernelName;
  readonly seed: number;
  readonly socket: string;
  readonly import?: readonly string[];
  readonly trace?: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

/** `slipway daemon` */
export function daemonCommand(): Command {
  const command = new Command("daemon")
    .description("serve the Container Runtime Interface on a unix socket, until SIGTERM or SIGINT")
    .addOption(kernelOption().default("linux"))
    .addOption(seedOption())
    .option("--socket <path>", "in a folder of mode 0700", "/run/slipway/slipway.sock")
    .option(
      "--import <name=source>",
      "take an image in before the first call: docker-archive:PATH or oci:PATH; repeatable",
      collect,
    )
    .option(
      "--trace <file>",
      "write where the time goes: a line of JSON for every span, as it ends",
    )
    .action(run);
  return withLogOptions(withConfigOptions(command), "info")
    .addHelpText("after", "\nContainers go on when the daemon ends, and are found again.");
}

async function run(flags: DaemonFlags): Promise<void> {
  const telemetry = new LogTelemetry({ level: flags.logLevel, format: flags.logFormat });
  const config = await configFrom(flags, Deno.env.toObject());
  const imports = (flags.import ?? []).map(parseImport);
  if (flags.kernel === "linux") await ensureEnvironment(telemetry);
  endOnEscapedErrors(telemetry);
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  using _signals = onSignals(telemetry, ask);
  // Not before: what is executed anew would load it twice.
  const { startDaemon } = await import("./daemon.ts");
  await using _daemon = await startDaemon({
    kernel: flags.kernel,
    seed: flags.seed,
    socketPath: flags.socket,
    config,
    telemetry,
    ...flags.trace === undefined ? {} : { traceFile: flags.trace },
    imports,
  });
  if (flags.kernel === "linux") await giveBackStartUp(telemetry);
  await asked;
  telemetry.log("info", "ending; containers go on");
}

/** Here and not in `startDaemon`: the process is a daemon and nothing else. */
async function giveBackStartUp(telemetry: Telemetry): Promise<void> {
  const memory = await import("../../real/memory.ts");
  memory.giveBackStartUp();
  telemetry.log("debug", "gave back what only the start needed");
}

/** The first signal asks, the second insists: whatever is under way, recovery will find it. */
function onSignals(telemetry: Telemetry, ask: () => void): Disposable {
  const signals: readonly Deno.Signal[] = ["SIGTERM", "SIGINT"];
  let isAsked = false;
  const listener = () => {
    if (isAsked) {
      telemetry.log("warn", "ending at once");
      Deno.exit(EXIT.failure);
    }
    isAsked = true;
    ask();
  };
  for (const signal of signals) Deno.addSignalListener(signal, listener);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, listener);
    },
  };
}

/** Every promise has an owner, so an error that reaches nobody is a bug. */
function endOnEscapedErrors(telemetry: Telemetry): void {
  const end = (event: Event, error: unknown) => {
    event.preventDefault();
    const stack = error instanceof Error ? error.stack ?? "" : "";
    telemetry.log("error", "an error reached nobody", { error: messageOf(error), stack });
    Deno.exit(EXIT.bug);
  };
  addEventListener("unhandledrejection", (event) => end(event, event.reason));
  addEventListener("error", (event) => end(event, event.error));
}
