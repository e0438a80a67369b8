import { bug, made, type Mutant } from "../mutant.ts";

const CNI = "src/network/cni.ts";
const TEARDOWN = "src/sandbox/teardown.ts";

/** Addresses that nobody gives back. */
export const NETWORK_MUTANTS: readonly Mutant[] = [
  {
    name: "network-is-never-detached",
    source: made("drop a step"),
    wrong: "The address of a pod is kept after its stop.",
    invariant: "I12",
    edits: [{
      file: TEARDOWN,
      from: "if (record.networkList !== undefined) {",
      to: "if (false) {",
    }],
  },
  {
    name: "network-minds-no-failure",
    source: bug("F2", "containerd/containerd/issues/5768"),
    wrong: "A plugin that could not give an address back counts as done.",
    invariant: "I12",
    edits: [{ file: CNI, from: "    if (errors.length > 0) throw errors[0];\n", to: "" }],
  },
  {
    name: "network-without-its-namespace-fails",
    source: bug("F7", "containerd/containerd/issues/8303"),
    wrong: "The stop of a pod whose namespace is gone already fails for ever.",
    invariant: "I11",
    edits: [{
      file: CNI,
      from: "if (!meansGone(attachment, error)) errors.push(error);",
      to: "errors.push(error);",
    }],
  },
  {
    name: "network-is-detached-without-its-namespace-only",
    source: bug("F7", "cri-o/cri-o/commit/e1bf924809"),
    wrong: "A pod whose namespace is gone gives no address back.",
    invariant: "I12",
    scenario: "F7",
    edits: [{
      file: TEARDOWN,
      from: "if (record.networkList !== undefined) {",
      to: "if (record.networkList !== undefined && await kernel.namespaces.isPinned(paths.net)) {",
    }],
  },
  {
    name: "network-takes-the-last-plugin-only",
    source: made("drop a step"),
    wrong: "Of several plugins only the last one is told that a pod is gone.",
    invariant: "I12",
    edits: [{
      file: CNI,
      from: "for (const plugin of list.plugins.toReversed()) {",
      to: "for (const plugin of list.plugins.slice(1)) {",
    }],
  },
];
