import { normalize } from "@std/path";

import type { PortMapping, SandboxConfig } from "../../sandbox/config.ts";
import {
  type PodSandboxConfig,
  type PortMapping as PortMappingMessage,
  Protocol,
} from "../gen/v1_pb.ts";
import { resourcesIfAny } from "./resources.ts";
import { groupsFrom, idFrom, namespacesFrom, seccompFrom } from "./security.ts";
import { enumName, integer, invalid, nameFrom, plainText } from "./values.ts";

const PORT_MAX = 65_535;
/** Of UTF-8 (man 2 sethostname, HOST_NAME_MAX). */
const HOSTNAME_BYTES_MAX = 64;

/**
 * What a client wants of a pod, checked and with every default in place.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT; UNIMPLEMENTED for a user namespace.
 */
export function sandboxConfigFrom(message: PodSandboxConfig | undefined): SandboxConfig {
  const metadata = message?.metadata;
  if (message === undefined || metadata === undefined) {
    throw invalid("Cannot run pod sandbox", "sandbox config must include metadata");
  }
  const security = message.linux?.securityContext;
  const dns = message.dnsConfig;
  return {
    metadata: {
      name: nameFrom("name", metadata.name),
      namespace: nameFrom("namespace", metadata.namespace),
      uid: nameFrom("uid", metadata.uid),
      attempt: metadata.attempt,
    },
    hostname: hostnameFrom(message.hostname),
    logDirectory: logDirectoryFrom(message.logDirectory),
    dns: dns === undefined ? undefined : {
      servers: [...dns.servers],
      searches: [...dns.searches],
      options: [...dns.options],
    },
    portMappings: message.portMappings.map(portMappingFrom),
    labels: { ...message.labels },
    annotations: { ...message.annotations },
    cgroupParent: cgroupParentFrom(message.linux?.cgroupParent ?? ""),
    sysctls: { ...message.linux?.sysctls },
    namespaces: namespacesFrom(security?.namespaceOptions),
    isPrivileged: security?.privileged ?? false,
    runAsUser: idFrom("run_as_user", security?.runAsUser),
    runAsGroup: idFrom("run_as_group", security?.runAsGroup),
    supplementalGroups: groupsFrom(security?.supplementalGroups ?? []),
    hasReadonlyRootfs: security?.readonlyRootfs ?? false,
    seccomp: seccompFrom(security?.seccomp, security?.seccompProfilePath ?? ""),
    resources: resourcesIfAny(message.linux?.resources),
    overhead: resourcesIfAny(message.linux?.overhead),
  };
}

/** /proc/sys/kernel/hostname cuts a name without a word: after the 64th byte, and before a line's end. */
function hostnameFrom(name: string): string {
  if (new TextEncoder().encode(name).length > HOSTNAME_BYTES_MAX) {
    throw invalid(
      "hostname",
      `${JSON.stringify(name)} is longer than ${HOSTNAME_BYTES_MAX} bytes`,
    );
  }
  if (name.includes("\n")) throw invalid("hostname", `${JSON.stringify(name)} has several lines`);
  return plainText("hostname", name);
}

/** The daemon's own working directory means nothing to a client, so a relative path does not either. */
function logDirectoryFrom(path: string): string {
  if (path !== "" && !path.startsWith("/")) {
    throw invalid("log_directory", `${JSON.stringify(path)} is not absolute`);
  }
  return plainText("log_directory", path);
}

/** A path below the root of the cgroup file systems; a leading slash may be left out, as in runc. */
function cgroupParentFrom(parent: string): string {
  if (parent === "") return "";
  if (parent.endsWith(".slice")) {
    throw invalid(
      "cgroup_parent",
      `${JSON.stringify(parent)} is systemd's, the driver is cgroupfs`,
    );
  }
  const path = normalize(`/${plainText("cgroup_parent", parent)}`);
  if (path === "/") throw invalid("cgroup_parent", "the root of the hierarchy cannot be a pod's");
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

/** portmap fails for port 0 of a pod in its DEL as well, so that such a pod could never be removed. */
function portMappingFrom(message: PortMappingMessage): PortMapping {
  return {
    protocol: enumName("port_mappings.protocol", Protocol, message.protocol),
    containerPort: integer("port_mappings.container_port", message.containerPort, 1, PORT_MAX),
    hostPort: integer("port_mappings.host_port", message.hostPort, 0, PORT_MAX),
    hostIp: message.hostIp,
  };
}
