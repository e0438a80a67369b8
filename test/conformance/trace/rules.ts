import { equal } from "@std/assert";
import { basename } from "@std/path";
import type {
  ProcessEntry,
  ProcessIdentity,
  ProgramOutput,
} from "../../../src/kernel/processes.ts";
import { readableMessage, stateDirectoryOf } from "../../../src/oci/runc.ts";
import { textOf } from "../../../src/utf8.ts";
import { commandOf } from "./learn.ts";
import { CGROUP_FILE } from "../differential/exclusions.ts";
import type { Pids } from "./pids.ts";

/** What the comparison of two answers may look at, besides them. */
export interface Comparison {
  readonly args: readonly unknown[];
  /** Of the program whose child it is: its base name. */
  readonly program: string;
  readonly pids: Pids;
  /** Whether a path is in the place that both machines have alike. */
  isOurs(path: string): boolean;
  /** Whether somebody was told of the end of a recorded process between the call and its answer. */
  hasEndedMeanwhile(process: ProcessIdentity): boolean;
}

/** When an answer of the model counts as the recorded one, where that is less than being equal. */
export interface Rule {
  readonly verb: RegExp;
  readonly reason: string;
  /** Whether the rule is for this call. */
  when?(comparison: Comparison): boolean;
  isSame(real: unknown, model: unknown, comparison: Comparison): boolean;
}

const always = () => true;

/** The written list of what is not compared to the letter. The first rule that fits counts. */
export const RULES: readonly Rule[] = [
  {
    verb: /^files\.(readFile|stat|list)$/,
    when: ({ args, isOurs }) => !isOurs(String(args[0])),
    reason: "files of the host itself: what they say, and which there are, is the host's",
    isSame: always,
  },
  {
    verb: /^processes\.(spawn|open)$|^files\.(openFifo|watch)$/,
    reason: "what is made has a number of its own on each machine",
    isSame: always,
  },
  {
    verb: /^files\.readFile$/,
    when: ({ args }) => /\/(state\.json|pid|exec-\w+\.pid)$/.test(String(args[0])),
    reason: "holds pids; which process is meant is learnt from it and asked by other calls",
    isSame: always,
  },
  {
    verb: /^files\.readFile$/,
    when: ({ args }) => String(args[0]).endsWith(".conflist"),
    reason: "the network's list names a folder of its own for addresses on each machine",
    isSame: always,
  },
  {
    verb: /^files\.readFile$/,
    when: ({ args }) => /\.log(\.1)?$/.test(String(args[0])),
    reason: "a log has times, and how many reads of conmon a line comes in is a race",
    isSame: (real, model) => logged(real) === logged(model),
  },
  {
    verb: /^files\.stat$/,
    reason:
      "sizes, times, inodes and modes are a file system's own; that it is there, and what, is not",
    isSame: (real, model) => kindOf(real) === kindOf(model),
  },
  {
    verb: /^files\.list$/,
    reason: "a temporary file has letters of its own in its name (GLib, g_mkstemp)",
    isSame: (real, model) => equal(stableNames(real), stableNames(model)),
  },
  {
    verb: /^cgroups\.processes$/,
    reason:
      "how many children a program has at a moment is a race; whether anything is in it is asked",
    isSame: (real, model) => isEmpty(real) === isEmpty(model),
  },
  {
    verb: /^cgroups\.cpuset$/,
    reason: "each machine has CPUs and memory nodes of its own",
    isSame: (real, model) => isPresent(real) === isPresent(model),
  },
  {
    verb: /^processes\.environment$/,
    reason:
      "asked of every runtime's init, also of those that nobody has taken hold of yet; runc has more to say",
    isSame: (real, model, { args, pids }) =>
      !pids.knows(args[0] as ProcessIdentity) ||
      stateDirectoryOf(real as Environment) === stateDirectoryOf(model as Environment),
  },
  {
    verb: /^processes\.list$/,
    reason:
      "the host has other processes; a zombie counts as gone, since when it is reaped is a race; and whoever " +
      "ends while the table is read may be in it",
    isSame: (real, model, { pids, hasEndedMeanwhile }) =>
      [...pids.pairs].every((it) =>
        (isAlive(real, it.real) === isAlive(model, it.model) &&
          isPresent(commandOf(real, it.real)) === isPresent(commandOf(model, it.model))) ||
        hasEndedMeanwhile(it.real)
      ),
  },
  {
    verb: /^child\.readPipeLine$/,
    reason: "conmon's answer holds a pid; whether the task was created, and why not, is compared",
    isSame: (real, model) => whyNot(real) === whyNot(model),
  },
  {
    verb: /^child\.output$/,
    when: ({ program }) => program === "runc" || program === "conmon",
    reason: "the OCI runtime says when it failed, with conmon above it as well",
    isSame: (real, model) => timeless(real) === timeless(model),
  },
  {
    verb: /^child\.output$/,
    when: ({ program }) => program === "uname",
    reason: "the machine's own architecture and release",
    isSame: always,
  },
  {
    verb: /^child\.output$/,
    when: ({ program }) => program === "ptp" || program === "loopback",
    reason:
      "addresses of hardware and names of interfaces are random; those of the pod are compared",
    isSame: (real, model) => addressesIn(real) === addressesIn(model),
  },
];

