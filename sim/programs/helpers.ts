import { KernelError } from "../../src/kernel/errno.ts";
import type { Program, Sys } from "./program.ts";

const READ_BYTES = 65_536;

/** Ends with 0. */
export const succeed: Program = () => Promise.resolve(0);

/** Ends with 1. */
export const failing: Program = () => Promise.resolve(1);

/** `sleep SECONDS`, or "infinity". */
export const sleep: Program = async (sys) => {
  const text = sys.args[1] ?? "0";
  if (text === "infinity") { for (;;) await sys.poll({}); }
  await sys.sleep(Number(text) * 1_000);
  return 0;
};

/** `echo TEXT…` */
export const echo: Program = async (sys) => {
  await sys.write(1, `${sys.args.slice(1).join(" ")}\n`);
  return 0;
};

/** `cat [FILE…]` */
export const cat: Program = async (sys) => {
  const paths = sys.args.slice(1);
  if (paths.length === 0) await copy(sys, 0);
  for (const path of paths) {
    try {
      const fd = await sys.open(path, "read");
      await copy(sys, fd);
      await sys.close(fd);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      await sys.write(2, `cat: ${path}: ${error.errno}\n`);
      return 1;
    }
  }
  return 0;
};

/** `cp -a SOURCE TARGET`: a tree with owners, modes, links and devices. */
export const cp: Program = async (sys) => {
  const [source = "", target = ""] = sys.args.slice(1).filter((arg) => !arg.startsWith("-"));
  try {
    const stat = await sys.stat(target);
    const name = source.replace(/\/+\.?$/, "").split("/").at(-1) ?? "";
    const isContents = source.endsWith("/.");
    const to = stat?.kind === "directory" && !isContents ? `${target}/${name}` : target;
    await copyTree(sys, source.replace(/\/\.$/, ""), to);
    return 0;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    await sys.write(2, `cp: ${error.message}\n`);
    return 1;
  }
};

async function copy(sys: Sys, fd: number): Promise<void> {
  for (;;) {
    const bytes = await sys.read(fd, READ_BYTES);
    if (bytes.length === 0) return;
    await sys.write(1, bytes);
  }
}

async function copyTree(sys: Sys, from: string, to: string): Promise<void> {
  const stat = await sys.stat(from);
  if (stat === undefined) throw new KernelError("lstat", "ENOENT", from);
  switch (stat.kind) {
    case "directory":
      if (await sys.stat(to) === undefined) await sys.mkdir(to, stat.mode);
      for (const name of await sys.list(from)) {
        await copyTree(sys, `${from}/${name}`, `${to}/${name}`);
      }
      break;
    case "symlink":
      await sys.symlink(await sys.readLink(from), to);
      break;
    case "fifo":
      await sys.mkfifo(to, stat.mode);
      break;
    default:
      await sys.writeFile(to, await sys.readBytes(from), stat.mode);
  }
  await sys.chown(to, stat.uid, stat.gid);
}

/** uname -m -r: an x86 machine (man 1 uname); recordings of Linux ask it. */
export const uname: Program = async (sys) => {
  await sys.write(1, "6.1.0-sim x86_64\n");
  return 0;
};
