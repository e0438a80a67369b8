import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";

import { claimSocket } from "../../../src/cri/socket.ts";
import { RuntimeError } from "../../../src/errors.ts";

interface Folder extends AsyncDisposable {
  readonly path: string;
}

async function makeFolder(): Promise<Folder> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function refusal(path: string): Promise<[code: string, message: string]> {
  const error = await assertRejects(() => claimSocket(path), RuntimeError);
  return [error.code, error.message];
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), (it) => it.name)).sort();
}

Deno.test("claimSocket() makes the folder for its owner alone", async () => {
  await using folder = await makeFolder();
  const run = join(folder.path, "a/b");
  await using _claim = await claimSocket(join(run, "cri.sock"));
  assertEquals(((await Deno.stat(run)).mode ?? 0) & 0o777, 0o700);
});

Deno.test("claimSocket() refuses a folder that others may enter", async () => {
  await using folder = await makeFolder();
  await Deno.chmod(folder.path, 0o750);
  const path = join(folder.path, "cri.sock");
  assertEquals(await refusal(path), [
    "FAILED_PRECONDITION",
    `Cannot listen on "${path}": ${folder.path} must be a folder of mode 0700 of our own`,
  ]);
  assertEquals(await names(folder.path), []);
});

Deno.test("claimSocket() removes the socket of a dead server", async () => {
  await using folder = await makeFolder();
  const path = join(folder.path, "cri.sock");
  await leaveStaleSocket(path);
  await using _claim = await claimSocket(path);
  assertEquals(await names(folder.path), ["cri.sock.lock"]);
});

Deno.test("claimSocket() leaves the socket of a live server", async () => {
  await using folder = await makeFolder();
  const path = join(folder.path, "cri.sock");
  using _server = Deno.listen({ transport: "unix", path });
  assertEquals(await refusal(path), [
    "ALREADY_EXISTS",
    `Cannot listen on "${path}": another server is alive on it`,
  ]);
  assertEquals((await Deno.lstat(path)).isSocket, true);
});

Deno.test("claimSocket() leaves a file that is no socket", async () => {
  await using folder = await makeFolder();
  const path = join(folder.path, "cri.sock");
  await Deno.writeTextFile(path, "precious");
  assertEquals(await refusal(path), [
    "ALREADY_EXISTS",
    `Cannot listen on "${path}": it is no socket`,
  ]);
  assertEquals(await Deno.readTextFile(path), "precious");
});

Deno.test("claimSocket() lets one of two servers have a dead one's socket", async () => {
  await using folder = await makeFolder();
  const path = join(folder.path, "cri.sock");
  await leaveStaleSocket(path);
  const claims = await Promise.allSettled([claimSocket(path), claimSocket(path)]);
  assertEquals(claims.map((it) => it.status).sort(), ["fulfilled", "rejected"]);
  for (const claim of claims) {
    if (claim.status === "fulfilled") await claim.value[Symbol.asyncDispose]();
  }
});

Deno.test("claimSocket() gives the socket back when it is disposed of", async () => {
  await using folder = await makeFolder();
  const path = join(folder.path, "cri.sock");
  {
    await using _claim = await claimSocket(path);
    await leaveStaleSocket(path);
  }
  assertEquals(await names(folder.path), ["cri.sock.lock"]);
  await using _claim = await claimSocket(path);
});

Deno.test("claimSocket() refuses a path that cannot be a socket's", async () => {
  assertEquals((await refusal("run/cri.sock"))[0], "INVALID_ARGUMENT");
  assertEquals((await refusal(`/${"x".repeat(107)}`))[0], "INVALID_ARGUMENT");
});

/** Binds a socket and lets its file stay, as a killed server does. */
async function leaveStaleSocket(path: string): Promise<void> {
  const server = Deno.listen({ transport: "unix", path });
  await Deno.rename(path, `${path}.kept`);
  server.close();
  await Deno.rename(`${path}.kept`, path);
}