/** Names of files without the letters that a temporary one has of its own. */
export function stableNames(names: unknown): readonly string[] {
  return (names as readonly string[]).map((name) => name.replace(/\.\w{6}$/, ".tmp")).sort();
}

/** The rule for a call, or undefined where the answers must be equal. */
export function ruleOf(verb: string, comparison: Comparison): Rule | undefined {
  return RULES.find((rule) => rule.verb.test(verb) && (rule.when?.(comparison) ?? true));
}

/** The base name of a program as a command names it. */
export function programName(command: unknown): string {
  return basename(String(Reflect.get(command as object, "program")));
}

function isPresent(value: unknown): boolean {
  return value !== undefined;
}

function kindOf(stat: unknown): unknown {
  return stat === undefined ? undefined : Reflect.get(stat as object, "kind");
}

function isEmpty(list: unknown): boolean {
  return (list as readonly unknown[]).length === 0;
}

function isAlive(list: unknown, { pid, startTime }: ProcessIdentity): boolean {
  return (list as readonly ProcessEntry[]).some((it) =>
    // One that is known by a pid file alone has no start time.
    it.pid === pid && (startTime === 0 || it.startTime === startTime)
  );
}

type Environment = Readonly<Record<string, string>>;

/** Why conmon could not create the task; empty when it could. */
function whyNot(line: unknown): string {
  try {
    const { data, message } = JSON.parse(String(line));
    return data > 0 ? "" : wordsOf(String(message));
  } catch {
    return String(line);
  }
}

function timeless(output: unknown): string {
  const { stdout, stderr, isTruncated } = output as ProgramOutput;
  return JSON.stringify([textOf(stdout), wordsOf(textOf(stderr)), isTruncated]);
}

/** The OCI runtime's last message: warnings before it are about the host, and each has its time. */
function wordsOf(message: string): string {
  const words = /msg="/.test(message) ? readableMessage(message) : message;
  return words.replace(CGROUP_FILE.pattern, CGROUP_FILE.replacement);
}

/** A log's lines as their reader puts them together, with streams and last tags. */
function logged(content: unknown): string {
  return textOf(content as Uint8Array).replaceAll(/^\S+ (stdout|stderr) /gm, "$1 ")
    .replaceAll(/^(std\w+) P (.*)\n\1 ([FP]) /gm, "$1 $3 $2");
}

function addressesIn(output: unknown): string {
  const { stdout } = output as ProgramOutput;
  return [...textOf(stdout).matchAll(/"address": *"([\d./]+)"/g)].map(([, it]) => it).join(" ");
}
