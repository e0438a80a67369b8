import type { Config } from "../config.ts";
import { RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import { hasErrno, KernelError } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { hasSucceeded, programFailed } from "../kernel/run.ts";
import type { RunResult } from "../kernel/run.ts";
import { runFilling } from "../kernel/run_filling.ts";
import { MANIFEST_BYTES_MAX } from "./manifest.ts";
import { isInsecure } from "./reference.ts";

/** CRI's AuthConfig: who asks a registry. Empty fields are not set. */
export interface RegistryAuth {
  /** Goes with `password`. */
  readonly username: string;
  /** In plain text; kept in memory for the length of a pull, and never recorded. */
  readonly password: string;
  /** "username:password" in base64. */
  readonly auth: string;
  /** The registry that these are for; empty for whichever is asked. */
  readonly serverAddress: string;
  /** Exchanged for an access token at the registry's authorization server. */
  readonly identityToken: string;
  /** Sent to the registry as a bearer token, as it is. */
  readonly registryToken: string;
}

/** Where one transport may leave files, all of which its owner removes. */
export interface Workspace {
  /** On the disk of the images. */
  readonly directory: string;
  /** Credentials, in memory: an authfile (man 5 containers-auth.json). */
  readonly authFile: string;
}

/** Moves images with skopeo(1): from registries, archives and layouts into a directory. */
export class Transport {
  readonly #kernel: Kernel;
  readonly #config: Config;

  constructor(kernel: Kernel, config: Config) {
    this.#kernel = kernel;
    this.#config = config;
  }

  /**
   * The manifest or index that a registry has under a name, byte for byte.
   *
   * @throws {RuntimeError} NOT_FOUND, UNAVAILABLE and so on, with skopeo's words.
   */
  async inspect(
    source: string,
    registry: string,
    workspace: Workspace,
    context: Context,
  ): Promise<string> {
    const result = await this.#run("pull", source, context, workspace, [
      "inspect",
      "--raw",
      `--authfile=${workspace.authFile}`,
      // Said only where it is off: it would overrule the mirrors of man 5 containers-registries.conf.
      ...(isInsecure(registry, this.#config.images.insecureRegistries)
        ? ["--tls-verify=false"]
        : []),
      source,
    ]);
    return result.stdout;
  }

  /**
   * Copies an image for this machine's architecture into `directory`: manifest.json, and each blob under
   * its digest, which skopeo has checked (containers/image, directory transport).
   */
  async copy(
    source: string,
    registry: string | undefined,
    directory: string,
    workspace: Workspace,
    context: Context,
  ): Promise<void> {
    const withoutTls = registry !== undefined &&
      isInsecure(registry, this.#config.images.insecureRegistries);
    await this.#run(registry === undefined ? "import" : "pull", source, context, workspace, [
      "copy",
      "--quiet",
      `--src-authfile=${workspace.authFile}`,
      ...(withoutTls ? ["--src-tls-verify=false"] : []),
      source,
      `dir:${directory}`,
    ]);
  }

  /** Copies from one directory into another with all layers decompressed, so that each is named by its diff id. */
  async decompress(
    from: string,
    to: string,
    workspace: Workspace,
    context: Context,
  ): Promise<void> {
    const args = ["copy", "--quiet", "--dest-decompress", `dir:${from}`, `dir:${to}`];
    await this.#run("unpack", `dir:${from}`, context, workspace, args);
  }

  async #run(
    action: string,
    source: string,
    context: Context,
    workspace: Workspace,
    args: readonly string[],
  ): Promise<RunResult> {
    const command = {
      program: this.#config.images.skopeo,
      args: [`--tmpdir=${workspace.directory}`, ...args],
      // Nobody's own credentials and registries: those of the host and what is given count.
      env: { ...this.#config.images.environment, HOME: workspace.directory, LC_ALL: "C" },
    };
    const result = await runFilling(this.#kernel, command, {
      context,
      directory: workspace.directory,
      stallMs: this.#config.bounds.pullMs,
      outputBytesMax: MANIFEST_BYTES_MAX,
    }).catch((error) => {
      if (!hasErrno(error, "ENOENT")) throw error;
      const message = `Cannot ${action} image: no program ${JSON.stringify(command.program)}`;
      throw new RuntimeError("FAILED_PRECONDITION", message, { cause: error });
    });
    if (hasSucceeded(result)) {
      if (result.stdout.length < MANIFEST_BYTES_MAX) return result;
      throw new RuntimeError("INVALID_ARGUMENT", `Cannot ${action} image: manifest is too large`);
    }
    throw transportError(action, source, programFailed(command, result), result.stderr);
  }
}

