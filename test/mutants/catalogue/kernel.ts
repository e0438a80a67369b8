import { bug, made, type Mutant } from "../mutant.ts";

const CONTEXT = "src/kernel/context.ts";
const ERRNO = "src/kernel/errno.ts";
const JOINED = "src/kernel/joined.ts";
const NAMES = "src/registry/names.ts";
const RUN = "src/kernel/run.ts";

/** The small tools that everything else stands on. */
export const KERNEL_MUTANTS: readonly Mutant[] = [
  {
    name: "context-forgets-who-comes-late",
    source: bug("A7", "opencontainers/runc/commit/404181e4c"),
    wrong: "Who listens to a context that is over already is never told.",
    invariant: "I13",
    scenario: "A7",
    edits: [{
      file: CONTEXT,
      from: "      listener(this.cause);\n      return NOTHING;",
      to: "      return NOTHING;",
    }],
  },
  {
    name: "context-child-outlives-its-parent",
    source: made("lose a context"),
    wrong: "A child context does not end with its parent.",
    invariant: "I11",
    edits: [{
      file: CONTEXT,
      from: "this.#parent = parent.onCancel((cause) => this.cancel(cause));",
      to: "this.#parent = parent.onCancel(() => {});",
    }],
  },
  {
    name: "context-bound-never-comes",
    source: made("drop a bound"),
    wrong: "A deadline passes, and nobody is told.",
    invariant: "I11",
    edits: [{
      file: CONTEXT,
      from: '() => this.cancel(new RuntimeError("DEADLINE_EXCEEDED",',
      to: '() => void (new RuntimeError("DEADLINE_EXCEEDED",',
    }],
  },
  {
    name: "race-leaves-the-losers",
    source: made("forget an undo"),
    wrong: "The waits that lost a race go on.",
    invariant: "I12",
    edits: [{ file: CONTEXT, from: "    race.cancel(DECIDED);\n", to: "" }],
  },
  {
    name: "operation-that-failed-is-kept",
    source: bug("B6", "cri-o/cri-o/pull/5740"),
    wrong: "Who comes after an operation that failed joins it, for ever.",
    invariant: "I11",
    edits: [{
      file: JOINED,
      from: "operation().finally(() => this.#running = undefined);",
      to: "operation().then(() => this.#running = undefined);",
    }],
  },
  {
    name: "operation-is-joined-by-nobody",
    source: made("drop a guard"),
    wrong: "Two removals of one container both remove it.",
    invariant: "I11",
    edits: [{
      file: JOINED,
      from: "this.#running ??= operation()",
      to: "this.#running = operation()",
    }],
  },
  {
    name: "program-lives-on-without-its-client",
    source: made("drop a step"),
    wrong: "A helper whose client has left is not killed, and goes on with what it does.",
    invariant: "I12",
    scenario: "W20b",
    edits: [{ file: RUN, from: "    await killed(kernel, child);\n", to: "" }],
  },
  {
    name: "program-keeps-its-pipes",
    source: made("forget an undo"),
    wrong: "The pipes of every helper stay open.",
    invariant: "I12",
    edits: [{ file: RUN, from: "using child = await", to: "const child = await" }],
  },
  {
    name: "program-that-was-killed-has-succeeded",
    source: made("drop a guard"),
    wrong: "A helper that a signal ended counts as one that ended well.",
    invariant: "I12",
    scenario: "W20c",
    edits: [{
      file: "src/network/cni.ts",
      from: "if (hasSucceeded(result)) return result.stdout;",
      to: 'if (result.status.kind !== "exited" || hasSucceeded(result)) return result.stdout;',
    }],
  },
  {
    name: "errno-is-tolerated-whatever-it-is",
    source: made("ignore an errno"),
    wrong: "Steps that tolerate one errno tolerate all.",
    invariant: "I12",
    scenario: "W6",
    edits: [{
      file: ERRNO,
      from: "    if (!hasErrno(error, ...errnos)) throw error;\n",
      to: "    void errnos;\n",
    }],
  },
  {
    name: "name-stands-for-two",
    source: bug("I-4", "containerd/containerd/pull/12695"),
    wrong: "A name that is reserved is given to another object.",
    invariant: "I7",
    edits: [{
      file: NAMES,
      from: "if (holder !== undefined && holder !== id) {",
      to: "if (false) {",
    }],
  },
];
