import { made, type Mutant } from "../mutant.ts";

const CONTAINER = "src/container/stats.ts";
const LAYERS = "src/container/writable_layers.ts";
const SANDBOX = "src/sandbox/stats.ts";

/** Statistics, while what they are about goes (Q1 to Q5). */
export const STATS_MUTANTS: readonly Mutant[] = [
  {
    name: "statistics-of-a-removed-container",
    source: made("skip the second look"),
    wrong: "A container is removed while it is measured, and its client gets statistics of it.",
    invariant: "I25",
    scenario: "Q1",
    edits: [{
      file: CONTAINER,
      from: "    runtime.containers.find(container.id);\n",
      to: "",
    }],
  },
  {
    name: "list-of-removed-containers",
    source: made("skip the second look"),
    wrong: "A list has statistics of what was removed while it was made.",
    invariant: "I25",
    scenario: "Q1",
    isFoundByNothingElse: true,
    edits: [{
      file: CONTAINER,
      from: "measured.map((it) => it()).filter(isThere)",
      to: "measured.map((it) => it()).filter((it) => isThere(it) || true)",
    }, {
      file: SANDBOX,
      from: "      runtime.containers.get(container.id) === container\n",
      to: '      container.id !== ""\n',
    }],
  },
  {
    name: "statistics-of-a-removed-pod",
    source: made("skip the second look"),
    wrong: "A pod is removed while it is measured, and its client gets statistics of it.",
    invariant: "I25",
    scenario: "Q2",
    edits: [{ file: SANDBOX, from: "    runtime.sandboxes.find(sandbox.id);\n", to: "" }],
  },
  {
    name: "statistics-wait-for-files",
    source: made("drop a bound"),
    wrong: "Whoever asks for statistics waits until all files of new containers are counted.",
    invariant: "I13",
    scenario: "Q3",
    edits: [{
      file: LAYERS,
      from: "this.#batches.run(() => Promise.resolve(), moment)",
      to: "this.#batches.run(() => Promise.resolve(), context)",
    }],
  },
  {
    name: "network-of-the-first-process-alone",
    source: made("miss an errno"),
    wrong: "A pod has no statistics while the first of its containers ends.",
    invariant: "I25",
    scenario: "Q4",
    edits: [{
      file: SANDBOX,
      from: '!hasErrno(error, "ESRCH", "ENOENT")',
      to: '!hasErrno(error, "ENOENT")',
    }],
  },
  {
    name: "list-fails-with-one",
    source: made("ignore an errno"),
    wrong: "Where the numbers of one container cannot be read, there is no list of all others.",
    invariant: "I25",
    scenario: "Q5",
    edits: [{
      file: CONTAINER,
      from: "    if (isBug(error)) throw error;\n",
      to: '    if (isBug(error) || id !== "") throw error;\n',
    }],
  },
];
