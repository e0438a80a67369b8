import { KernelError } from "../../../src/kernel/errno.ts";
import { type FlagTable, parseFlags } from "../flags.ts";
import type { Program, Sys } from "../program.ts";
import { type Member, readArchive } from "./archive.ts";

const FLAGS: FlagTable = {
  values: [
    "directory",
    "exclude",
    "file",
    "occurrence",
    "quoting-style",
    "warning",
    "xattrs-include",
  ],
  switches: [
    "delay-directory-restore",
    "extract",
    "force-local",
    "list",
    "numeric-owner",
    "same-owner",
    "same-permissions",
    "to-stdout",
    "xattrs",
  ],
};

const FAILURE = 2;
const READ_BYTES = 65_536;

/** GNU tar, as far as layers need it: lists an archive, or unpacks it member by member (man 1 tar). */
export const tar: Program = async (sys) => {
  const { values, switches, rest, unknown } = parseFlags(sys.args.slice(1), FLAGS, true);
  if (unknown !== undefined) return await fail(sys, `unrecognized option '${unknown}'`);
  const file = values.get("file") ?? "-";
  try {
    const members = readArchive(file === "-" ? await readInput(sys) : await sys.readBytes(file));
    if (members === undefined) return await fail(sys, "This does not look like a tar archive");
    if (switches.has("list")) return await list(sys, members);
    if (switches.has("to-stdout")) return await print(sys, members, rest[0] ?? "");
    const isExcluded = values.get("exclude") === ".wh.*" ? isMark : () => false;
    const wanted = members.filter((it) => !isExcluded(it));
    return await extract(sys, wanted, values.get("directory") ?? ".");
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return await fail(sys, `${error.subject}: Cannot open: ${wordsOf(error)}`);
  }
};

async function list(sys: Sys, members: readonly Member[]): Promise<number> {
  await sys.write(1, members.map(({ name }) => `${quoted(name)}\n`).join(""));
  return 0;
}

async function print(sys: Sys, members: readonly Member[], name: string): Promise<number> {
  const member = members.find((it) => it.name === name);
  if (member === undefined) return await fail(sys, `${name}: Not found in archive`);
  await sys.write(1, member.content);
  return 0;
}

async function extract(sys: Sys, members: readonly Member[], folder: string): Promise<number> {
  let code = 0;
  for (const member of members) {
    if (member.name.split("/").includes("..")) {
      code = await fail(sys, `${member.name}: Member name contains '..'`);
      continue;
    }
    const name = relative(member.name);
    const path = name === "" ? folder : `${folder}/${name}`;
    await sys.mkdirs(path.slice(0, path.lastIndexOf("/")));
    await place(sys, member, path, folder);
    if (member.kind === "hardlink") continue;
    await sys.chown(path, member.uid, member.gid);
    if (member.kind !== "symlink") await sys.chmod(path, member.mode);
  }
  return code;
}

async function place(sys: Sys, member: Member, path: string, folder: string): Promise<void> {
  const old = await sys.stat(path);
  if (old?.kind === "directory" && member.kind === "directory") return;
  if (old?.kind === "directory") await sys.rmdir(path);
  else if (old !== undefined) await sys.unlink(path);
  switch (member.kind) {
    case "directory":
      return await sys.mkdir(path);
    case "file":
      return await sys.writeFile(path, member.content);
    case "symlink":
      return await sys.symlink(member.target, path);
    case "hardlink":
      return await sys.hardLink(`${folder}/${relative(member.target)}`, path);
    case "device":
      return await sys.mknod(path, member.device, member.mode);
  }
}

async function readInput(sys: Sys): Promise<Uint8Array> {
  const bytes: number[] = [];
  for (;;) {
    const chunk = await sys.read(0, READ_BYTES);
    if (chunk.length === 0) return Uint8Array.from(bytes);
    bytes.push(...chunk);
  }
}

function isMark({ name }: Member): boolean {
  return name.split("/").some((it) => it.startsWith(".wh."));
}

/** Without a root and without what says nothing. */
function relative(name: string): string {
  return name.split("/").filter((it) => it !== "" && it !== ".").join("/");
}

/** As with --quoting-style=escape. */
function quoted(name: string): string {
  return name.replace(/[^\x20-\x7e]|\\/g, (it) => {
    if (it === "\\") return "\\\\";
    if (it === "\n") return "\\n";
    return `\\${it.charCodeAt(0).toString(8).padStart(3, "0")}`;
  });
}

function wordsOf(error: KernelError): string {
  return error.errno === "ENOSPC" ? "No space left on device" : error.errno;
}

async function fail(sys: Sys, text: string): Promise<number> {
  await sys.write(2, `tar: ${text}\n`);
  return FAILURE;
}
