import { dirname, isAbsolute } from "@std/path";

import { RuntimeError } from "../errors.ts";

/** sun_path with the zero at its end (man 7 unix). */
const pathBytesMax = 107;

/**
 * Makes `path` free for a socket of ours, and ours alone until the claim is disposed of. The folder
 * is made when it is missing; only its owner may enter it, since the socket is open to all between
 * its bind and its chmod. What a dead server left there is removed.
 *
 * @throws {RuntimeError} ALREADY_EXISTS when a server is alive on it or it is no socket,
 * FAILED_PRECONDITION when others may enter the folder, INVALID_ARGUMENT for a path that cannot be.
 */
export async function claimSocket(path: string): Promise<AsyncDisposable> {
  checkPath(path);
  await makeFolder(path);
  // The kernel drops the lock with its holder, so of two servers that find a dead one's socket only
  // one goes on (man 2 flock).
  const lock = await Deno.open(`${path}.lock`, { create: true, write: true, mode: 0o600 });
  try {
    if (!await lock.tryLock(true)) throw inUse(path);
    await removeStale(path);
  } catch (error) {
    lock.close();
    throw error;
  }
  return {
    async [Symbol.asyncDispose]() {
      await removeIfThere(path);
      lock.close();
    },
  };
}

function checkPath(path: string): void {
  const problem = !isAbsolute(path)
    ? "the path is not absolute"
    : new TextEncoder().encode(path).length > pathBytesMax
    ? `the path is longer than ${pathBytesMax} bytes`
    : undefined;
  if (problem !== undefined) throw refusal("INVALID_ARGUMENT", path, problem);
}

async function makeFolder(path: string): Promise<void> {
  const folder = dirname(path);
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid, mode, isDirectory } = await Deno.stat(folder);
  const isPrivate = isDirectory && uid === Deno.uid() && ((mode ?? 0o777) & 0o077) === 0;
  if (isPrivate) return;
  throw refusal("FAILED_PRECONDITION", path, `${folder} must be a folder of mode 0700 of our own`);
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path);
  if (found === undefined) return;
  if (!found.isSocket) throw refusal("ALREADY_EXISTS", path, "it is no socket");
  if (await isAlive(path)) throw inUse(path);
  await removeIfThere(path);
}

/** A socket file whose process died stays, and refuses (man 7 unix). */
async function isAlive(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function lstat(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function inUse(path: string): RuntimeError {
  return refusal("ALREADY_EXISTS", path, "another server is alive on it");
}

function refusal(code: RuntimeError["code"], path: string, problem: string): RuntimeError {
  return new RuntimeError(code, `Cannot listen on "${path}": ${problem}`);
}
