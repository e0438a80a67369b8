import { assert } from "@std/assert";
import { bold, yellow } from "@std/fmt/colors";
import { join } from "@std/path";
import { Command } from "commander";

import manifest from "../../deno.json" with { type: "json" };
import { SIM_IMAGE } from "../../sim/lifecycle/configs.ts";
import { bootRuntime, shutDown } from "../boot.ts";
import { type Config, DEFAULT_CONFIG } from "../config.ts";
import type { Image } from "../image/image.ts";
import { Context } from "../kernel/context.ts";
import type { Runtime } from "../runtime.ts";
import type { LogLevel } from "../telemetry.ts";
import { packBusybox } from "./busybox_image.ts";
import { runDemo } from "./demo.ts";
import { chooseKernel } from "./demo_kernel.ts";
import { usageError } from "./exit_codes.ts";
import { checkSource } from "./import.ts";
import { type KernelName, openKernel } from "./kernels.ts";
import { kernelOption, seedOption, withLogOptions } from "./options.ts";
import { RecordingTelemetry } from "./recording.ts";
import { type LogFormat, LogTelemetry } from "./telemetry.ts";
import { makeTempFolder } from "./temp_folder.ts";
import { timelineOf } from "./timeline.ts";

interface DemoFlags {
  readonly kernel: KernelName | "auto";
  readonly seed: number;
  readonly image?: string;
  readonly install?: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

/** Where the demo and its pod are: nothing of it touches a daemon's. */
interface Place {
  readonly config: Config;
  readonly logDirectory: string;
  /** Brings the image there, the one that the user wants or one that is at hand. */
  provide(
    runtime: Runtime,
    wanted: string | undefined,
    context: Context,
  ): Promise<{ readonly image: Image; readonly origin: string }>;
}

const IMAGE_NAME = "localhost/slipway-demo:latest";
/** Plain enough for the simulated machine's shell as well. */
const COMMAND = [
  "/bin/sh",
  "-c",
  'echo "Hello from process $$ of a container"; echo "tick 1"; sleep 0.2; echo "tick 2"; ' +
  "sleep 0.2; echo 'that is all' >&2; exit 3",
];
const TIMELINE_CHARS = 48;

/** `slipway demo` */
export function demoCommand(): Command {
  const command = new Command("demo")
    .description("run one pod with one container, show its log, its end and where the time went")
    .argument("[command...]", "what the container runs, after the options")
    .passThroughOptions()
    .addOption(kernelOption("auto").default("auto"))
    .addOption(seedOption())
    .option("--image <source>", "docker-archive:PATH or oci:PATH; otherwise busybox of this host")
    .option("--install", "let apt-get install what this host lacks")
    .action(run);
  return withLogOptions(command, "warn").addHelpText(
    "after",
    "\nEverything that it makes is in a folder of its own, and removed at its end. The exit code is\n" +
      "not the container's.",
  );
}

async function run(command: readonly string[], flags: DemoFlags): Promise<void> {
  const print = (line: string) => console.log(line);
  print(`${bold("Slipway")} ${manifest.version}: one pod, one container, from start to end\n`);
  const chosen = await chooseKernel(flags.kernel, {
    installs: flags.install ?? false,
    packsBusybox: flags.image === undefined,
    print,
  });
  print(`${bold("Kernel   ")} ${chosen.description}`);
  for (const advice of chosen.advice) print(`          ${yellow(advice)}`);
  await using undo = new AsyncDisposableStack();
  const context = new Context();
  undo.use(cancelOnSignal(context));
  const { name } = chosen;
  const place = name === "linux" ? await linuxPlace(undo) : simPlace(flags);
  const { config } = place;
  const { kernel } = undo.use(await openKernel(name, { config, seed: flags.seed }));
  const telemetry = new RecordingTelemetry(
    () => kernel.clock.monotonicMs(),
    new LogTelemetry({ level: flags.logLevel, format: flags.logFormat }),
  );
  const runtime = await bootRuntime({ kernel, config, telemetry });
  undo.defer(() => shutDown(runtime));
  const { image, origin } = await place.provide(runtime, flags.image, context);
  print(`${bold("Image    ")} ${origin}`);
  const { beganMs, startedMs } = await runDemo(runtime, {
    image,
    command: command.length > 0 || flags.image !== undefined ? command : COMMAND,
    logDirectory: place.logDirectory,
    print,
  }, context);
  print(`\n${bold("Where the time to the start went")}`);
  const spans = telemetry.spans().filter((it) => it.beganMs >= beganMs && it.endedMs <= startedMs);
  for (const line of timelineOf(spans, TIMELINE_CHARS)) print(`  ${line}`);
}

async function linuxPlace(undo: AsyncDisposableStack): Promise<Place> {
  const folder = await makeTempFolder("slipway-demo-");
  undo.defer(() => Deno.remove(folder, { recursive: true }));
  const config = {
    ...DEFAULT_CONFIG,
    root: join(folder, "root"),
    state: join(folder, "state"),
    cgroupParent: `/slipway-demo-${Deno.pid}`,
  };
  const packing = join(folder, "image");
  for (const each of [config.root, config.state, packing]) await Deno.mkdir(each);
  return {
    config,
    logDirectory: join(folder, "logs"),
    async provide(runtime, wanted, context) {
      const source = wanted === undefined
        ? `docker-archive:${await packBusybox(packing, IMAGE_NAME)}`
        : checkSource(wanted);
      const image = await runtime.images.import(source, context, { name: IMAGE_NAME });
      const from = wanted === undefined ? "packed from this host's busybox" : `from ${source}`;
      return { image, origin: `${(image.sizeBytes / 1e6).toFixed(1)} MB ${from}` };
    },
  };
}

function simPlace({ image: wanted }: DemoFlags): Place {
  if (wanted !== undefined) {
    throw usageError("a simulated machine has no files to take images from");
  }
  return {
    config: DEFAULT_CONFIG,
    logDirectory: "/var/log/pods/demo",
    provide(runtime) {
      const image = runtime.images.resolve(SIM_IMAGE);
      assert(image !== undefined, "Every simulated machine has the image");
      return Promise.resolve({ image, origin: "the simulated machine's own" });
    },
  };
}

function cancelOnSignal(context: Context): Disposable {
  const cancel = () => context.cancel();
  Deno.addSignalListener("SIGINT", cancel);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGINT", cancel) };
}
