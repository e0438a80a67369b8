import { made, type Mutant } from "../mutant.ts";

const CREATE = "src/container/create.ts";
const HOOKS = "src/plugin/hooks.ts";
const RECOVER_SANDBOXES = "src/recovery/sandboxes.ts";
const REMOVE = "src/container/remove.ts";
const SETTLE = "src/container/settle.ts";
const START = "src/container/start.ts";
const STOP = "src/container/stop.ts";
const TOLD = "src/plugin/told.ts";

/** Plugins that are not asked, or told what is not true, twice, or not at all. */
export const PLUGIN_MUTANTS: readonly Mutant[] = [
  {
    name: "plugin-refuses-in-vain",
    source: made("ignore an errno"),
    wrong: "What a plugin refuses is written to the log, and done all the same.",
    invariant: "I23",
    isFoundByNothingElse: true,
    edits: [{
      file: HOOKS,
      from: "        if (canFail(hook)) throw veto(plugin, hook, error);\n",
      to: "        void veto;\n",
    }],
  },
  {
    name: "plugin-is-not-told-of-a-refused-creation",
    source: made("forget an undo"),
    wrong: "Who agreed to a creation that another plugin refuses is not told of its end.",
    invariant: "I23",
    scenario: "N1",
    edits: [{
      file: CREATE,
      from: '  await hooks.container("createContainer", { record, told }, pass.context);\n',
      to: "",
    }, {
      file: CREATE,
      from: "  // Of those who are asked before one that refuses, too.\n",
      to: '  await hooks.container("createContainer", { record, told }, pass.context);\n',
    }],
  },
  {
    name: "plugin-is-told-of-an-end-before-it",
    source: made("swap two steps"),
    wrong: "Plugins are told that a failed start has ended while its init still waits.",
    invariant: "I23",
    scenario: "N2",
    edits: [{
      file: START,
      from: "    await runtime.settler.settle(container, ending, true);\n",
      to: "",
    }, {
      file: START,
      from: '    await runtime.hooks.container("stopContainer", container, bounded);\n',
      to: '    await runtime.hooks.container("stopContainer", container, bounded);\n' +
        "    await runtime.settler.settle(container, ending, true);\n",
    }],
  },
  {
    name: "plugin-is-told-two-things-at-a-time",
    source: made("forget to wait"),
    wrong: "A removal is told to a plugin that has not yet taken in the end of the container.",
    invariant: "I23",
    scenario: "N3",
    edits: [{
      file: HOOKS,
      from: "      using _turn = await told.turns.take(context);\n",
      to: "",
    }],
  },
  {
    name: "plugin-is-told-of-an-end-twice",
    source: made("drop a guard"),
    wrong: "Each stop of a container tells plugins of its end once more, after its removal too.",
    invariant: "I23",
    edits: [{
      file: TOLD,
      from: "    if (this.#isRemovalTold) return false;\n",
      to: "",
    }, {
      file: TOLD,
      from: "    if (this.#isEndTold) return false;\n",
      to: "",
    }],
  },
  {
    name: "restart-undoes-a-pod-in-silence",
    source: made("drop a step"),
    wrong: "A restart that takes back a half-made pod tells no plugin.",
    invariant: "I23",
    scenario: "N4",
    edits: [{
      file: RECOVER_SANDBOXES,
      from: '    await runtime.hooks.sandbox("removePodSandbox", sandbox, bounded);\n',
      to: "",
    }],
  },
  {
    name: "removal-is-told-before-it-is-sure",
    source: made("swap two steps"),
    wrong:
      "Plugins are told of a removal that cannot be written down, and the container is started.",
    invariant: "I23",
    scenario: "N5",
    edits: [{
      file: REMOVE,
      from: '  await runtime.hooks.container("removeContainer", container, context);\n',
      to: "",
    }, {
      file: REMOVE,
      from: "    await erase(runtime, container, context);\n",
      to: '    await runtime.hooks.container("removeContainer", container, context);\n' +
        "    await erase(runtime, container, context);\n",
    }],
  },
  {
    name: "exit-is-told-to-no-plugin",
    source: made("drop a step"),
    wrong: "Of a container that ends by itself no plugin is told, unless somebody stops it.",
    invariant: "I23",
    scenario: "N6",
    edits: [{
      file: SETTLE,
      from: '        void life.own(hooks.container("stopContainer", container, life));\n',
      to: "        void hooks;\n",
    }],
  },
  {
    name: "stop-tells-of-what-never-ran",
    source: made("drop a guard"),
    wrong: "Who stops a container that is only created has plugins told that it ended.",
    invariant: "I23",
    edits: [{ file: STOP, from: '  if (container.status.state === "EXITED") {', to: "  {" }],
  },
];