/**
 * Writes credentials for one registry where skopeo reads them; without any, a file that says so, since
 * skopeo would go on to look for the host's.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for credentials that cannot be used.
 */
export function authFileContent(registry: string, auth: RegistryAuth | undefined): string {
  const entry = auth === undefined || !isMeantFor(auth.serverAddress, registry)
    ? undefined
    : authEntry(auth);
  return JSON.stringify({ auths: entry === undefined ? {} : { [registry]: entry } });
}

function authEntry(auth: RegistryAuth): Readonly<Record<string, string>> | undefined {
  if (auth.username !== "") return { auth: base64(`${auth.username}:${auth.password}`) };
  // The name before the colon is not used with a token, but it has to be there.
  if (auth.identityToken !== "") {
    return { auth: base64("token:"), identitytoken: auth.identityToken };
  }
  if (auth.auth !== "") {
    if (/^[A-Za-z0-9+/]+=*$/.test(auth.auth)) return { auth: auth.auth };
    throw new RuntimeError("INVALID_ARGUMENT", "Cannot use credentials: auth is not base64");
  }
  if (auth.registryToken !== "") {
    throw new RuntimeError("INVALID_ARGUMENT", "Cannot use credentials: registry token");
  }
  return undefined;
}

/** Credentials for another registry are not shown to this one, as in containerd. */
function isMeantFor(serverAddress: string, registry: string): boolean {
  if (serverAddress === "") return true;
  const host = serverAddress.replace(/^[a-z]+:\/\//, "").replace(/\/.*$/s, "");
  const isDockerHub = ["docker.io", "index.docker.io", "registry-1.docker.io"].includes(host);
  return host === registry || (isDockerHub && registry === "docker.io");
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** What skopeo's last words mean, in order: the first pattern that fits counts. */
const MEANINGS: readonly (readonly [pattern: RegExp, code: RuntimeError["code"]])[] = [
  [/no space left on device|disk quota exceeded/i, "RESOURCE_EXHAUSTED"],
  [/manifest unknown|name unknown|repository name not known|blob unknown/i, "NOT_FOUND"],
  [/no image found in (manifest list|image index)/i, "NOT_FOUND"],
  [/unauthorized|authentication required|access .*denied|denied:/i, "UNKNOWN"],
  [/connection refused|no such host|network is unreachable|no route to host/i, "UNAVAILABLE"],
  [/timeout|deadline exceeded|connection reset|\bEOF\b|toomanyrequests/i, "UNAVAILABLE"],
  [/x509:|tls:|server gave HTTP response|bad gateway|service unavailable/i, "UNAVAILABLE"],
  [/status code:? 5[0-9][0-9]|received unexpected HTTP status: 5/i, "UNAVAILABLE"],
  [/no such file or directory|no descriptor found|not found|status code:? 404/i, "NOT_FOUND"],
  [
    /does not match|digest mismatch|invalid character|invalid reference|unsupported|malformed/i,
    "INVALID_ARGUMENT",
  ],
];

function transportError(
  action: string,
  source: string,
  cause: KernelError,
  stderr: string,
): RuntimeError {
  const words = lastWords(stderr) ?? cause.message;
  const code = MEANINGS.find(([pattern]) => pattern.test(words))?.[1] ?? "UNKNOWN";
  const shown = JSON.stringify(source.replace(/^docker:\/\//, ""));
  return new RuntimeError(code, `Cannot ${action} image ${shown}: ${words}`, { cause });
}

/**
 * skopeo ends with a line `… level=fatal msg="…"`, quoted as in Go. Whatever goes wrong when it looks for an
 * image, it begins with the image's name, which it has parsed well (skopeo, inspect.go, parseImageSource).
 */
function lastWords(stderr: string): string | undefined {
  const quoted = /level=fatal msg="((?:[^"\\]|\\.)*)"/.exec(stderr)?.[1];
  return quoted?.replace(/\\(.)/g, (_, it: string) => it === "n" ? " " : it === "t" ? " " : it)
    .replace(/^Error parsing image name "[^"]*": /, "")
    .slice(0, 2_000);
}
