import { assert, assertEquals, fail } from "@std/assert";
import fc from "fast-check";

import { type Chooser, type Daemon, type SimTask, Simulation } from "../../sim/mod.ts";
import { Directory } from "../../sim/world/inode.ts";
import { DEFAULT_CONFIG } from "../../src/config.ts";
import { RuntimeError } from "../../src/errors.ts";
import { Images } from "../../src/image/images.ts";
import { IMAGE_TABLE, readImage } from "../../src/image/record.ts";
import { Context, sleep } from "../../src/kernel/context.ts";
import { KernelError } from "../../src/kernel/errno.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { SILENT } from "../../src/telemetry.ts";

/** When a client gives up: after a time, after some steps of the run, or never. */
type Patience = { readonly ms: number } | { readonly steps: number } | undefined;

/** What a client asks for, some time after the run begins. */
type Request =
  & { readonly afterMs: number }
  & (
    | { readonly kind: "pull"; readonly name: string; readonly patience: Patience }
    | { readonly kind: "remove"; readonly name: string }
    | { readonly kind: "use"; readonly name: string; readonly container: string }
    | { readonly kind: "release"; readonly container: string }
    | { readonly kind: "collect" }
  );

/** A run of an image store, as data. */
export interface ImagePlan {
  readonly seed: number;
  /** Pulled before anything goes wrong. */
  readonly known: readonly string[];
  readonly requests: readonly Request[];
  /** After some steps the daemon is killed, or the machine loses its power. */
  readonly crash:
    | {
      readonly what: "daemon" | "power";
      readonly afterSteps: number;
      /** Counts the steps from when so many layers were moved into place; from the beginning unless given. */
      readonly afterLayers?: number;
      /** Or from so many steps of their removal. */
      readonly afterRemovals?: number;
    }
    | undefined;
  /** After a crash, how long clients are served before what was left is removed. */
  readonly sweepAfterMs: number;
  /** Of each call that needs disk space. */
  readonly fullDisk: number;
  /** Of each removal. */
  readonly badDisk: number;
  /** Of each commit: it is done, and answered with an error. */
  readonly badCommit: number;
  /** Of each system call of a helper. */
  readonly killed: number;
  /** Of each step: timers do not wait for others. */
  readonly slowness: number;
}

const ANY_NAME = ["a", "a", "b", "a:2", "a:2", "missing", "dead.example/a"];
/** Two names of one image: whoever changes one changes the record of both. */
const ONE_IMAGE = ["a", "a:2"];
const containers = fc.constantFrom("c1", "c2");

/** Up to eight requests. */
function requests(
  names: fc.Arbitrary<string>,
  afterMs: fc.Arbitrary<number>,
): fc.Arbitrary<readonly Request[]> {
  const pull = fc.record({
    afterMs,
    kind: fc.constant("pull" as const),
    name: names,
    patience: fc.oneof(
      { weight: 2, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: afterMs.map((ms) => ({ ms })) },
      { weight: 1, arbitrary: fc.nat(40).map((steps) => ({ steps })) },
    ),
  });
  const request: fc.Arbitrary<Request> = fc.oneof(
    { weight: 4, arbitrary: pull },
    fc.record({ afterMs, kind: fc.constant("remove" as const), name: names }),
    fc.record({ afterMs, kind: fc.constant("use" as const), name: names, container: containers }),
    fc.record({ afterMs, kind: fc.constant("release" as const), container: containers }),
    fc.record({ afterMs, kind: fc.constant("collect" as const) }),
  );
  return fc.array(request, { minLength: 1, maxLength: 8 });
}

const crash = fc.record({
  what: fc.constantFrom("daemon" as const, "power" as const),
  afterSteps: fc.oneof(fc.nat(150), fc.nat(600)),
});
const crashOfLayers = fc.record({
  what: fc.constantFrom("daemon" as const, "power" as const, "power" as const),
  ...{ afterSteps: fc.nat(8), afterLayers: fc.integer({ min: 1, max: 4 }) },
});

/** Where layers are. */
const LAYERS = `${DEFAULT_CONFIG.root}/layers/`;
/** When every pull is done. */
const LATE_SWEEP_MS = 10_000;

/** Nothing goes wrong. */
export const CALM = {
  crash: undefined,
  fullDisk: 0,
  badDisk: 0,
  badCommit: 0,
  killed: 0,
  slowness: 0,
} as const;

