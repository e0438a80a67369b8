import type { Config } from "../config.ts";
import { messageOf, RuntimeError } from "../errors.ts";
import { allOf } from "../kernel/all_of.ts";
import type { Context } from "../kernel/context.ts";
import { hasErrno, KernelError } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { hasSucceeded, run } from "../kernel/run.ts";
import type { RunResult } from "../kernel/run.ts";
import type { Network, NetworkAttachment, NetworkResult } from "./network.ts";
import { NETWORK_LIST_BYTES_MAX, type NetworkList, NetworkListError } from "./network_list.ts";
import { parseNetworkList, type PluginConfig } from "./network_list.ts";
import { addressesOf } from "./network_result.ts";
import { runtimeConfigOf } from "./runtime_config.ts";
import { textOf } from "../utf8.ts";

/** Pod networks through the plugins of this host (CNI spec 1.0). */
export class CniNetwork implements Network {
  readonly #kernel: Kernel;
  readonly #config: Config;

  constructor(kernel: Kernel, config: Config) {
    this.#kernel = kernel;
    this.#config = config;
  }

  async readiness(): Promise<{ readonly isReady: boolean; readonly message: string }> {
    try {
      await this.configuration();
      return { isReady: true, message: "" };
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      return { isReady: false, message: error.message };
    }
  }

  async configuration(): Promise<string> {
    const { configDirectory } = this.#config.cni;
    const name = (await this.#listDirectory(configDirectory))
      .find((it) => /\.(conflist|conf|json)$/.test(it));
    if (name === undefined) throw unavailable(`no network configuration in ${configDirectory}`);
    const path = `${configDirectory}/${name}`;
    try {
      const bytes = await this.#kernel.files.readFile(path, NETWORK_LIST_BYTES_MAX);
      const text = textOf(bytes);
      parseNetworkList(text);
      return text;
    } catch (error) {
      if (!(error instanceof NetworkListError || error instanceof KernelError)) throw error;
      throw unavailable(`cannot read network configuration ${path}: ${messageOf(error)}`, error);
    }
  }

  async attach(
    attachment: NetworkAttachment,
    networkList: string,
    context: Context,
  ): Promise<NetworkResult> {
    const list = recordedList(networkList);
    const { sandboxId, config } = attachment;
    const odd = argumentsOf(attachment).find(([, value]) => /[;=]/.test(value));
    if (odd !== undefined) {
      const message = `Cannot connect sandbox "${sandboxId}": ${odd[0]} is ${
        JSON.stringify(odd[1])
      }`;
      throw new RuntimeError("INVALID_ARGUMENT", message);
    }
    const runtimeConfig = runtimeConfigOf(config);
    let result: unknown;
    await allOf(
      context,
      // It takes longest, and a program starts in each turn of the event loop.
      async (context) => result = await this.#addAll(attachment, list, runtimeConfig, context),
      // Of a network of its own, which no other depends on.
      (context) => this.#run("ADD", LOOPBACK, { attachment, list: LOOPBACK_LIST, context }),
    );
    const ips = addressesOf(result, INTERFACE);
    if (ips.length > 0) return { ips, networkList, result: JSON.stringify(result) };
    const message = `Cannot connect sandbox "${sandboxId}": network "${list.name}" gave no address`;
    throw new RuntimeError("UNKNOWN", message);
  }

  /** Every plugin of the list in order, each with the result of the one before. */
  async #addAll(
    attachment: NetworkAttachment,
    list: NetworkList,
    runtimeConfig: Readonly<Record<string, unknown>>,
    context: Context,
  ): Promise<unknown> {
    let result: unknown;
    for (const plugin of list.plugins) {
      const call = { attachment, list, context, runtimeConfig, previous: result };
      const text = await this.#run("ADD", plugin, call);
      try {
        result = JSON.parse(text);
      } catch (error) {
        throw pluginFailed(plugin, "ADD", `result is no JSON: ${messageOf(error)}`);
      }
    }
    return result;
  }

  async detach(
    attachment: NetworkAttachment,
    networkList: string,
    result: string | undefined,
    context: Context,
  ): Promise<void> {
    const list = recordedList(networkList);
    const previous = result === undefined ? undefined : parseResult(result);
    const runtimeConfig = tolerantRuntimeConfig(attachment);
    const errors: unknown[] = [];
    // Every plugin gets its turn, so that one that fails keeps nobody else's leases.
    for (const plugin of list.plugins.toReversed()) {
      // One that is not installed has attached nothing; without a result that is why it failed, and a
      // pod must not be kept for it.
      if (previous === undefined && await this.#pathOf(plugin) === undefined) continue;
      const call = { attachment, list, context, runtimeConfig, previous };
      await this.#run("DEL", plugin, call).catch((error) => {
        context.throwIfCancelled();
        if (!meansGone(attachment, error)) errors.push(error);
      });
    }
    if (errors.length > 0) throw errors[0];
  }

  /** Runs one plugin and returns what it printed. */
  async #run(command: "ADD" | "DEL", plugin: PluginConfig, call: PluginCall): Promise<string> {
    const { attachment, list, context } = call;
    const result = await run(this.#kernel, {
      program: await this.#find(plugin, command),
      args: [],
      env: {
        CNI_COMMAND: command,
        CNI_CONTAINERID: attachment.sandboxId,
        CNI_NETNS: attachment.netnsPath,
        CNI_IFNAME: plugin === LOOPBACK ? "lo" : INTERFACE,
        CNI_PATH: this.#config.cni.binaryDirectories.join(":"),
        CNI_ARGS: argumentsOf(attachment).filter(([, value]) => !/[;=]/.test(value))
          .map(([key, value]) => `${key}=${value}`).join(";"),
      },
    }, {
      context,
      timeoutMs: this.#config.bounds.programMs,
      stdin: JSON.stringify(pluginInput(command, plugin, list, call)),
    });
    if (hasSucceeded(result)) return result.stdout;
    throw pluginFailed(plugin, command, whyFailed(result));
  }

  async #find(plugin: PluginConfig, command: string): Promise<string> {
    const path = await this.#pathOf(plugin);
    if (path !== undefined) return path;
    const folders = this.#config.cni.binaryDirectories.join(", ");
    throw pluginFailed(plugin, command, `no such program in ${folders}`);
  }

  async #pathOf(plugin: PluginConfig): Promise<string | undefined> {
    for (const directory of this.#config.cni.binaryDirectories) {
      const path = `${directory}/${plugin.type}`;
      if (await this.#kernel.files.stat(path) !== undefined) return path;
    }
    return undefined;
  }

  async #listDirectory(path: string): Promise<readonly string[]> {
    try {
      return await this.#kernel.files.list(path);
    } catch (error) {
      if (hasErrno(error, "ENOENT", "ENOTDIR")) return [];
      throw unavailable(`cannot read ${path}: ${messageOf(error)}`, error);
    }
  }
}

