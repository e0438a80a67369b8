import type { OciSeccomp, OciSyscallRule } from "./runtime_spec.ts";

/**
 * A filter under which nobody makes namespaces, for a container without CAP_SYS_ADMIN. A user namespace would
 * give it all capabilities inside, and with them code of the kernel that is else root's alone. Only what the
 * filter lets everybody do is taken away: rules that look at arguments know better.
 */
export function withoutNamespaces(filter: OciSeccomp): OciSeccomp {
  const open = new Set(filter.syscalls.filter(isOpen).flatMap((rule) => rule.names));
  const closed = Object.keys(REPLACEMENTS).filter((it) => open.has(it));
  const rest = filter.syscalls
    .map((rule) => isOpen(rule) ? without(rule, closed) : rule)
    .filter((rule) => rule.names.length > 0);
  return { ...filter, syscalls: [...rest, ...closed.flatMap((it) => REPLACEMENTS[it] ?? [])] };
}

function isOpen(rule: OciSyscallRule): boolean {
  return rule.action === "SCMP_ACT_ALLOW" && rule.args === undefined;
}

function without(rule: OciSyscallRule, names: readonly string[]): OciSyscallRule {
  return { ...rule, names: rule.names.filter((it) => !names.includes(it)) };
}

const EPERM = 1;
const ENOSYS = 38;

/** mnt, cgroup, uts, ipc, user, pid, net (man 2 clone). */
const CLONE_FLAGS = [17, 25, 26, 27, 28, 29, 30].map((bit) => 2 ** bit);

/** The flags are clone's first argument, on x86 and ARM. */
function ofClone(mask: number, valueTwo: number): Pick<OciSyscallRule, "names" | "args"> {
  return {
    names: ["clone"],
    args: [{ index: 0, value: mask, valueTwo, op: "SCMP_CMP_MASKED_EQ" }],
  };
}

const REPLACEMENTS: Readonly<Record<string, readonly OciSyscallRule[]>> = {
  unshare: [{ names: ["unshare"], action: "SCMP_ACT_ERRNO", errnoRet: EPERM }],
  // Its flags are in memory, where a filter cannot look: whoever calls it falls back to clone.
  clone3: [{ names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS }],
  clone: [
    { ...ofClone(CLONE_FLAGS.reduce((all, it) => all + it), 0), action: "SCMP_ACT_ALLOW" },
    ...CLONE_FLAGS.map((flag) => ({
      ...ofClone(flag, flag),
      action: "SCMP_ACT_ERRNO",
      errnoRet: EPERM,
    })),
  ],
};
