import { assertEquals } from "@std/assert";

import plugin from "./layers.ts";

/** Lints `source` as if it were the file at `path`, and returns what was said. */
function lint(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, path, source).map((it) => it.message);
}

/** A permitted or refused import, tried in each of its spellings. */
function importsOf(path: string, specifier: string): string[] {
  const spellings = [
    `import { a } from "${specifier}";`,
    `import type { A } from "${specifier}";`,
    `import "${specifier}";`,
    `export * from "${specifier}";`,
    `export { a } from "${specifier}";`,
    `await import("${specifier}");`,
    `await import(onceNeeded("${specifier}"));`,
    `type A = import("${specifier}").A;`,
  ];
  return spellings.flatMap((it) => lint(path, it));
}

const spellingCount = 8;

const permitted: [path: string, specifier: string][] = [
  ["src/container/start.ts", "./state.ts"],
  ["src/container/start.ts", "../kernel/clock.ts"],
  ["src/container/start.ts", "@std/path"],
  ["src/container/start.ts", "@std/assert"],
  ["src/cdi/spec_file.ts", "@std/yaml"],
  ["src/cri/server.ts", "../container/start.ts"],
  ["src/cri/server.ts", "./gen/v1_pb.ts"],
  ["src/cri/server.ts", "@grpc/grpc-js"],
  ["src/cri/server.ts", "@bufbuild/protobuf"],
  ["src/cri/server.ts", "@bufbuild/protobuf/codegenv2"],
  ["src/cri/server.ts", "node:fs/promises"],
  ["sim/world.ts", "../src/kernel/kernel.ts"],
  ["sim/world.ts", "./programs/runc.ts"],
  ["sim/programs/runc.ts", "../world.ts"],
  ["sim/world.ts", "fast-check"],
  ["sim/world.ts", "node:async_hooks"],
  ["sim/driver.ts", "node:timers"],
  ["sim/report/page.ts", "./page/main.js"],
  ["sim/report/page/main.ts", "./data.js"],
  ["real/processes.ts", "../src/kernel/processes.ts"],
  ["real/processes.ts", "execa"],
  ["real/processes.ts", "node:process"],
  ["src/program/daemon.ts", "../boot.ts"],
  ["src/program/daemon.ts", "../cri/server.ts"],
  ["src/program/kernels.ts", "../../real/kernel.ts"],
  ["src/program/kernels.ts", "../../sim/mod.ts"],
  ["src/program/main.ts", "../../deno.json"],
  ["src/program/main.ts", "commander"],
  ["mod.ts", "./src/program/main.ts"],
  ["mod.ts", "./src/cri/server.ts"],
  ["mod.ts", "./sim/world.ts"],
  ["mod.ts", "./real/kernel.ts"],
  ["mod.ts", "./deno.json"],
  ["mod.ts", "commander"],
  ["test/unit/sim/world_test.ts", "../../../sim/world.ts"],
  ["test/unit/mod_test.ts", "../../mod.ts"],
  ["test/system/bench_test.ts", "../../bench/report.ts"],
  ["bench/start.ts", "../test/system/client.ts"],
  ["bench/start.ts", "../src/cri/server.ts"],
  [".deno/std/assert.ts", "deno-std/assert/mod.js"],
];

