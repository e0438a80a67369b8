import { RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { hasSucceeded, programFailed, run } from "../kernel/run.ts";
import type { RunResult } from "../kernel/run.ts";
import { runFilling } from "../kernel/run_filling.ts";
import { whiteoutArchive, type Whiteouts, whiteoutsOf } from "./whiteouts.ts";

/** Every archive is read through these: as GNU tar 1.34 has them (man 1 tar). */
const TAR = "tar";
const ENV = { LC_ALL: "C" };
/** A name with a colon is still a file. */
const ANY_FILE = "--force-local";
const AS_IT_IS = [
  "--extract",
  ANY_FILE,
  "--numeric-owner",
  "--same-owner",
  "--same-permissions",
  "--delay-directory-restore",
  "--warning=no-timestamp",
  "--warning=no-unknown-keyword",
];

/** The table of contents of a layer, about a million names; a longer one is refused. */
const LISTING_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Unpacks a layer's archive, not compressed, into `directory`, which must not exist: owners, modes, times,
 * devices, file capabilities and user attributes as they are, whiteouts as overlayfs wants them.
 * On failure part of it may be there. `timeoutMs` bounds all but the extraction itself, of which it bounds how
 * long nothing may come.
 *
 * The archive is hostile until proven otherwise. GNU tar itself refuses ".." and takes the root out of
 * absolute names; a symlink that could lead out of the directory becomes one only after everything
 * else is there, so that nothing is written through it (tar manual, Security).
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for an archive that is broken or hostile; RESOURCE_EXHAUSTED
 * when the disk is full.
 */
export async function unpackLayer(
  kernel: Kernel,
  archive: string,
  directory: string,
  options: { readonly timeoutMs: number; readonly context: Context },
): Promise<void> {
  const listing = await list(kernel, archive, options);
  const whiteouts = whiteoutsOf(listing);
  await kernel.files.mkdir(directory, 0o755);
  if (whiteouts.opaque.length + whiteouts.removed.length > 0) {
    await extractWhiteouts(kernel, whiteouts, directory, options);
  }
  const args = [
    ...AS_IT_IS,
    // The layer's own trusted.overlay attributes could redirect directories, so they stay out.
    ...["--xattrs", "--xattrs-include=user.*", "--xattrs-include=security.capability"],
    // A component of a name that starts so, and everything below it.
    ...["--exclude=.wh.*", "--directory", directory, "--file", archive],
  ];
  const { context, timeoutMs: stallMs } = options;
  const command = { program: TAR, args, env: ENV };
  const result = await runFilling(kernel, command, { context, directory, stallMs });
  if (!hasSucceeded(result)) throw failure(args, result);
}

/**
 * One small member of an archive, compressed or not, as text; undefined when it is not there.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT when it is no archive.
 */
export async function readMember(
  kernel: Kernel,
  archive: string,
  name: string,
  options: {
    readonly timeoutMs: number;
    readonly context: Context;
    readonly outputBytesMax: number;
  },
): Promise<string | undefined> {
  const args = ["--extract", ANY_FILE, "--to-stdout", "--occurrence=1", "--file", archive, name];
  const result = await run(kernel, { program: TAR, args, env: ENV }, options);
  if (hasSucceeded(result)) return result.stdout;
  if (result.stderr.includes("Not found in archive")) return undefined;
  throw failure(args, result);
}

async function list(
  kernel: Kernel,
  archive: string,
  options: { readonly timeoutMs: number; readonly context: Context },
): Promise<string> {
  const args = ["--list", ANY_FILE, "--quoting-style=escape", "--file", archive];
  const result = await run(kernel, { program: TAR, args, env: ENV }, {
    ...options,
    outputBytesMax: LISTING_BYTES_MAX,
  });
  if (!hasSucceeded(result)) throw failure(args, result);
  // Quoted names are ASCII, so characters are bytes; what is longer was cut.
  if (result.stdout.length >= LISTING_BYTES_MAX) {
    throw new RuntimeError("INVALID_ARGUMENT", "Cannot unpack layer: it has too many members");
  }
  return result.stdout;
}

async function extractWhiteouts(
  kernel: Kernel,
  whiteouts: Whiteouts,
  directory: string,
  options: { readonly timeoutMs: number; readonly context: Context },
): Promise<void> {
  const args = [
    ...["--extract", "--same-permissions", "--xattrs"],
    ...["--xattrs-include=trusted.overlay.opaque", "--directory", directory, "--file", "-"],
  ];
  const stdin = whiteoutArchive(whiteouts);
  const result = await run(kernel, { program: TAR, args, env: ENV }, { ...options, stdin });
  if (!hasSucceeded(result)) throw failure(args, result);
}

function failure(args: readonly string[], result: RunResult): RuntimeError {
  const cause = programFailed({ program: TAR, args }, result);
  const isFull = /No space left on device|Disk quota exceeded|Wrote only/.test(result.stderr);
  const isKilled = result.status.kind === "signaled";
  const code = isFull ? "RESOURCE_EXHAUSTED" : isKilled ? "UNKNOWN" : "INVALID_ARGUMENT";
  return new RuntimeError(code, `Cannot unpack layer: ${cause.message}`, { cause });
}
