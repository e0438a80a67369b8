import { AssertionError } from "@std/assert";
import { dirname } from "@std/path";

import manifest from "../../deno.json" with { type: "json" };
import { bootRuntime, CLOSE_GRACE_MS, shutDown } from "../boot.ts";
import { imageService } from "../cri/image_service.ts";
import { runtimeService } from "../cri/runtime_service.ts";
import { serve } from "../cri/server.ts";
import { messageOf, RuntimeError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import type { Telemetry } from "../telemetry.ts";
import type { Daemon, DaemonSettings } from "./daemon_settings.ts";
import { EXIT } from "./exit_codes.ts";
import { importImages } from "./import.ts";
import { openKernel } from "./kernels.ts";
import { lockFolder } from "./lock.ts";
import { Streams } from "./streams.ts";
import { TracingTelemetry } from "./trace.ts";
import { TraceFile } from "./trace_file.ts";
import { tracedKernel } from "./traced_kernel.ts";

/**
 * Starts a daemon: the socket opens at once and refuses with UNAVAILABLE until recovery is complete.
 * Disposing it ends the daemon; containers go on.
 *
 * @throws {ExitError} when another daemon has one of the folders.
 * @throws {RuntimeError} when the socket, or the address for streams, cannot be had.
 */
export async function startDaemon(settings: DaemonSettings): Promise<Daemon> {
  const { config, socketPath, traceFile } = settings;
  await using undo = new AsyncDisposableStack();
  if (settings.kernel === "linux") {
    // The socket's folder may be the state's, and belongs to its owner alone.
    for (const folder of [config.root, config.state, dirname(socketPath)]) {
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    }
    undo.use(await lockFolder(config.root));
    undo.use(await lockFolder(config.state));
  }
  const trace = traceFile === undefined ? undefined : undo.use(new TraceFile(traceFile));
  const telemetry = trace === undefined
    ? settings.telemetry
    : new TracingTelemetry(settings.telemetry, trace.add);
  const ready: { runtime?: Runtime } = {};
  const source = () => ready.runtime ?? refuse();
  const onFailure = (method: string, error: unknown) => report(telemetry, method, error);
  const { streamCreationMs: creationMs, streamIdleMs: idleMs } = config.bounds;
  const streams = new Streams(
    { ...config.streaming, creationMs, idleMs, report: onFailure },
    source,
    (address) => telemetry.log("info", "streaming", { address }),
  );
  undo.defer(() => streams.close(CLOSE_GRACE_MS));
  // Whoever wants a certain port is told at once that it is somebody else's.
  if (config.streaming.port !== 0) await streams.listen();
  const product = { name: "slipway", version: manifest.version };
  const server = await serve({
    socketPath,
    runtime: runtimeService(source, product, (request) => streams.urlFor(request)),
    image: imageService(source),
    report: onFailure,
  });
  undo.defer(() => server.close(CLOSE_GRACE_MS));
  telemetry.log("info", "listening", { socket: socketPath });

  const opened = undo.use(await openKernel(settings.kernel, settings));
  const kernel = trace === undefined ? opened.kernel : tracedKernel(opened.kernel, telemetry);
  const onBug = (error: unknown) => {
    report(telemetry, "background work", error);
    Deno.exit(EXIT.bug);
  };
  const booted = await bootRuntime({ kernel, config, telemetry, onBug });
  undo.defer(() => shutDown(booted));
  await importImages(booted, settings.imports);
  ready.runtime = booted;
  telemetry.log("info", "ready", {
    kernel: kernel.name,
    sandboxes: booted.sandboxes.size,
    containers: booted.containers.size,
  });
  const resources = undo.move();
  return {
    socketPath,
    async [Symbol.asyncDispose]() {
      // Calls and streams under way need all the rest.
      await Promise.all([server.close(CLOSE_GRACE_MS), streams.close(CLOSE_GRACE_MS)]);
      await resources.disposeAsync();
    },
  };
}

function refuse(): never {
  throw new RuntimeError("UNAVAILABLE", "server is not initialized yet");
}

/**
 * What no client caused. A broken assertion means that nobody knows any more what is true: the next
 * life of the daemon finds out (recovery), this one ends.
 */
function report(telemetry: Telemetry, method: string, error: unknown): void {
  const stack = error instanceof Error ? error.stack ?? "" : "";
  telemetry.log("error", `${method} failed`, { error: messageOf(error), stack });
  if (error instanceof AssertionError) Deno.exit(EXIT.bug);
}
