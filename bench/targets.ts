import { join } from "@std/path";

import { connect } from "../test/system/client.ts";
import { type DaemonOptions, startDaemonProcess } from "../test/system/daemon.ts";
import { makePlace } from "../test/system/place.ts";
import { type PodOptions, removePods, type Target } from "./cycle.ts";
import type { BenchFlags } from "./flags.ts";
import { OWN_IMAGE, type Scratch } from "./scratch.ts";

/** What our own daemon is called. */
export const OURS = "slipway";
/** The same, while it tells where its time goes. */
const TRACED = "slipway, traced";

/** Our daemon once more, telling where its time goes. Disposing it ends it. */
export interface Traced extends AsyncDisposable {
  readonly target: Target;
  /** A line of JSON for every span; complete once this is disposed. */
  readonly file: string;
}

/**
 * Starts our daemon, or connects to one, and connects to the peers. `undo` removes what there is of the
 * run and lets go of them.
 *
 * @throws {Error} for an endpoint that is none, or a name that comes twice.
 */
export async function openTargets(
  flags: BenchFlags,
  options: PodOptions,
  scratch: Scratch,
  undo: AsyncDisposableStack,
): Promise<readonly Target[]> {
  const { endpoint, image } = flags;
  const ours = endpoint === undefined
    ? await start(OURS, ownOptions(flags, scratch), undo)
    : connectTo(endpoint, { name: OURS, image }, undo);
  const peers = (flags.peer ?? []).map((text, index) =>
    connectTo(text, { name: `peer${index + 1}`, image }, undo)
  );
  const targets = [ours, ...peers];
  const names = targets.map((it) => it.name);
  if (new Set(names).size < names.length) {
    throw new Error(`a name comes twice: ${names.join(", ")}`);
  }
  for (const target of targets) await makeReady(target, options, undo);
  return targets;
}

/** Starts our daemon with a trace. */
export async function openTraced(
  flags: BenchFlags,
  options: PodOptions,
  scratch: Scratch,
): Promise<Traced> {
  await using undo = new AsyncDisposableStack();
  const file = join(scratch.folder, "trace.jsonl");
  const target = await start(TRACED, ownOptions(flags, scratch, "--trace", file), undo);
  await makeReady(target, options, undo);
  const opened = undo.move();
  return { target, file, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** After the client, so before it is closed: whatever is left of an end in the middle is removed. */
async function makeReady(
  { client, image }: Target,
  { run, signal }: PodOptions,
  undo: AsyncDisposableStack,
): Promise<void> {
  signal.throwIfAborted();
  undo.defer(() => removePods(client, run));
  const { image: found } = await client.imageStatus({ image: { image } });
  if (found === undefined) await client.pullImage({ image: { image } }, { signal });
}

function ownOptions(
  { cniConfDir }: BenchFlags,
  { archive, deno }: Scratch,
  ...more: readonly string[]
): DaemonOptions {
  const image = `${OWN_IMAGE}=docker-archive:${archive}`;
  const flags = ["--import", image, "--cni-conf-dir", cniConfDir, "--log-level", "info", ...more];
  return { flags, deno };
}

async function start(
  name: string,
  options: DaemonOptions,
  undo: AsyncDisposableStack,
): Promise<Target> {
  const place = undo.use(await makePlace());
  const { client } = undo.use(await startDaemonProcess(place, options));
  return { name, client, socketPath: place.socket, image: OWN_IMAGE };
}

/** @param text unix:///path, or NAME=unix:///path */
function connectTo(
  text: string,
  { name, image }: { readonly name: string; readonly image: string },
  undo: AsyncDisposableStack,
): Target {
  const [, ownName, socketPath] = /^(?:([^=]+)=)?unix:\/\/(\/.+)$/.exec(text) ?? [];
  if (socketPath === undefined) throw new Error(`"${text}" is not unix:///path`);
  return { name: ownName ?? name, client: undo.use(connect(socketPath)), socketPath, image };
}
