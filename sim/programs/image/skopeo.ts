import { KernelError } from "../../../src/kernel/errno.ts";
import { type FlagTable, parseFlags } from "../flags.ts";
import type { Program, Sys } from "../program.ts";
import { decompress, digestOf, lookUp, RegistryError } from "./registry.ts";

const FLAGS: FlagTable = {
  values: ["authfile", "src-authfile", "src-tls-verify", "tls-verify", "tmpdir"],
  switches: ["dest-decompress", "quiet", "raw"],
};

/** A registry far away answers after so long. */
const ROUND_TRIP_MS = 20;

/** skopeo(1): `inspect --raw docker://…`, and `copy` from a registry or a directory into a directory. */
export const skopeo: Program = async (sys) => {
  const { rest, switches, unknown } = parseFlags(sys.args.slice(1), FLAGS, true);
  const [command, source = "", target = ""] = rest;
  try {
    if (unknown !== undefined) throw new RegistryError(`unknown flag: ${unknown}`);
    if (command === "inspect") await inspect(sys, source);
    else if (command === "copy") await copy(sys, source, target, switches.has("dest-decompress"));
    else throw new RegistryError(`unknown command "${command}" for "skopeo"`);
    return 0;
  } catch (error) {
    if (!(error instanceof RegistryError || error instanceof KernelError)) throw error;
    const words = error instanceof KernelError ? wordsOf(error) : error.message;
    const text = JSON.stringify(words);
    await sys.write(2, `time="2026-01-01T00:00:00Z" level=fatal msg=${text}\n`);
    return 1;
  }
};

async function inspect(sys: Sys, source: string): Promise<void> {
  await sys.sleep(ROUND_TRIP_MS);
  await sys.write(1, lookUp(referenceOf(source)).manifest);
}

async function copy(sys: Sys, source: string, target: string, isPlain: boolean): Promise<void> {
  const to = folderOf(target);
  await sys.mkdirs(to);
  if (source.startsWith("dir:")) return await copyFolder(sys, folderOf(source), to, isPlain);
  await sys.sleep(ROUND_TRIP_MS);
  const { manifest, blobs } = lookUp(referenceOf(source));
  for (const [digest, content] of blobs) {
    await sys.sleep(ROUND_TRIP_MS);
    await sys.writeFile(`${to}/${hexOf(digest)}`, content);
  }
  await sys.writeFile(`${to}/manifest.json`, manifest);
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

async function copyFolder(sys: Sys, from: string, to: string, isPlain: boolean): Promise<void> {
  const manifest: Manifest = JSON.parse(await sys.readFile(`${from}/manifest.json`));
  const config = hexOf(manifest.config.digest);
  await sys.writeFile(`${to}/${config}`, await sys.readBytes(`${from}/${config}`));
  const layers: Manifest["layers"][number][] = [];
  for (const { digest } of manifest.layers) {
    const bytes = await sys.readBytes(`${from}/${hexOf(digest)}`);
    const content = isPlain ? decompress(bytes) : bytes;
    const copied = digestOf(content);
    await sys.writeFile(`${to}/${hexOf(copied)}`, content);
    layers.push({ digest: copied, size: content.length });
  }
  await sys.writeFile(`${to}/manifest.json`, JSON.stringify({ ...manifest, layers }));
}

function referenceOf(source: string): string {
  if (source.startsWith("docker://")) return source.slice("docker://".length);
  throw new RegistryError(`invalid image name "${source}": unknown transport`);
}

function folderOf(name: string): string {
  if (name.startsWith("dir:")) return name.slice("dir:".length);
  throw new RegistryError(`invalid image name "${name}": unknown transport`);
}

function hexOf(digest: string): string {
  return digest.slice("sha256:".length);
}

function wordsOf(error: KernelError): string {
  if (error.errno === "ENOSPC") return `write ${error.subject}: no space left on device`;
  if (error.errno === "ENOENT") return `open ${error.subject}: no such file or directory`;
  return error.message;
}