/** What goes wrong: nothing, one thing, or whatever there is. */
const trouble: fc.Arbitrary<Pick<ImagePlan, keyof typeof CALM>> = fc.oneof(
  fc.constant(CALM),
  crash.map((it) => ({ ...CALM, crash: it })),
  crashOfLayers.map((it) => ({ ...CALM, crash: it })),
  fc.constantFrom(0.05, 0.3).map((it) => ({ ...CALM, fullDisk: it })),
  fc.record({
    crash: fc.option(crash, { nil: undefined, freq: 1 }),
    fullDisk: fc.constantFrom(0, 0, 0.05),
    badDisk: fc.constantFrom(0, 0, 0.1, 1),
    killed: fc.constantFrom(0, 0, 0.02),
    slowness: fc.constantFrom(0, 0.05),
    badCommit: fc.constantFrom(0, 0, 0.3),
  }),
);

/** Up to eight requests at the same time, with crashes and faults. */
const anyPlans: fc.Arbitrary<ImagePlan> = fc.record({
  seed: fc.nat(),
  known: fc.constantFrom([], ["a"], ["b", "a"]),
  requests: fc.oneof(
    // Multiples of what the simulated registry takes, so that much happens at the same time.
    requests(fc.constantFrom(...ANY_NAME), fc.nat(10).map((it) => it * 20)),
    // A crowd around one image: all come at once, or when others leave.
    requests(fc.constantFrom(...ONE_IMAGE), fc.nat(1).map((it) => it * 20)),
  ),
  sweepAfterMs: fc.constantFrom(0, 0, 40, 200),
  trouble,
}).map(({ trouble, ...plan }) => ({ ...plan, ...trouble }));

/**
 * The power fails between the move of a layer into its place and its sync, so that a part of it may be
 * there; and whoever pulls the image again comes before what was left is removed.
 */
