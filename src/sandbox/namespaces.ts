import type { NamespaceSource, NamespaceSources } from "../oci/spec.ts";
import { pinsOf, type SandboxPaths } from "./paths.ts";
import type { SandboxConfig } from "./config.ts";

/**
 * The namespaces that a sandbox offers its containers, by pin and never by pid (RACES.md W16). The
 * PID namespace is the shared one; each container decides whether it takes it.
 */
export function sandboxNamespaces(paths: SandboxPaths, config: SandboxConfig): NamespaceSources {
  const pins = pinsOf(paths, config);
  return {
    net: sourceOf(pins.net),
    ipc: sourceOf(pins.ipc),
    uts: sourceOf(pins.uts),
    pid: config.namespaces.pid === "POD" ? { kind: "path", path: paths.pid } : { kind: "host" },
  };
}

function sourceOf(pin: string | undefined): NamespaceSource {
  return pin === undefined ? { kind: "host" } : { kind: "path", path: pin };
}
