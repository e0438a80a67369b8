import type { Config } from "../config.ts";
import type { Command } from "../kernel/processes.ts";
import { sandboxPaths } from "./paths.ts";
import type { SandboxRecord } from "./record.ts";

/** Where a program in a pod may listen for others of the pod: on the first in most cases. */
export const LOOPBACKS = ["127.0.0.1", "[::1]"] as const;
export type Loopback = typeof LOOPBACKS[number];

/**
 * How long a connection may be silent of which one half has ended. socat's own 0.5 s would cut off who answers
 * to the end of a request. Without any bound socat would stay in the pod's network once its daemon was killed,
 * which ends its input, until the next life begins.
 */
const HALF_SILENT_SECONDS = 60;
/** Nobody is far away on a loopback; but a packet filter may say nothing at all. */
const CONNECT_SECONDS = 10;
/** As much as a pipe holds. */
const BUFFER_BYTES = 65_536;
/** Said with -dd when both sides are open: nothing was read from either before. */
const CONNECTED = " N starting data transfer loop ";

/**
 * The program that connects its standard streams to a TCP port of a pod, as its peers on the pod's loopback reach
 * it. The folder of the pod is what it calls itself, so that a later life of the daemon can find it.
 */
export function socatCommand(
  config: Config,
  record: SandboxRecord,
  loopback: Loopback,
  port: number,
): Command {
  const family = loopback === "127.0.0.1" ? "TCP4" : "TCP6";
  const args = [
    nameOf(config, record.id),
    "-dd",
    `-t${HALF_SILENT_SECONDS}`,
    `-b${BUFFER_BYTES}`,
    // Else the end of what the port sends would be seen only at socat's own (socat, xioshutdown.c).
    "STDIO,shut-close",
    `${family}:${loopback}:${port},connect-timeout=${CONNECT_SECONDS}`,
  ];
  if (record.config.namespaces.network === "NODE") return { program: config.socat, args };
  const { net } = sandboxPaths(config, record.id);
  return { program: "nsenter", args: [`--net=${net}`, config.socat, ...args] };
}

/** Whether a process forwards a port of a sandbox, or is about to. */
export function forwardsPortOf(
  config: Config,
  sandboxId: string,
  args: readonly string[],
): boolean {
  return args.includes(nameOf(config, sandboxId));
}

/** Whether socat is connected, from what it has said on its standard error. */
export function saysConnected(said: string): boolean {
  return said.includes(CONNECTED);
}

/** Why it could not connect, or could not be executed, in the last words that it or nsenter has said. */
export function refusalIn(said: string): string {
  const lines = said.split("\n").filter((line) => line !== "");
  const line = lines.findLast((it) => it.includes(" E ")) ?? lines.at(-1) ?? "socat said nothing";
  // 2026/11/30 12:00:00 NAME[PID] E connect(5, AF=2 127.0.0.1:80, 16): Connection refused
  return line.replace(/^.* E (?:\w+\(.*\): )?/, "");
}

function nameOf(config: Config, sandboxId: string): string {
  return `-lp${sandboxPaths(config, sandboxId).directory}`;
}
