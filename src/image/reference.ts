import { RuntimeError } from "../errors.ts";

/** An image's name in full, as registries and Docker's clients understand it (distribution, reference.md). */
export interface Reference {
  /** Registry and path: "docker.io/library/busybox". */
  readonly repository: string;
  /** The registry: "docker.io", "127.0.0.1:5000". */
  readonly registry: string;
  /** What is meant: "repository:tag", or "repository@digest" when there is a digest. */
  readonly name: string;
  /** Undefined when a digest is given, which says more than any tag. */
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** What content is addressed by everywhere here (OCI image-spec, descriptor.md). */
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * Completes a name as Docker does: without a registry it is below `defaultRegistry`
 * ("docker.io/library"), without tag and digest it is tagged "latest".
 *
 * @throws {RuntimeError} INVALID_ARGUMENT when it is no name.
 */
export function parseReference(text: string, defaultRegistry: string): Reference {
  const [, nameAndTag, digest] = /^([^@]*)(?:@(.*))?$/s.exec(text) ?? [];
  const [, name, tag] = /^(.*?)(?::([^:/]*))?$/s.exec(nameAndTag ?? "") ?? [];
  if (name === undefined || name === "" || text.length > TEXT_LENGTH_MAX) {
    throw invalid(text, "no image name");
  }
  if (digest !== undefined && !DIGEST.test(digest)) throw invalid(text, "digest is malformed");
  if (tag !== undefined && !TAG.test(tag)) throw invalid(text, "tag is malformed");
  // Such a name would be taken for an id.
  if (/^[0-9a-f]{64}$/.test(name)) throw invalid(text, "it is an id without its algorithm");
  const { registry, path } = splitRegistry(name, defaultRegistry);
  if (!REGISTRY.test(registry)) throw invalid(text, "registry is malformed");
  const repository = `${registry}/${path}`;
  if (!PATH.test(path) || repository.length > REPOSITORY_LENGTH_MAX) {
    throw invalid(text, "repository name is malformed");
  }
  if (digest !== undefined) {
    return { repository, registry, name: `${repository}@${digest}`, tag: undefined, digest };
  }
  const full = tag ?? "latest";
  return { repository, registry, name: `${repository}:${full}`, tag: full, digest: undefined };
}

/**
 * Whether a registry is spoken to without a checked certificate, over plain http if need be: the
 * configured ones and those of this host, as containerd and Docker have it.
 */
export function isInsecure(registry: string, insecureRegistries: readonly string[]): boolean {
  if (insecureRegistries.includes(registry)) return true;
  const host = registry.replace(/:[0-9]+$/, "").replace(/^\[(.*)\]$/, "$1");
  return host === "localhost" || host === "::1" ||
    /^127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$/.test(host);
}

const TEXT_LENGTH_MAX = 1_024;
const REPOSITORY_LENGTH_MAX = 255;
const TAG = /^\w[\w.-]{0,127}$/;
const REGISTRY =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

function splitRegistry(
  name: string,
  defaultRegistry: string,
): { readonly registry: string; readonly path: string } {
  const slash = name.indexOf("/");
  const first = slash === -1 ? "" : name.slice(0, slash);
  // Only a first part that cannot be a folder is a registry: "foo/bar" is on the default one.
  if (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase()) {
    const isDockerHub = first === "docker.io" || first === "index.docker.io";
    const rest = name.slice(slash + 1);
    if (!isDockerHub) return { registry: first, path: rest };
    return { registry: "docker.io", path: rest.includes("/") ? rest : `library/${rest}` };
  }
  const [registry = "", ...folders] = defaultRegistry.split("/");
  return { registry, path: slash === -1 ? [...folders, name].join("/") : name };
}

function invalid(text: string, why: string): RuntimeError {
  const shown = JSON.stringify(text.slice(0, TEXT_LENGTH_MAX));
  return new RuntimeError("INVALID_ARGUMENT", `Cannot read image reference ${shown}: ${why}`);
}
