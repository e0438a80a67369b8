import { isReleaseAtLeast } from "../kernel/release.ts";
import { RuntimeError } from "../errors.ts";
import type { OciSeccomp, OciSyscallArgument, OciSyscallRule } from "./runtime_spec.ts";

/** For which container on which machine a profile is read. */
export interface SeccompTarget {
  /** As `uname -m` says it. */
  readonly architecture: "x86_64" | "aarch64";
  /** The container's bounding set: rules may depend on it. */
  readonly capabilities: readonly string[];
  /** As `uname -r` says it ("6.1.0-18-amd64"). */
  readonly kernelRelease: string;
  /**
   * Whether programs of the 32-bit architectures may run as well. Each makes the filter longer and
   * costs runc about 10 ms a start; without them such a program is killed.
   */
  readonly withSubArchitectures: boolean;
}

/** What a caller should read of a profile at most. */
export const SECCOMP_PROFILE_BYTES_MAX = 1024 * 1024;

const RULES_MAX = 4_096;
const NAMES_MAX = 4_096;

/**
 * The filter that a profile stands for. Both formats are read: the one that Docker and containers/common
 * keep (`archMap`, and rules with `includes` and `excludes`; man 5 seccomp.json), and the OCI runtime
 * specification's own, which Localhost profiles of Kubernetes use. Unknown members are passed over.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT, with the member that is wrong; the caller knows which profile it is.
 */
export function seccompFilter(profile: string, target: SeccompTarget): OciSeccomp {
  const root = record(parse(profile), "profile");
  const rules = array(root["syscalls"] ?? [], "syscalls", RULES_MAX)
    .map((it, index) => record(it, `syscalls[${index}]`));
  const defaultErrno = errnoOf(root["defaultErrnoRet"], root["defaultErrno"], "defaultErrnoRet");
  const flags = array(root["flags"] ?? [], "flags", 16)
    .map((it) => word(it, "flags", /^SECCOMP_FILTER_FLAG_[A-Z_]+$/));
  return {
    defaultAction: action(root["defaultAction"], "defaultAction"),
    ...(defaultErrno === undefined ? {} : { defaultErrnoRet: defaultErrno }),
    architectures: architectures(root, target),
    ...(flags.length === 0 ? {} : { flags }),
    syscalls: rules
      .filter((rule, index) => applies(rule, `syscalls[${index}]`, target))
      .map((rule, index) => syscallRule(rule, `syscalls[${index}]`)),
  };
}

const NATIVE = { x86_64: "SCMP_ARCH_X86_64", aarch64: "SCMP_ARCH_AARCH64" } as const;
/** The names that rules use in `arches`: Go's. */
const GO_ARCHITECTURE = { x86_64: "amd64", aarch64: "arm64" } as const;

function architectures(
  root: Readonly<Record<string, unknown>>,
  target: SeccompTarget,
): readonly string[] {
  const native = NATIVE[target.architecture];
  if (root["archMap"] === undefined) {
    // An OCI profile lists its own; runc adds the native one when there are none.
    return array(root["architectures"] ?? [], "architectures", 64)
      .map((it) => word(it, "architectures", /^SCMP_ARCH_[A-Z0-9_]+$/));
  }
  for (const [index, entry] of array(root["archMap"], "archMap", 64).entries()) {
    const path = `archMap[${index}]`;
    const map = record(entry, path);
    if (map["architecture"] !== native) continue;
    const others = array(map["subArchitectures"] ?? [], `${path}.subArchitectures`, 16)
      .map((it) => word(it, `${path}.subArchitectures`, /^SCMP_ARCH_[A-Z0-9_]+$/));
    return target.withSubArchitectures ? [native, ...others] : [native];
  }
  return [native];
}