const refused: [path: string, specifier: string, message: string][] = [
  [
    "src/container/start.ts",
    "../cri/gen/v1_pb.ts",
    'Cannot import "../cri/gen/v1_pb.ts" in core (src/): it may not see edge (src/cri/)',
  ],
  [
    "src/container/start.ts",
    "../../sim/world.ts",
    'Cannot import "../../sim/world.ts" in core (src/): it may not see sim (sim/)',
  ],
  [
    "src/container/../container/start.ts",
    "../../real/files.ts",
    'Cannot import "../../real/files.ts" in core (src/): it may not see real (real/)',
  ],
  [
    "src/errors.ts",
    "../mod.ts",
    'Cannot import "../mod.ts" in core (src/): it may not see mod (mod.ts)',
  ],
  [
    "src/container/start.ts",
    "node:fs",
    'Cannot import "node:fs" in core (src/): package is not in its list',
  ],
  [
    "src/container/start.ts",
    "execa",
    'Cannot import "execa" in core (src/): package is not in its list',
  ],
  [
    "src/container/start.ts",
    "npm:execa@10.2.1",
    'Cannot import "npm:execa@10.2.1" in core (src/): package is not in its list',
  ],
  [
    "src/errors.ts",
    "../.deno/std/assert.ts",
    'Cannot import "../.deno/std/assert.ts" in core (src/): .deno/std/assert.ts is in no layer',
  ],
  [
    "src/cri/server.ts",
    "../../sim/world.ts",
    'Cannot import "../../sim/world.ts" in edge (src/cri/): it may not see sim (sim/)',
  ],
  [
    "src/cri/server.ts",
    "../../real/files.ts",
    'Cannot import "../../real/files.ts" in edge (src/cri/): it may not see real (real/)',
  ],
  [
    "src/cri/server.ts",
    "commander",
    'Cannot import "commander" in edge (src/cri/): package is not in its list',
  ],
  [
    "sim/world.ts",
    "../src/cri/server.ts",
    'Cannot import "../src/cri/server.ts" in sim (sim/): it may not see edge (src/cri/)',
  ],
  [
    "sim/world.ts",
    "../real/files.ts",
    'Cannot import "../real/files.ts" in sim (sim/): it may not see real (real/)',
  ],
  [
    "sim/world.ts",
    "node:timers",
    'Cannot import "node:timers" in sim (sim/): package is not in its list',
  ],
  [
    "sim/world.ts",
    "../test/unit/world.ts",
    'Cannot import "../test/unit/world.ts" in sim (sim/): it may not see test (test/)',
  ],
  [
    "sim/report/page/main.ts",
    "../model.ts",
    'Cannot import "../model.ts" in page (sim/report/page/): it may not see sim (sim/)',
  ],
  [
    "real/files.ts",
    "../sim/files.ts",
    'Cannot import "../sim/files.ts" in real (real/): it may not see sim (sim/)',
  ],
  [
    "real/files.ts",
    "../src/cri/status_codes.ts",
    'Cannot import "../src/cri/status_codes.ts" in real (real/): it may not see edge (src/cri/)',
  ],
  [
    "real/files.ts",
    "fast-check",
    'Cannot import "fast-check" in real (real/): package is not in its list',
  ],
  [
    "src/boot.ts",
    "./program/main.ts",
    'Cannot import "./program/main.ts" in core (src/): it may not see program (src/program/)',
  ],
  [
    "src/cri/server.ts",
    "../program/lock.ts",
    'Cannot import "../program/lock.ts" in edge (src/cri/): it may not see program (src/program/)',
  ],
  [
    "src/program/main.ts",
    "../../mod.ts",
    'Cannot import "../../mod.ts" in program (src/program/): it may not see mod (mod.ts)',
  ],
  [
    "src/program/demo.ts",
    "execa",
    'Cannot import "execa" in program (src/program/): package is not in its list',
  ],
  [
    "mod.ts",
    "./bench/start.ts",
    'Cannot import "./bench/start.ts" in mod (mod.ts): it may not see bench (bench/)',
  ],
  [
    "mod.ts",
    "./test/system/client.ts",
    'Cannot import "./test/system/client.ts" in mod (mod.ts): it may not see test (test/)',
  ],
];

for (const [path, specifier] of permitted) {
  Deno.test(`layers lets ${path} import ${specifier}`, () => {
    assertEquals(importsOf(path, specifier), []);
  });
}

for (const [path, specifier, message] of refused) {
  Deno.test(`layers refuses ${specifier} to ${path}`, () => {
    assertEquals(importsOf(path, specifier), Array(spellingCount).fill(message));
  });
}

Deno.test("layers finds an import through its absolute path", () => {
  const sim = new URL("../../sim/world.ts", import.meta.url);
  const core = new URL("../../src/errors.ts", import.meta.url);
  const message = `Cannot import "${sim.href}" in core (src/): it may not see sim (sim/)`;
  assertEquals(lint(core.pathname, `import "${sim.href}";`), [message]);
});

Deno.test("layers refuses a computed import outside test and bench", () => {
  const source = "await import(name);";
  assertEquals(lint("mod.ts", source), ["Cannot import a computed specifier in mod (mod.ts)"]);
  assertEquals(lint("sim/a.ts", source), ["Cannot import a computed specifier in sim (sim/)"]);
  assertEquals(lint("test/tidy/a.ts", source), []);
  for (
    const call of ["onceNeeded(name)", 'onceNeeded("./a.ts", name)', 'it.onceNeeded("./a.ts")']
  ) {
    assertEquals(lint("sim/a.ts", `await import(${call});`).length, 1, call);
  }
});