/** Pods have one interface, of this name (CRI says nothing; kubelet's clients expect it). */
const INTERFACE = "eth0";

/** A new namespace's own loopback is down. */
const LOOPBACK: PluginConfig = {
  type: "loopback",
  capabilities: {},
  settings: { type: "loopback" },
};
const LOOPBACK_LIST: NetworkList = { cniVersion: "0.3.1", name: "lo", plugins: [LOOPBACK] };

interface PluginCall {
  readonly attachment: NetworkAttachment;
  readonly list: NetworkList;
  readonly context: Context;
  readonly runtimeConfig?: Readonly<Record<string, unknown>>;
  /** The result of the plugin before on ADD, of the last one on DEL. */
  readonly previous?: unknown;
}

/** A plugin's own part of the list, completed (CNI spec 1.0, Section 4, deriving the request). */
function pluginInput(
  command: "ADD" | "DEL",
  plugin: PluginConfig,
  list: NetworkList,
  { runtimeConfig = {}, previous }: PluginCall,
): Readonly<Record<string, unknown>> {
  const { capabilities: _, ...settings } = plugin.settings;
  const wanted = Object.entries(runtimeConfig).filter(([key]) => plugin.capabilities[key] === true);
  // Plugins of older versions know no previous result on DEL.
  const knowsPrevious = command === "ADD" || !list.cniVersion.startsWith("0.3.");
  return {
    ...settings,
    name: list.name,
    cniVersion: list.cniVersion,
    ...(wanted.length === 0 ? {} : { runtimeConfig: Object.fromEntries(wanted) }),
    ...(previous === undefined || !knowsPrevious ? {} : { prevResult: previous }),
  };
}

/** What Kubernetes' plugins are told of a pod (CNI conventions, CNI_ARGS). */
function argumentsOf(attachment: NetworkAttachment): readonly (readonly [string, string])[] {
  const { metadata } = attachment.config;
  return [
    ["IgnoreUnknown", "1"],
    ["K8S_POD_NAMESPACE", metadata.namespace],
    ["K8S_POD_NAME", metadata.name],
    ["K8S_POD_INFRA_CONTAINER_ID", attachment.sandboxId],
    ["K8S_POD_UID", metadata.uid],
  ];
}

/** A removal goes on without what an attachment would have been refused for. */
function tolerantRuntimeConfig(attachment: NetworkAttachment): Readonly<Record<string, unknown>> {
  try {
    return runtimeConfigOf(attachment.config);
  } catch (error) {
    if (error instanceof RuntimeError) return {};
    throw error;
  }
}

function recordedList(text: string): NetworkList {
  try {
    return parseNetworkList(text);
  } catch (error) {
    if (!(error instanceof NetworkListError)) throw error;
    const message = `Cannot use recorded network configuration: ${error.message}`;
    throw new RuntimeError("INTERNAL", message, { cause: error });
  }
}

/** What was recorded and cannot be read is as good as nothing: a removal is tried without. */
function parseResult(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Some plugins fail where the namespace is gone, though nothing is left to do then. */
function meansGone(attachment: NetworkAttachment, error: unknown): boolean {
  return attachment.netnsPath === "" && error instanceof KernelError &&
    /no such file or directory|not found/i.test(error.message);
}

/** A plugin's own words: JSON on standard output (CNI spec 1.0, Section 5, Error), else what is on either. */
function whyFailed({ status, stdout, stderr }: RunResult): string {
  const end = status.kind === "exited" ? `exit code ${status.code}` : `signal ${status.signal}`;
  const parsed = parseResult(stdout);
  if (typeof parsed === "object" && parsed !== null && "msg" in parsed) {
    const { msg, details, code } = parsed as Readonly<Record<string, unknown>>;
    const words = [msg, details].filter((it) => typeof it === "string" && it !== "").join("; ");
    return `${words.slice(0, WORDS_MAX)} (code ${String(code)})`;
  }
  const words = (stderr.trim() || stdout.trim()).slice(-WORDS_MAX);
  return words === "" ? end : `${end}: ${words}`;
}

const WORDS_MAX = 2_000;

function pluginFailed(plugin: PluginConfig, command: string, detail: string): KernelError {
  return new KernelError("run", "EIO", `CNI plugin ${plugin.type} ${command}`, { detail });
}

function unavailable(why: string, cause?: unknown): RuntimeError {
  const options = cause === undefined ? undefined : { cause };
  return new RuntimeError("UNAVAILABLE", `Cannot connect pods: ${why}`, options);
}