/** Whether a rule's conditions hold: every one of `includes`, none of `excludes` (moby, seccomp_linux.go). */
function applies(
  rule: Readonly<Record<string, unknown>>,
  path: string,
  target: SeccompTarget,
): boolean {
  const includes = record(rule["includes"] ?? {}, `${path}.includes`);
  const excludes = record(rule["excludes"] ?? {}, `${path}.excludes`);
  const architecture = GO_ARCHITECTURE[target.architecture];
  const strings = (value: unknown) => array(value ?? [], path, NAMES_MAX).map(String);

  const included = strings(includes["arches"]);
  if (included.length > 0 && !included.includes(architecture)) return false;
  if (!strings(includes["caps"]).every((it) => target.capabilities.includes(it))) return false;
  if (!kernelIsAtLeast(includes["minKernel"], target, true)) return false;
  if (strings(excludes["arches"]).includes(architecture)) return false;
  if (strings(excludes["caps"]).some((it) => target.capabilities.includes(it))) return false;
  return !kernelIsAtLeast(excludes["minKernel"], target, false);
}

/** Compares major and minor alone, as the format defines it; `absent` is the answer without a condition. */
function kernelIsAtLeast(wanted: unknown, target: SeccompTarget, absent: boolean): boolean {
  if (wanted === undefined || wanted === null || wanted === "") return absent;
  const version = word(wanted, "minKernel", /^[0-9]+\.[0-9]+$/);
  return isReleaseAtLeast(target.kernelRelease, version);
}

function syscallRule(rule: Readonly<Record<string, unknown>>, path: string): OciSyscallRule {
  // `name` is what profiles had before `names`.
  const names = array(rule["names"] ?? [rule["name"]], `${path}.names`, NAMES_MAX)
    .map((it) => word(it, `${path}.names`, /^[a-z0-9_]{1,64}$/));
  if (names.length === 0) throw invalid(`${path}.names is empty`);
  const args = array(rule["args"] ?? [], `${path}.args`, 6 * 16)
    .map((it, index) => syscallArgument(it, `${path}.args[${index}]`));
  const errno = errnoOf(rule["errnoRet"], rule["errno"], `${path}.errnoRet`);
  return {
    names,
    action: action(rule["action"], `${path}.action`),
    ...(errno === undefined ? {} : { errnoRet: errno }),
    ...(args.length === 0 ? {} : { args }),
  };
}

const OPERATORS = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"].map((it) => `SCMP_CMP_${it}`);

function syscallArgument(value: unknown, path: string): OciSyscallArgument {
  const argument = record(value, path);
  const op = argument["op"];
  if (typeof op !== "string" || !OPERATORS.includes(op)) throw invalid(`${path}.op is unknown`);
  return {
    index: integer(argument["index"], `${path}.index`, 5),
    value: integer(argument["value"] ?? 0, `${path}.value`),
    valueTwo: integer(argument["valueTwo"] ?? 0, `${path}.valueTwo`),
    op,
  };
}

/** All but SCMP_ACT_NOTIFY, which hands the container's system calls to a program that nobody starts here. */
const ACTIONS = ["KILL", "KILL_PROCESS", "KILL_THREAD", "TRAP", "ERRNO", "TRACE", "ALLOW", "LOG"]
  .map((it) => `SCMP_ACT_${it}`);

function action(value: unknown, path: string): string {
  if (typeof value === "string" && ACTIONS.includes(value)) return value;
  throw invalid(`${path} is no supported action`);
}

/** Names that the profile may use instead of a number (man 3 errno, on x86 and ARM). */
const ERRNOS: Readonly<Record<string, number>> = {
  EPERM: 1,
  ENOENT: 2,
  EACCES: 13,
  EINVAL: 22,
  ENOSYS: 38,
  EOPNOTSUPP: 95,
};

function errnoOf(number: unknown, name: unknown, path: string): number | undefined {
  if (number !== undefined && number !== null) return integer(number, path, 4_095);
  return typeof name === "string" ? ERRNOS[name] : undefined;
}

function parse(profile: string): unknown {
  try {
    return JSON.parse(profile);
  } catch {
    throw invalid("it is not JSON");
  }
}

function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw invalid(`${path} is no object`);
}

function array(value: unknown, path: string, lengthMax: number): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`${path} is no list`);
  if (value.length > lengthMax) throw invalid(`${path} has more than ${lengthMax} entries`);
  return value;
}

function word(value: unknown, path: string, pattern: RegExp): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  throw invalid(`${path} is malformed`);
}

function integer(value: unknown, path: string, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= max) {
    return value;
  }
  throw invalid(`${path} is no number from 0 to ${max}`);
}

function invalid(why: string): RuntimeError {
  return new RuntimeError("INVALID_ARGUMENT", why);
}
