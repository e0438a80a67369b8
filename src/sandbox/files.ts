import { RuntimeError } from "../errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { DnsConfig } from "./config.ts";
import type { SandboxPaths } from "./paths.ts";
import type { SandboxRecord } from "./record.ts";
import { textOf } from "../utf8.ts";

const FILE_BYTES_MAX = 1024 * 1024;
const DIRECTORY_MODE = 0o711;
const WORLD_READABLE = 0o644;
/** glibc reads no more (man 5 resolv.conf). */
const SEARCHES_MAX = 32;

/** Writes the files that every container of the sandbox sees in /etc. */
export async function writeSandboxFiles(
  kernel: Kernel,
  paths: SandboxPaths,
  record: SandboxRecord,
): Promise<void> {
  const { files } = kernel;
  const hasNetwork = record.config.namespaces.network !== "NODE";
  const { dns } = record.config;
  const given = dns === undefined ? "" : resolvConfOf(dns);
  // A client that has nothing to say leaves its pods the host's, as with containerd.
  const resolvConf = given === "" ? await readHostFile(kernel, "/etc/resolv.conf") : given;
  const hosts = hasNetwork ? hostsOf(record.hostname) : await readHostFile(kernel, "/etc/hosts");
  await files.mkdir(paths.files, DIRECTORY_MODE);
  await files.writeFile(paths.resolvConf, resolvConf, WORLD_READABLE);
  await files.writeFile(paths.hosts, hosts, WORLD_READABLE);
  await files.writeFile(paths.hostname, `${record.hostname}\n`, WORLD_READABLE);
}

/** The host's name, as its kernel knows it. */
export async function readHostname(kernel: Kernel): Promise<string> {
  return (await readHostFile(kernel, "/proc/sys/kernel/hostname")).trim();
}

/**
 * A resolver configuration from CRI's (man 5 resolv.conf).
 *
 * @throws {RuntimeError} INVALID_ARGUMENT when a part would not stay on its line.
 */
export function resolvConfOf(dns: DnsConfig): string {
  if (dns.searches.length > SEARCHES_MAX) {
    throw new RuntimeError("INVALID_ARGUMENT", `DNS: more than ${SEARCHES_MAX} search domains`);
  }
  for (const word of [...dns.servers, ...dns.searches, ...dns.options]) {
    if (!/^\S+$/.test(word)) {
      throw new RuntimeError("INVALID_ARGUMENT", `DNS: ${JSON.stringify(word)} is not one word`);
    }
  }
  const lines = [
    ...(dns.searches.length > 0 ? [`search ${dns.searches.join(" ")}`] : []),
    ...dns.servers.map((server) => `nameserver ${server}`),
    ...(dns.options.length > 0 ? [`options ${dns.options.join(" ")}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function hostsOf(hostname: string): string {
  const own = hostname === "" ? "" : ` ${hostname}`;
  return `127.0.0.1\tlocalhost${own}\n::1\tlocalhost ip6-localhost ip6-loopback\n`;
}

async function readHostFile(kernel: Kernel, path: string): Promise<string> {
  try {
    return textOf(await kernel.files.readFile(path, FILE_BYTES_MAX));
  } catch {
    return "";
  }
}