const halfLayers: fc.Arbitrary<ImagePlan> = fc.record({
  seed: fc.nat(),
  requests: fc.array(
    fc.record({
      afterMs: fc.constant(0),
      kind: fc.constant("pull" as const),
      name: fc.constantFrom(...ONE_IMAGE),
      patience: fc.constant(undefined),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  afterSteps: fc.nat(4),
  afterLayers: fc.integer({ min: 1, max: 2 }),
}).map(({ afterSteps, afterLayers, ...plan }) => ({
  ...CALM,
  ...plan,
  known: [],
  crash: { what: "power", afterSteps, afterLayers },
  sweepAfterMs: LATE_SWEEP_MS,
}));

/** The daemon dies while the layers of an image are being removed, and has to know that they are not whole. */
const halfRemovals: fc.Arbitrary<ImagePlan> = fc.record({
  seed: fc.nat(),
  afterRemovals: fc.integer({ min: 1, max: 3 }),
  afterSteps: fc.nat(1),
}).map(({ seed, afterRemovals, afterSteps }) => ({
  ...CALM,
  seed,
  known: ["a"],
  requests: [{ kind: "remove", name: "a", afterMs: 0 }],
  crash: { what: "daemon", afterSteps, afterRemovals },
  sweepAfterMs: LATE_SWEEP_MS,
}));

/** Random plans. */
export const imagePlans: fc.Arbitrary<ImagePlan> = fc.oneof(
  { weight: 18, arbitrary: anyPlans },
  { weight: 2, arbitrary: halfLayers },
  { weight: 1, arbitrary: halfRemovals },
);

/**
 * Runs a plan on a machine of its own, with a random walk unless a strategy is given.
 *
 * @throws when something that is not whole can be seen, is missing or is left.
 */
export function runImages(plan: ImagePlan, chooser?: Chooser): void {
  new Run(plan, chooser).run();
}

class Run {
  readonly #simulation: Simulation;
  readonly #baseline: readonly string[];
  #daemon: Daemon<Images>;
  #images: Images | undefined;
  #cancelCount = 0;
  /** Moved into place so far. */
  #layerCount = 0;
  /** Steps in which layers were removed so far. */
  #removalCount = 0;
  /** Resolved when the present life serves requests. */
  #isServing = Promise.withResolvers<void>();
  /** As the containers' records would have it: the layers of each. */
  readonly #containers = new Map<string, readonly string[]>();
  /** Names whose pull was answered. */
  readonly #pulled = new Set<string>();

  constructor(readonly plan: ImagePlan, chooser: Chooser | undefined) {
    this.#simulation = new Simulation({
      seed: plan.seed,
      ...(chooser === undefined ? {} : { chooser }),
      faults: {
        slowness: plan.slowness,
        calls: [
          { call: /files\.(mkdir|writeFile)|store\./, errno: "ENOSPC", probability: plan.fullDisk },
          { call: /files\.remove/, errno: "EIO", probability: plan.badDisk },
          {
            call: /store\.commit/,
            errno: "EIO",
            probability: plan.badCommit,
            isAfterEffect: true,
          },
        ],
        programs: [{ program: /skopeo|tar/, kind: "kill", probability: plan.killed }],
      },
    });
    this.#simulation.faults.isOn = false;
    this.#daemon = this.#boot();
    this.#settle();
    this.#baseline = this.#simulation.snapshot();
    this.#pullKnown();
    this.#simulation.onStep(({ verb, subject }) => {
      this.#checkVisible();
      const { afterLayers, afterRemovals } = this.plan.crash ?? {};
      if (verb === "files.rename" && ++this.#layerCount === afterLayers) this.#crashLater();
      if (verb !== "files.remove" || !String(subject).startsWith(LAYERS)) return;
      if (++this.#removalCount === afterRemovals) this.#crashLater();
    });
  }

  run(): void {
    const { requests, crash } = this.plan;
    const simulation = this.#simulation;
    simulation.faults.isOn = true;
    const isFromBeginning = crash?.afterLayers === undefined && crash?.afterRemovals === undefined;
    if (crash !== undefined && isFromBeginning) this.#crashLater();
    const tasks = requests.map((it, index) =>
      this.#daemon.spawn(`${it.kind}${index}`, async (kernel) => {
        await sleep(kernel.clock, it.afterMs, Context.background());
        await this.#perform(it, kernel);
      })
    );
    this.#settle();
    simulation.faults.isOn = false;
    this.#checkAnswers(tasks);
    if (!this.#daemon.isAlive) {
      this.#daemon = this.#boot();
      // Clients whose answer was lost ask again, while what was left is being removed.
      const again = requests.map((it) =>
        this.#daemon.spawn(`${it.kind} again`, async (kernel) => {
          await this.#isServing.promise;
          await this.#perform(it, kernel);
        })
      );
      this.#settle();
      this.#checkAnswers(again);
    } else if (this.plan.fullDisk + this.plan.badDisk + this.plan.badCommit > 0) {
      // Nothing happens by itself: whoever comes next takes along what could not be removed.
      this.#daemon.spawn("next", () => this.#images?.remove("nothing"));
      this.#settle();
    }
    this.#checkLeft();
    this.#checkPulled();
    this.#checkDurable();
    this.#daemon.spawn("clean up", () => this.#cleanUp());
    this.#settle();
    assertEquals(simulation.leaks(this.#baseline), []);
  }

  #crashLater(): void {
    const simulation = this.#simulation;
    simulation.inject("crash", this.plan.crash?.afterSteps ?? 0, () => {
      // The cleaning up is no part of the plan.
      if (!simulation.faults.isOn) return;
      this.#images = undefined;
      this.#isServing = Promise.withResolvers();
      if (this.plan.crash?.what === "daemon") this.#daemon.crash();
      else simulation.crashMachine();
    });
  }

  #boot(): Daemon<Images> {
    return this.#simulation.bootDaemon(async (kernel) => {
      const images = new Images(kernel, DEFAULT_CONFIG, SILENT);
      const records = (await kernel.store.load()).filter((it) => it.table === IMAGE_TABLE);
      await images.recover(records);
      for (const [id, layers] of this.#containers) images.retain(id, layers);
      this.#images = images;
      this.#isServing.resolve();
      await sleep(kernel.clock, this.plan.sweepAfterMs, Context.background());
      await images.collect();
      return images;
    });
  }

  #pullKnown(): void {
    for (const name of this.plan.known) {
      const request = { kind: "pull", name, afterMs: 0, patience: undefined } as const;
      this.#daemon.spawn(`known ${name}`, (kernel) => this.#perform(request, kernel));
      this.#settle();
    }
  }

  async #perform(it: Request, kernel: Kernel): Promise<void> {
    const images = this.#images;
    assert(images !== undefined);
    switch (it.kind) {
      case "pull": {
        const context = new Context();
        using _patience = this.#patience(it.patience, context, kernel);
        const image = await images.pull(it.name, undefined, context);
        assert(image.layers.length === 2);
        this.#pulled.add(it.name);
        return;
      }
      case "remove":
        return await images.remove(it.name);
      case "use": {
        const image = images.resolve(it.name);
        if (image === undefined || this.#containers.has(it.container)) return;
        images.retain(it.container, image.layers);
        this.#containers.set(it.container, image.layers);
        return;
      }
      case "release":
        this.#containers.delete(it.container);
        return await images.release(it.container);
      case "collect":
        return await images.collect();
    }
  }

  #patience(patience: Patience, context: Context, { clock }: Kernel): Disposable | undefined {
    if (patience === undefined) return undefined;
    if ("ms" in patience) return clock.after(patience.ms, () => context.cancel());
    this.#simulation.inject(
      `cancel ${++this.#cancelCount}`,
      patience.steps,
      () => context.cancel(),
    );
    return undefined;
  }

  async #cleanUp(): Promise<void> {
    const images = this.#images;
    assert(images !== undefined);
    for (const image of images.list()) await images.remove(image.id);
    for (const id of [...this.#containers.keys()]) {
      this.#containers.delete(id);
      await images.release(id);
    }
    await images.collect();
  }

  /** Every layer of every image that can be seen, and of every container, is there and whole. */
  #checkVisible(): void {
    for (const path of this.#needed()) {
      const { tree } = this.#simulation.machine;
      const has = (name: string) => tree.find(`${path}/${name}`) !== undefined;
      // Of the lower layer what is unpacked last, and what is removed first.
      if (!has("etc/image") && !(has("tmp") && has("bin/sh"))) fail(`${path} is not whole`);
    }
  }

  /** Nothing else is on the disk once everybody has been answered. */
  #checkLeft(): void {
    const { tree } = this.#simulation.machine;
    const { root, state } = DEFAULT_CONFIG;
    const names = (path: string) => {
      const inode = tree.find(path)?.inode;
      return inode instanceof Directory ? inode.names().map((it) => `${path}/${it}`).sort() : [];
    };
    assertEquals(names(`${root}/layers`), this.#needed());
    assertEquals([...names(`${root}/ingest`), ...names(`${state}/auth`)], []);
  }

  #checkAnswers(tasks: readonly SimTask<void>[]): void {
    for (const [index, { error }] of tasks.entries()) {
      if (error !== undefined && !this.#mayEnd(this.plan.requests[index], error)) throw error;
    }
  }

  /** What readers see is what a restart would find. */
  #checkDurable(): void {
    const records = this.#simulation.machine.store.records().map(readImage)
      .filter((it) => it !== undefined)
      .sort((a, b) => a.id < b.id ? -1 : 1);
    assertEquals(this.#images?.list(), records);
  }

  /** What was answered is there, on the disk as well, unless somebody removed it. */
  #checkPulled(): void {
    if (this.plan.requests.some((it) => it.kind === "remove")) return;
    for (const name of this.#pulled) {
      if (this.#images?.resolve(name) === undefined) fail(`${name} was pulled and is not there`);
    }
  }

  /** Whether a request may be answered so: refusals are answers, where there is a reason. */
  #mayEnd(request: Request | undefined, error: unknown): boolean {
    const { crash, fullDisk, badDisk, badCommit, killed } = this.plan;
    if (isCancelled(error) && !(request?.kind === "pull" && request.patience !== undefined)) {
      return false;
    }
    if (crash !== undefined || fullDisk + badDisk + badCommit + killed > 0) {
      return error instanceof RuntimeError || error instanceof KernelError;
    }
    if (!(error instanceof RuntimeError) || request?.kind !== "pull") return false;
    // Where timers do not wait, deadlines pass.
    if (this.plan.slowness > 0 && error.code === "DEADLINE_EXCEEDED") return true;
    if (isCancelled(error)) return true;
    if (request.name === "missing") return error.code === "NOT_FOUND";
    return request.name === "dead.example/a" && error.code === "UNAVAILABLE";
  }

  #needed(): readonly string[] {
    const images = this.#images;
    if (images === undefined) return [];
    const layers = images.list().flatMap((it) => it.layers);
    const all = [...layers, ...[...this.#containers.values()].flat()];
    return [...new Set(all)].flatMap((it) => images.layerPaths([it])).sort();
  }

  #settle(): void {
    const outcome = this.#simulation.run();
    if (outcome.kind !== "done") fail(outcome.text);
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof RuntimeError && error.code === "CANCELLED";
}
