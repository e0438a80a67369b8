import type { MessageInitShape } from "@bufbuild/protobuf";

import type { ContainerSecurity, SecurityProfile } from "../../container/config.ts";
import { RuntimeError } from "../../errors.ts";
import type { NamespaceMode, NamespaceOptions } from "../../sandbox/config.ts";
import {
  type Int64Value,
  type LinuxContainerSecurityContext,
  NamespaceMode as NamespaceModes,
  type NamespaceOption,
  type NamespaceOptionSchema,
  type SecurityProfile as SecurityProfileMessage,
  SecurityProfile_ProfileType as ProfileType,
  SupplementalGroupsPolicy,
  type UserNamespace,
} from "../gen/v1_pb.ts";
import { enumName, integer, invalid, plainText } from "./values.ts";

/** One less than the id that means "no id" to Linux (man 2 setreuid). */
const ID_MAX = 2 ** 32 - 2;

const LOCALHOST = "localhost/";

/**
 * A container's security from its client; a context that was left out is an ordinary user's.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT; UNIMPLEMENTED for a user namespace or an AppArmor profile.
 */
export function containerSecurityFrom(
  message: LinuxContainerSecurityContext | undefined,
): ContainerSecurity {
  requireNoAppArmor(message?.apparmor, message?.apparmorProfile ?? "");
  const runAsUser = idFrom("run_as_user", message?.runAsUser);
  const runAsGroup = idFrom("run_as_group", message?.runAsGroup);
  const runAsUsername = message?.runAsUsername ?? "";
  if (runAsGroup !== undefined && runAsUser === undefined && runAsUsername === "") {
    throw invalid("run_as_group", `group ${runAsGroup} is given without a user`);
  }
  return {
    isPrivileged: message?.privileged ?? false,
    addCapabilities: [...message?.capabilities?.addCapabilities ?? []],
    dropCapabilities: [...message?.capabilities?.dropCapabilities ?? []],
    addAmbientCapabilities: [...message?.capabilities?.addAmbientCapabilities ?? []],
    namespaces: namespacesFrom(message?.namespaceOptions),
    runAsUser,
    runAsUsername: plainText("run_as_username", runAsUsername),
    runAsGroup,
    supplementalGroups: groupsFrom(message?.supplementalGroups ?? []),
    supplementalGroupsPolicy: enumName(
      "supplemental_groups_policy",
      SupplementalGroupsPolicy,
      message?.supplementalGroupsPolicy ?? SupplementalGroupsPolicy.Merge,
    ),
    hasReadonlyRootfs: message?.readonlyRootfs ?? false,
    noNewPrivileges: message?.noNewPrivs ?? false,
    maskedPaths: [...message?.maskedPaths ?? []],
    readonlyPaths: [...message?.readonlyPaths ?? []],
    seccomp: seccompFrom(message?.seccomp, message?.seccompProfilePath ?? ""),
  };
}

/**
 * Whose namespaces are used; those of the pod, where nothing is said.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT; UNIMPLEMENTED for a user namespace.
 */
export function namespacesFrom(message: NamespaceOption | undefined): NamespaceOptions {
  requireNoUserNamespace(message?.usernsOptions);
  const mode = (what: string, value: NamespaceModes = NamespaceModes.POD): NamespaceMode =>
    enumName(`namespace_options.${what}`, NamespaceModes, value);
  const pid = mode("pid", message?.pid);
  const targetId = message?.targetId ?? "";
  if (pid === "TARGET" && targetId === "") {
    throw invalid("namespace_options.target_id", "mode TARGET needs a container");
  }
  return {
    network: mode("network", message?.network),
    pid,
    ipc: mode("ipc", message?.ipc),
    ...(targetId === "" ? {} : { targetId }),
  };
}

/** Whose namespaces are used, for a client. */
export function namespacesMessage(
  namespaces: NamespaceOptions,
): MessageInitShape<typeof NamespaceOptionSchema> {
  return {
    network: NamespaceModes[namespaces.network],
    pid: NamespaceModes[namespaces.pid],
    ipc: NamespaceModes[namespaces.ipc],
    targetId: namespaces.targetId ?? "",
  };
}

/**
 * The system call filter that is meant; undefined for none.
 *
 * @param deprecatedPath what older clients send instead ("runtime/default", "localhost/…")
 * @throws {RuntimeError} INVALID_ARGUMENT.
 */
export function seccompFrom(
  message: SecurityProfileMessage | undefined,
  deprecatedPath: string,
): SecurityProfile | undefined {
  if (message === undefined) return seccompFromPath(deprecatedPath);
  const type = enumName("seccomp.profile_type", ProfileType, message.profileType);
  return type === "Localhost" ? localhostProfile(message.localhostRef) : { type };
}

/**
 * A user or group, when one is given.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT when Linux has no such id.
 */
export function idFrom(what: string, message: Int64Value | undefined): number | undefined {
  return message === undefined ? undefined : integer(what, message.value, 0, ID_MAX);
}

/** @throws {RuntimeError} INVALID_ARGUMENT when Linux has no such id. */
export function groupsFrom(groups: readonly bigint[]): readonly number[] {
  return groups.map((group) => integer("supplemental_groups", group, 0, ID_MAX));
}

function seccompFromPath(path: string): SecurityProfile | undefined {
  if (path === "") return undefined;
  if (path === "unconfined") return { type: "Unconfined" };
  if (path === "runtime/default" || path === "docker/default") return { type: "RuntimeDefault" };
  if (path.startsWith(LOCALHOST)) return localhostProfile(path);
  throw invalid("seccomp_profile_path", `unknown profile ${JSON.stringify(path)}`);
}

function localhostProfile(reference: string): SecurityProfile {
  const path = reference.startsWith(LOCALHOST) ? reference.slice(LOCALHOST.length) : reference;
  if (!path.startsWith("/")) {
    throw invalid("seccomp.localhost_ref", `${JSON.stringify(path)} is not absolute`);
  }
  return { type: "Localhost", path: plainText("seccomp.localhost_ref", path) };
}

function requireNoUserNamespace(message: UserNamespace | undefined): void {
  if (message === undefined) return;
  const mode = enumName("userns_options.mode", NamespaceModes, message.mode);
  if (mode !== "NODE") {
    throw new RuntimeError("UNIMPLEMENTED", `user namespaces are not implemented: mode ${mode}`);
  }
  if (message.uids.length + message.gids.length > 0) {
    throw invalid("userns_options", "mode NODE maps no ids");
  }
}

/** A profile that the client insists on cannot be left out silently; the defaults can. */
function requireNoAppArmor(message: SecurityProfileMessage | undefined, deprecated: string): void {
  const type = message === undefined
    ? deprecated.startsWith(LOCALHOST) ? "Localhost" : "RuntimeDefault"
    : enumName("apparmor.profile_type", ProfileType, message.profileType);
  if (type !== "Localhost") return;
  const name = message?.localhostRef ?? deprecated.slice(LOCALHOST.length);
  throw new RuntimeError(
    "UNIMPLEMENTED",
    `AppArmor is not implemented: profile ${JSON.stringify(name)} cannot be applied`,
  );
}
