import { messageOf } from "../errors.ts";

/** One plugin of a network: what it is told is its configuration, as the file has it. */
export interface PluginConfig {
  /** The plugin's program, looked up in the binary directories. */
  readonly type: string;
  readonly capabilities: Readonly<Record<string, boolean>>;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A network configuration list (CNI spec 1.0, Section 1). */
export interface NetworkList {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly PluginConfig[];
}

/** What is no configuration list, and why. */
export class NetworkListError extends Error {
  override readonly name = "NetworkListError";
}

/** What a caller should read of a configuration file at most. */
export const NETWORK_LIST_BYTES_MAX = 1024 * 1024;

const PLUGINS_MAX = 64;

/** Those whose results we can read. */
const CNI_VERSIONS: readonly string[] = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

/**
 * Reads a configuration list or, where a file holds but one plugin's configuration, a list of that one.
 *
 * @throws {NetworkListError} with what is wrong.
 */
export function parseNetworkList(text: string): NetworkList {
  const root = object(parse(text), "configuration");
  const plugins = root["plugins"] === undefined ? [root] : root["plugins"];
  const { cniVersion, name } = root;
  if (typeof cniVersion !== "string" || !CNI_VERSIONS.includes(cniVersion)) {
    throw new NetworkListError(`cniVersion ${JSON.stringify(cniVersion)} is not supported`);
  }
  if (typeof name !== "string" || !/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name)) {
    throw new NetworkListError("name is missing or malformed");
  }
  if (!Array.isArray(plugins) || plugins.length === 0 || plugins.length > PLUGINS_MAX) {
    throw new NetworkListError(`plugins are no list of 1 to ${PLUGINS_MAX}`);
  }
  return { cniVersion, name, plugins: plugins.map((it, i) => parsePlugin(it, `plugins[${i}]`)) };
}

function parsePlugin(value: unknown, path: string): PluginConfig {
  const settings = object(value, path);
  const { type } = settings;
  // It becomes a file name.
  if (typeof type !== "string" || !/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(type)) {
    throw new NetworkListError(`${path}.type is missing or malformed`);
  }
  const capabilities = object(settings["capabilities"] ?? {}, `${path}.capabilities`);
  const entries = Object.entries(capabilities).map(([key, it]) => [key, it === true] as const);
  return { type, capabilities: Object.fromEntries(entries), settings };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new NetworkListError(messageOf(error));
  }
}

function object(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new NetworkListError(`${path} is no object`);
}
