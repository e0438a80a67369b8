import { join } from "@std/path";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { messageOf } from "../errors.ts";
import { failure } from "./exit_codes.ts";

const run = promisify(execFile);

const PLACES: readonly string[] = ["/bin/busybox", "/usr/bin/busybox", "/usr/local/bin/busybox"];
const ACCOUNTS = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n";
const GROUPS = "root:x:0:\nnobody:x:65534:\n";

/** The host's busybox, or undefined where it has none. */
export async function findBusybox(): Promise<string | undefined> {
  for (const path of PLACES) {
    if (await Deno.stat(path).then((it) => it.isFile, () => false)) return path;
  }
  return undefined;
}

/**
 * Packs the host's busybox into an image, as `docker save` would write it: no registry is asked. All
 * its commands are there; a shell is what it runs.
 *
 * @param folder existing and empty; everything is written below it
 * @param name what the image calls itself
 * @returns the archive's path
 * @throws {ExitError} when there is no busybox, or it cannot be packed.
 */
export async function packBusybox(folder: string, name: string): Promise<string> {
  const busybox = await findBusybox();
  if (busybox === undefined) {
    throw failure("no busybox to make an image of (apt-get install busybox-static)");
  }
  try {
    const rootfs = join(folder, "rootfs");
    await fillRootfs(rootfs, busybox);
    const parts = join(folder, "parts");
    await Deno.mkdir(parts);
    await tar(join(parts, "layer.tar"), rootfs, ["."]);
    await describe(parts, name);
    const archive = join(folder, "image.tar");
    await tar(archive, parts, ["manifest.json", "config.json", "layer.tar"]);
    return archive;
  } catch (error) {
    throw failure(`Cannot pack ${busybox}: ${messageOf(error)}`, error);
  }
}

async function fillRootfs(rootfs: string, busybox: string): Promise<void> {
  for (const name of ["bin", "dev", "etc", "proc", "root", "sys", "tmp"]) {
    await Deno.mkdir(join(rootfs, name), { recursive: true });
  }
  await Deno.chmod(join(rootfs, "tmp"), 0o1777);
  await Deno.writeTextFile(join(rootfs, "etc/passwd"), ACCOUNTS);
  await Deno.writeTextFile(join(rootfs, "etc/group"), GROUPS);
  await Deno.copyFile(busybox, join(rootfs, "bin/busybox"));
  await Deno.chmod(join(rootfs, "bin/busybox"), 0o755);
  for (const library of await librariesOf(busybox)) {
    await Deno.mkdir(join(rootfs, library, ".."), { recursive: true });
    await Deno.copyFile(library, join(rootfs, library));
  }
  const { stdout } = await run(busybox, ["--list"]);
  for (const applet of stdout.split("\n")) {
    if (applet === "" || applet === "busybox") continue;
    await Deno.symlink("busybox", join(rootfs, "bin", applet));
  }
}

/** What a busybox that is not static needs; ldd fails on one that is. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await run("ldd", [program]).catch(() => ({ stdout: "" }));
  return [...stdout.matchAll(/(?:^|\s)(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? []);
}

/** Configuration and manifest (moby image specification 1.2). */
async function describe(parts: string, name: string): Promise<void> {
  const layer = await Deno.readFile(join(parts, "layer.tar"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", layer)).toHex();
  const config = {
    architecture: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
    os: "linux",
    config: { Cmd: ["/bin/sh"], Env: ["PATH=/bin"], WorkingDir: "/" },
    rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
  };
  const manifest = [{ Config: "config.json", RepoTags: [name], Layers: ["layer.tar"] }];
  await Deno.writeTextFile(join(parts, "config.json"), JSON.stringify(config));
  await Deno.writeTextFile(join(parts, "manifest.json"), JSON.stringify(manifest));
}

/** The same content gives the same bytes, hence the same digest. */
async function tar(archive: string, folder: string, names: readonly string[]): Promise<void> {
  const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  await run("tar", [...same, "-cf", archive, "-C", folder, ...names]);
}