const ambientUses: [name: string, source: string][] = [
  ["Date", "const now = Date.now();"],
  ["Date", "const now = new Date();"],
  ["Deno", "await Deno.readTextFile(path);"],
  ["FinalizationRegistry", "new FinalizationRegistry(() => {});"],
  ["Math.random", "const x = Math.random();"],
  ["Math.random", 'const x = Math["random"]();'],
  ["Math.random", "const { random } = Math;"],
  ["WeakRef", "new WeakRef(it);"],
  ["WebSocket", "new WebSocket(url);"],
  ["Worker", "new Worker(url);"],
  ["AbortSignal.timeout", "AbortSignal.timeout(5);"],
  ["Temporal.Now", "Temporal.Now.instant();"],
  ["console", 'console.log("x");'],
  ["crypto", "crypto.randomUUID();"],
  ["fetch", "await fetch(url);"],
  ["fetch", "const io = { fetch };"],
  ["fetch", "const io = { get: fetch };"],
  ["globalThis", "globalThis.Date.now();"],
  ["performance", "performance.now();"],
  ["process", "process.env;"],
  ["process", "export { process };"],
  ["queueMicrotask", "queueMicrotask(step);"],
  ["setImmediate", "setImmediate(step);"],
  ["setInterval", "setInterval(step, 5);"],
  ["setTimeout", "setTimeout(step, 5);"],
  ["setTimeout", "function f(later = setTimeout) {}"],
  ["setTimeout", "{ const setTimeout = 1; } setTimeout(step, 5);"],
  ["setTimeout", "(setTimeout as (f: () => void) => void)(step);"],
  ["setTimeout", "class A { wait = setTimeout; }"],
];

for (const [name, source] of ambientUses) {
  Deno.test(`ambient refuses ${name} in \`${source}\``, () => {
    const tail = "time, chance and IO come through a port";
    assertEquals(lint("src/a.ts", source), [`Cannot use ${name} in core (src/): ${tail}`]);
    assertEquals(lint("sim/a.ts", source), [`Cannot use ${name} in sim (sim/): ${tail}`]);
    for (const path of ["src/cri/a.ts", "real/a.ts", "mod.ts", "test/a.ts", "bench/a.ts"]) {
      assertEquals(lint(path, source), []);
    }
  });
}

const harmless = [
  'import { setTimeout } from "../kernel/clock.ts"; setTimeout(f, 5);',
  "function f(process: Process) { return process.pid; }",
  "function f({ fetch, now: performance }: Io) { return fetch(performance); }",
  "function f([console]: Io[], ...crypto: string[]) { return [console, crypto]; }",
  "const f = (fetch = other) => fetch();",
  "class A { constructor(private readonly process: Process) { process.pid; } }",
  "class A { fetch() { return this.fetch(); } readonly process = 1; }",
  "kernel.fetch(); kernel.process.console;",
  'kernel["process"];',
  "const it = { process: 1, fetch() {} };",
  "for (const process of processes) kill(process);",
  "try { f(); } catch (process) { g(process); }",
  "enum process { A } f(process.A);",
  "type Clock = (process: Process, console: string) => void;",
  "interface Machine { process: Process; fetch(): void }",
  "const day: Date = clock.date();",
  "Math.max(1, 2); AbortSignal.any([]);",
  "function f(Math: Chance) { return Math.random(); }",
  "process: for (;;) break process;",
];

for (const source of harmless) {
  Deno.test(`ambient permits \`${source}\``, () => {
    assertEquals(lint("src/container/a.ts", source), []);
  });
}

Deno.test("ambient lets the simulator's driver reach its event loop, and no other file", () => {
  const source = 'import { setImmediate } from "node:timers"; setImmediate(Deno[Deno.internal]);';
  assertEquals(lint("sim/driver.ts", source), []);
  assertEquals(lint("sim/clock.ts", source).length, 3);
  assertEquals(lint("sim/driver.ts", "setTimeout(f, Date.now());").length, 2);
});

Deno.test("what operations share in the core is marked", () => {
  const unmarked = [
    "class A { #count = 0; }",
    "class A { name: string | undefined; }",
    "class A { readonly #byId = new Map<string, string>(); }",
    "class A { readonly #all = new Set(); }",
    "class A { readonly queue: string[] = []; }",
  ];
  for (const source of unmarked) {
    assertEquals(lint("src/container/a.ts", source).length, 1, source);
    assertEquals(lint("sim/a.ts", source), [], source);
  }
  const marked = [
    "class A { @shared accessor #count = 0; }",
    "class A { readonly name: string; }",
    "class A { readonly #byId = new SharedMap<string, string>(); }",
    "class A { readonly #gate = new Gate(); }",
  ];
  for (const source of marked) assertEquals(lint("src/container/a.ts", source), [], source);
});
