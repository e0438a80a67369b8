import { isAbsolute } from "@std/path";
import { isIP } from "node:net";

import { type Config, DEFAULT_CONFIG } from "../config.ts";
import { messageOf } from "../errors.ts";
import { usageError } from "./exit_codes.ts";

/** What the command line says about the configuration; what is left out stays as it is. */
export interface ConfigFlags {
  readonly config?: string;
  readonly root?: string;
  readonly state?: string;
  readonly runtime?: readonly string[];
  readonly defaultRuntime?: string;
  readonly cniConfDir?: string;
  readonly cniBinDir?: readonly string[];
  readonly cdiSpecDir?: readonly string[];
  readonly cgroupParent?: string;
  readonly insecureRegistry?: readonly string[];
  readonly conmon?: string;
  readonly seccompProfile?: string;
}

/** What of a daemon's environment is meant for whoever asks a registry, as in containerd. */
const PASSED_ON: readonly string[] = [
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap((it) => [it, it.toLowerCase()]),
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];

/**
 * The configuration: the defaults, changed by a file, changed by the command line; and what `environment`
 * says of proxies and certificates, for whoever fetches images.
 *
 * @throws {ExitError} when the file cannot be read, or something in it or the flags makes no sense.
 */
export async function configFrom(
  flags: ConfigFlags,
  environment: Readonly<Record<string, string>> = {},
): Promise<Config> {
  const fromFile = flags.config === undefined
    ? DEFAULT_CONFIG
    : merge(DEFAULT_CONFIG, await readJson(flags.config), flags.config);
  const config = withEnvironment(withFlags(fromFile, flags), environment);
  const { root, state, cgroupParent, cni, cdi } = config;
  for (const path of [root, state, cgroupParent, cni.configDirectory, ...cdi.specDirectories]) {
    if (!isAbsolute(path)) throw usageError(`${JSON.stringify(path)} must be an absolute path`);
  }
  if (!Object.hasOwn(config.handlers, config.defaultHandler)) {
    throw usageError(`no runtime is called ${JSON.stringify(config.defaultHandler)}`);
  }
  const { address, port } = config.streaming;
  if (isIP(address) === 0) throw usageError(`${JSON.stringify(address)} must be an IP address`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw usageError(`streaming port ${port} must be a whole number from 0 to 65535`);
  }
  return config;
}

function withFlags(config: Config, flags: ConfigFlags): Config {
  const handlers = { ...config.handlers };
  for (const pair of flags.runtime ?? []) {
    const [name, program] = split(pair, "--runtime NAME=PROGRAM");
    handlers[name] = { program };
  }
  return {
    ...config,
    root: flags.root ?? config.root,
    state: flags.state ?? config.state,
    handlers,
    defaultHandler: flags.defaultRuntime ?? config.defaultHandler,
    conmon: flags.conmon ?? config.conmon,
    cni: {
      configDirectory: flags.cniConfDir ?? config.cni.configDirectory,
      binaryDirectories: flags.cniBinDir ?? config.cni.binaryDirectories,
    },
    cdi: { specDirectories: flags.cdiSpecDir ?? config.cdi.specDirectories },
    cgroupParent: flags.cgroupParent ?? config.cgroupParent,
    seccompProfile: flags.seccompProfile ?? config.seccompProfile,
    images: {
      ...config.images,
      insecureRegistries: [...config.images.insecureRegistries, ...flags.insecureRegistry ?? []],
    },
  };
}

function withEnvironment(
  config: Config,
  environment: Readonly<Record<string, string>>,
): Config {
  const passedOn = Object.entries(environment).filter(([name]) => PASSED_ON.includes(name));
  return { ...config, images: { ...config.images, environment: Object.fromEntries(passedOn) } };
}

/**
 * Splits `NAME=VALUE`.
 *
 * @throws {ExitError} when either is empty.
 */
export function split(pair: string, what: string): readonly [name: string, value: string] {
  const at = pair.indexOf("=");
  if (at < 1 || at === pair.length - 1) {
    throw usageError(`${JSON.stringify(pair)} is not of the form ${what}`);
  }
  return [pair.slice(0, at), pair.slice(at + 1)];
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw usageError(`Cannot read configuration ${path}: ${messageOf(error)}`);
  }
}

/** Lays `given` over `defaults`, which say what may be there and of which type. */
function merge<T>(defaults: T, given: unknown, where: string): T {
  if (isPlainObject(defaults)) {
    if (!isPlainObject(given)) throw usageError(`${where} must be an object`);
    const merged: Record<string, unknown> = { ...defaults };
    for (const [key, value] of Object.entries(given)) {
      merged[key] = mergeEntry(defaults, key, value, `${where}: ${key}`);
    }
    return merged as T;
  }
  if (Array.isArray(defaults)) {
    if (Array.isArray(given) && given.every((it) => typeof it === "string")) return given as T;
    throw usageError(`${where} must be an array of strings`);
  }
  if (typeof given === typeof defaults) return given as T;
  throw usageError(`${where} must be a ${typeof defaults}`);
}

/** Runtime handlers are the one place where names are free. */
function mergeEntry(
  defaults: Readonly<Record<string, unknown>>,
  key: string,
  value: unknown,
  where: string,
): unknown {
  if (key === "handlers" && isPlainObject(value)) {
    const handlers = Object.entries(value);
    return Object.fromEntries(
      handlers.map(([name, it]) => [name, merge({ program: "" }, it, `${where}.${name}`)]),
    );
  }
  if (!Object.hasOwn(defaults, key)) throw usageError(`${where} is not known`);
  return merge(defaults[key], value, where);
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
