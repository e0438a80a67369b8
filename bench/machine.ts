import { cpus, loadavg, release, totalmem } from "node:os";

import manifest from "../deno.json" with { type: "json" };

/** What numbers depend on. Nothing in it tells whose machine it was. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** In megabytes (10^6 bytes). */
  readonly memory: number;
  readonly architecture: string;
  readonly linux: string;
  /** What the state and the root file systems are on: "ext4", "overlay" and so on. */
  readonly fileSystem: string;
  /** Version 1 mounts its hierarchies one by one. */
  readonly cgroups: 1 | 2;
  /** Over the last minute, before it began: how much else there was to do (man 5 proc_loadavg). */
  readonly load: number;
}

/** Of what takes part in every run. */
export interface Versions {
  readonly slipway: string;
  readonly deno: string;
  readonly runc: string;
  readonly conmon: string;
}

const MEGABYTE = 1_000_000;

/** Describes this machine. @param folder where pods are kept */
export async function machineFacts(folder: string): Promise<Machine> {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? "",
    cores: processors.length,
    memory: Math.round(totalmem() / MEGABYTE),
    architecture: Deno.build.arch,
    linux: release(),
    fileSystem: await firstLineOf("stat", "--file-system", "--format=%T", folder),
    cgroups: isFile("/sys/fs/cgroup/cgroup.controllers") ? 2 : 1,
    load: loadavg()[0] ?? 0,
  };
}

/** Asks the programs themselves; empty for what is not there. */
export async function versions(): Promise<Versions> {
  return {
    slipway: manifest.version,
    deno: Deno.version.deno,
    runc: await firstLineOf("runc", "--version"),
    conmon: await firstLineOf("conmon", "--version"),
  };
}

async function firstLineOf(program: string, ...args: readonly string[]): Promise<string> {
  try {
    const command = new Deno.Command(program, { args: [...args], stdin: "null", stderr: "null" });
    const { stdout } = await command.output();
    return new TextDecoder().decode(stdout).split("\n")[0] ?? "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
