import { KernelError } from "../../../src/kernel/errno.ts";
import type { Program, Sys } from "../program.ts";

/** Network configuration as a plugin gets it on standard input (CNI SPEC.md, Execution Protocol). */
export interface PluginConfiguration {
  readonly cniVersion: string;
  readonly name: string;
  readonly type: string;
  readonly bridge?: string;
  readonly ipam?: {
    readonly type: string;
    readonly ranges?: readonly (readonly { readonly subnet: string }[])[];
    readonly subnet?: string;
    readonly routes?: readonly unknown[];
    readonly dataDir?: string;
  };
  readonly prevResult?: unknown;
  readonly runtimeConfig?: unknown;
}

/** What a plugin is asked for, by its environment. */
export interface PluginCall {
  readonly containerId: string;
  /** Empty when the namespace is gone. */
  readonly netns: string;
  readonly interfaceName: string;
  readonly configuration: PluginConfiguration;
}

/** A plugin refuses: code and text of the error that it prints. */
export class PluginError extends Error {
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

/** What a plugin does for each command. */
export interface Plugin {
  /** Returns the result that is printed. */
  add(sys: Sys, call: PluginCall): Promise<unknown>;
  delete(sys: Sys, call: PluginCall): Promise<void>;
  check?(sys: Sys, call: PluginCall): Promise<void>;
}

const VERSIONS: readonly string[] = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0"];
const OTHER_ERROR = 999;
const MISSING_VARIABLE = 4;
const BAD_CONFIGURATION = 6;

/** A CNI plugin as a program: reads its environment and configuration, prints a result or an error. */
export function pluginProgram(plugin: Plugin): Program {
  return async (sys) => {
    try {
      const printed = await run(sys, plugin);
      if (printed !== undefined) await sys.write(1, JSON.stringify(printed, undefined, 4));
      return 0;
    } catch (error) {
      const code = error instanceof PluginError ? error.code : OTHER_ERROR;
      if (!(error instanceof PluginError) && !(error instanceof KernelError)) throw error;
      await sys.write(1, JSON.stringify({ code, msg: error.message }, undefined, 4));
      return 1;
    }
  };
}

async function run(sys: Sys, plugin: Plugin): Promise<unknown> {
  const command = sys.env["CNI_COMMAND"] ?? "";
  if (command === "VERSION") return { cniVersion: "1.0.0", supportedVersions: VERSIONS };
  const missing = ["CNI_COMMAND", "CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"]
    .concat(command === "ADD" ? ["CNI_NETNS"] : [])
    .filter((name) => (sys.env[name] ?? "") === "");
  if (missing.length > 0) {
    throw new PluginError(
      MISSING_VARIABLE,
      `required env variables [${missing.join(",")}] missing`,
    );
  }
  let configuration: PluginConfiguration;
  try {
    configuration = JSON.parse(await sys.readAll(0));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new PluginError(BAD_CONFIGURATION, `failed to load netconf: ${error.message}`);
  }
  const call: PluginCall = {
    containerId: sys.env["CNI_CONTAINERID"] ?? "",
    netns: sys.env["CNI_NETNS"] ?? "",
    interfaceName: sys.env["CNI_IFNAME"] ?? "",
    configuration,
  };
  switch (command) {
    case "ADD":
      return await plugin.add(sys, call);
    case "DEL":
      return await plugin.delete(sys, call);
    case "CHECK":
      return await plugin.check?.(sys, call);
    default:
      throw new PluginError(MISSING_VARIABLE, `unknown CNI_COMMAND: ${command}`);
  }
}

/** Whether a network namespace is there, as every plugin looks first. */
export async function openNamespace(sys: Sys, netns: string): Promise<void> {
  if (await sys.isPin(netns)) return;
  throw new PluginError(
    OTHER_ERROR,
    `failed to open netns "${netns}": failed to Statfs "${netns}": no such file or directory`,
  );
}

/** Takes an interface away; a namespace that is gone took it with it. */
export async function removeInterface(sys: Sys, netns: string, name: string): Promise<void> {
  if (netns === "" || !await sys.isPin(netns)) return;
  await sys.network(netns, (network) => network.remove(name)).catch((error: unknown) => {
    if (!(error instanceof KernelError)) throw error;
  });
}
