import { bug, made, type Mutant } from "../mutant.ts";

const CREATE = "src/container/create.ts";
const IMAGES = "src/image/images.ts";
const INGEST = "src/image/ingest.ts";
const INSTALL = "src/image/install.ts";
const JANITOR = "src/container/janitor.ts";
const LAYERS = "src/image/layers.ts";
const RECOVER = "src/recovery/recover.ts";
const REMOVE = "src/container/remove.ts";
const SHARED = "src/image/shared_work.ts";

/** Layers that are gone too early, too late, or not whole. */
export const IMAGE_MUTANTS: readonly Mutant[] = [
  {
    name: "layer-removed-although-it-is-held",
    source: made("skip the second look"),
    wrong: "Who took hold of a layer while others were removed loses it.",
    invariant: "images",
    search: "images",
    edits: [{
      file: LAYERS,
      from: "if (this.#held.has(name) || this.#busy.has(name)) continue;",
      to: "if (this.#busy.has(name)) continue;",
    }],
  },
  {
    name: "layer-removed-while-it-is-unpacked",
    source: made("drop a guard"),
    wrong: "A layer that somebody is busy with is removed.",
    invariant: "images",
    search: "images",
    edits: [{
      file: LAYERS,
      from:
        "for (let busy; (busy = this.#busy.get(name)) !== undefined;) await waitFor(busy, context);",
      to: "",
    }],
  },
  {
    name: "layer-is-not-synced",
    source: made("drop a commit"),
    wrong: "An image is recorded before its layers are on disk.",
    invariant: "images",
    search: "images",
    edits: [{ file: INSTALL, from: "  await layers.sync();\n", to: "" }],
  },
  {
    name: "layer-stays-when-its-ingest-ends",
    source: made("forget an undo"),
    wrong: "A pull that failed goes on holding its layers.",
    invariant: "images",
    search: "images",
    edits: [{
      file: IMAGES,
      from: "    undo.defer(() => this.#layers.letGo(ingest.id));\n",
      to: "",
    }],
  },
  {
    name: "layer-stays-when-its-container-goes",
    source: made("drop a step"),
    wrong: "Layers whose image is gone stay when their last container goes.",
    invariant: "images",
    search: "images",
    edits: [{
      file: IMAGES,
      from: "    this.#layers.letGo(`container:${containerId}`);\n",
      to: "    void containerId;\n",
    }],
  },
  {
    name: "layer-of-a-crash-is-taken-for-whole",
    source: made("drop a guard"),
    wrong: "A layer that a crash left half unpacked is used by the next pull.",
    invariant: "images",
    search: "images",
    edits: [{
      file: LAYERS,
      from: "await this.#kernel.files.list(this.#root)) this.#recovered.add(name);",
      to: "await this.#kernel.files.list(this.#root)) this.#present.add(name);",
    }],
  },
  {
    name: "layers-go-before-their-record",
    source: made("swap two steps"),
    wrong: "A crash in a removal leaves the record of an image whose layers are half gone.",
    invariant: "images",
    search: "images",
    edits: [{
      file: IMAGES,
      from: "      await this.#commit([], [image.id]);\n      this.#forget(image.id);",
      to: "      this.#forget(image.id);\n      await this.#layers.collect();\n" +
        "      await this.#commit([], [image.id]);",
    }],
  },
  {
    name: "image-shown-before-it-is-durable",
    source: made("answer before the commit"),
    wrong: "A pull answers before its image is recorded.",
    invariant: "images",
    search: "images",
    edits: [{
      file: IMAGES,
      from: "    await this.#commit(\n      [next,",
      to: "    void this.#commit(\n      [next,",
    }],
  },
  {
    name: "image-records-change-at-the-same-time",
    source: made("drop a guard"),
    wrong: "Two changes of the records are made from the same state.",
    invariant: "images",
    search: "images",
    edits: [{
      file: IMAGES,
      from: "const result = this.#changes.then(work);",
      to: "const result = work();",
    }],
  },
  {
    name: "pull-goes-on-without-clients",
    source: bug("E6", "containerd/containerd/commit/a88ce40fd"),
    wrong:
      "A pull that nobody waits for any more is joined by the next, who is told it was cancelled.",
    invariant: "images",
    search: "images",
    edits: [{
      file: SHARED,
      from: "        this.#end();\n        this.#context.cancel",
      to: "        this.#context.cancel",
    }],
  },
  {
    name: "container-does-not-hold-its-layers",
    source: made("drop a step"),
    wrong: "The layers of a container go with its image, prepared, running or not.",
    invariant: "I22",
    isFoundByNothingElse: true,
    scenario: "P14",
    edits: [{ file: CREATE, from: "  images.retain(id, image.layers);\n", to: "" }],
  },
  {
    name: "restart-forgets-who-holds-layers",
    source: made("drop a step"),
    wrong: "After a restart the layers of a container go with its image.",
    invariant: "I22",
    scenario: "P15",
    edits: [{
      file: RECOVER,
      from: "      retainLayers(runtime, record);\n",
      to: "      void retainLayers;\n",
    }],
  },
  {
    name: "removal-lets-layers-go-first",
    source: made("swap two steps"),
    wrong: "A container whose removal fails has lost the layers that it is mounted on.",
    invariant: "I22",
    edits: [{
      file: REMOVE,
      from: "  await discardFiles(runtime, record.id);\n",
      to: "  await releaseLayers(runtime, record.id);\n  await discardFiles(runtime, record.id);\n",
    }],
  },
  {
    name: "removal-keeps-its-layers",
    source: made("drop a step"),
    wrong: "Layers whose image is gone outlive the last container that had them.",
    invariant: "I12",
    edits: [{
      file: REMOVE,
      from: "  await releaseLayers(runtime, record.id);\n",
      to: "  void releaseLayers;\n",
    }],
  },
  {
    name: "failed-creation-keeps-its-layers",
    source: made("forget an undo"),
    wrong: "Layers whose image is gone stay for a container that never came to be.",
    invariant: "I12",
    edits: [{
      file: JANITOR,
      from: "      await this.runtime.images.release(id);\n",
      to: "",
    }],
  },
  {
    name: "refused-record-is-taken-for-not-made",
    source: made("ignore an errno"),
    wrong: "An image whose pull was refused by the disk is there after the next restart.",
    invariant: "images",
    search: "images",
    scenario: "M1",
    edits: [{
      file: IMAGES,
      from: "      for (const id of ids) this.#doubtful.add(id);\n",
      to: "",
    }],
  },
  {
    name: "layers-go-before-a-doubtful-record",
    source: made("drop a guard"),
    wrong: "A record that was refused and is there all the same has lost its layers.",
    invariant: "images",
    search: "images",
    scenario: "M2",
    edits: [{
      file: IMAGES,
      from: "      for (const { id, layers } of puts) this.#layers.hold(`record:${id}`, layers);\n",
      to: "",
    }],
  },
  {
    name: "what-a-transport-left-is-forgotten",
    source: made("ignore an errno"),
    wrong: "Credentials that could not be removed at once stay as long as the daemon lives.",
    invariant: "images",
    search: "images",
    edits: [{ file: INGEST, from: "          this.#left.add(path);\n", to: "" }],
  },
  {
    name: "stray-transport-is-forgotten",
    source: made("forget an undo"),
    wrong: "A transport of an earlier life that refused a signal fills a room that nobody removes.",
    invariant: "I12",
    scenario: "M3",
    edits: [{ file: INGEST, from: "if (this.#stray.size > 0) {", to: "if (false) {" }],
  },
];
