import { DEFAULT_CONFIG } from "../config.ts";
import { RuntimeError } from "../errors.ts";
import { hasErrno } from "../kernel/errno.ts";
import { containerCapabilities } from "../oci/capabilities.ts";
import type { OciSeccomp } from "../oci/runtime_spec.ts";
import { SECCOMP_PROFILE_BYTES_MAX, seccompFilter } from "../oci/seccomp.ts";
import { withoutNamespaces } from "../oci/seccomp_namespaces.ts";
import type { Runtime } from "../runtime.ts";
import { textOf } from "../utf8.ts";
import type { ContainerConfig } from "./config.ts";

/**
 * The seccomp filter that a container asks for; a privileged one has none.
 *
 * @throws {RuntimeError} FAILED_PRECONDITION or INVALID_ARGUMENT for a profile that cannot be used.
 */
export async function seccompOf(
  runtime: Runtime,
  { security }: ContainerConfig,
): Promise<OciSeccomp | undefined> {
  if (security.seccomp === undefined || security.isPrivileged) return undefined;
  const { kernel, config, host } = runtime;
  const { seccomp } = security;
  if (seccomp.type === "Unconfined") return undefined;
  const path = seccomp.type === "Localhost" ? seccomp.path : config.seccompProfile;
  if (path === "") return undefined;
  const { architecture, kernelRelease } = kernel.machine;
  if (architecture !== "x86_64" && architecture !== "aarch64") {
    throw new RuntimeError("FAILED_PRECONDITION", `no seccomp profile for ${architecture}`);
  }
  const { bounding } = containerCapabilities(security, host.capabilities);
  try {
    const profile = await kernel.files.readFile(path, SECCOMP_PROFILE_BYTES_MAX);
    const filter = seccompFilter(textOf(profile), {
      architecture,
      kernelRelease,
      capabilities: bounding,
      withSubArchitectures: true,
    });
    // containers/common's is for Podman, which lets containers run containers; who names a file has chosen it.
    const isPodmans = seccomp.type === "RuntimeDefault" && path === DEFAULT_CONFIG.seccompProfile;
    return isPodmans && !bounding.includes("CAP_SYS_ADMIN") ? withoutNamespaces(filter) : filter;
  } catch (error) {
    const fault = faultOf(error);
    if (fault === undefined) throw error;
    // Nobody but the operator can mend the default one.
    const code = seccomp.type === "Localhost" ? fault.code : "FAILED_PRECONDITION";
    const shown = JSON.stringify(path);
    throw new RuntimeError(code, `Cannot use seccomp profile ${shown}: ${fault.message}`, {
      cause: error,
    });
  }
}

/** What is wrong with a seccomp profile; undefined when that is not known. */
function faultOf(error: unknown): Pick<RuntimeError, "code" | "message"> | undefined {
  if (error instanceof RuntimeError) return error;
  if (hasErrno(error, "ENOENT", "ENOTDIR")) {
    return { code: "FAILED_PRECONDITION", message: "the host has no such file" };
  }
  if (hasErrno(error, "EISDIR", "ENXIO")) {
    return { code: "INVALID_ARGUMENT", message: "it is no file" };
  }
  if (hasErrno(error, "EFBIG")) {
    const message = `it is longer than ${SECCOMP_PROFILE_BYTES_MAX} bytes`;
    return { code: "INVALID_ARGUMENT", message };
  }
  return undefined;
}
