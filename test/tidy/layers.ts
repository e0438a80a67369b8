/**
 * The architecture, as a plugin of `deno lint`. {@linkcode layers} says who may import whom,
 * {@linkcode ambient} what a deterministic layer may not reach, {@linkcode sharing} where memory that
 * operations share is marked. A change here is a change of the
 * architecture, so it comes in a commit of its own.
 *
 * @module
 */

import { assert } from "@std/assert";
import { dirname, fromFileUrl, join, relative } from "@std/path";

/** One folder (or file) of the repository and what it may see. */
export interface Layer {
  readonly name: string;
  /** From the root of the repository; a folder ends in a slash. The first layer that fits counts. */
  readonly path: string;
  /** Layers whose files it may import, besides its own. */
  readonly imports: readonly string[];
  /** Packages that it may import; a star at the end stands for any rest. */
  readonly packages: readonly string[];
  /** No time, chance or IO of its own: everything reaches it through a port. */
  readonly isDeterministic: boolean;
}

/** Who may import whom. */
export const layers: readonly Layer[] = [
  {
    name: "edge",
    path: "src/cri/",
    imports: ["core"],
    packages: ["@grpc/grpc-js", "@bufbuild/protobuf*", "@std/*", "node:*", "ws"],
    isDeterministic: false,
  },
  {
    name: "program",
    path: "src/program/",
    imports: ["core", "edge", "sim", "real", "manifest"],
    packages: ["@bufbuild/protobuf", "@std/*", "commander", "node:*"],
    isDeterministic: false,
  },
  {
    name: "core",
    path: "src/",
    imports: [],
    packages: ["@std/assert", "@std/path", "@std/yaml"],
    isDeterministic: true,
  },
  {
    // What a report's page does in the reader's browser; the simulator has it as text only.
    name: "page",
    path: "sim/report/page/",
    imports: [],
    packages: [],
    isDeterministic: false,
  },
  {
    name: "sim",
    path: "sim/",
    imports: ["core", "page"],
    // async_hooks tells whose turn it is and reads neither clock nor chance.
    packages: ["@std/assert", "@std/path", "fast-check", "node:async_hooks"],
    isDeterministic: true,
  },
  {
    name: "real",
    path: "real/",
    imports: ["core"],
    packages: ["@std/*", "execa", "node:*"],
    isDeterministic: false,
  },
  {
    name: "mod",
    path: "mod.ts",
    imports: ["core", "edge", "sim", "real", "program", "manifest"],
    packages: ["*"],
    isDeterministic: false,
  },
  { name: "manifest", path: "deno.json", imports: [], packages: [], isDeterministic: false },
  {
    name: "test",
    path: "test/",
    imports: ["core", "edge", "sim", "page", "real", "program", "mod", "manifest", "bench"],
    packages: ["*"],
    isDeterministic: false,
  },
  {
    name: "bench",
    path: "bench/",
    imports: ["core", "edge", "sim", "real", "program", "mod", "manifest", "test"],
    packages: ["*"],
    isDeterministic: false,
  },
];

/** What a deterministic layer may not name: whole globals, and single members of harmless ones. */
export const ambient = {
  globals: [
    "BroadcastChannel",
    "Date",
    "Deno",
    "EventSource",
    "FinalizationRegistry",
    "MessageChannel",
    "WeakRef",
    "WebSocket",
    "Worker",
    "alert",
    "caches",
    "clearImmediate",
    "clearInterval",
    "clearTimeout",
    "confirm",
    "console",
    "crypto",
    "fetch",
    "globalThis",
    "localStorage",
    "navigator",
    "performance",
    "process",
    "prompt",
    "queueMicrotask",
    "self",
    "sessionStorage",
    "setImmediate",
    "setInterval",
    "setTimeout",
    "window",
  ],
  members: [
    "AbortSignal.timeout",
    "Atomics.wait",
    "Atomics.waitAsync",
    "Math.random",
    "Temporal.Now",
  ],
} as const;

/** Where operations meet: what classes keep there and change is marked (src/kernel/shared_memory.ts). */
export const sharing: readonly string[] = [
  "src/container/",
  "src/image/",
  "src/kernel/",
  "src/network/",
  "src/recovery/",
  "src/registry/",
  "src/sandbox/",
  "src/task/",
  "src/events.ts",
  "src/runtime.ts",
];

/** Collections that change, and do not tell. */
const UNTOLD: readonly string[] = ["Map", "Set", "WeakMap", "WeakSet"];

/** Single files that see more than their layer, and why. */
export const exceptions: readonly {
  readonly path: string;
  readonly packages: readonly string[];
  readonly globals: readonly string[];
}[] = [
  // The driver drains the event loop between two steps, so that the scheduler alone decides the order.
  { path: "sim/driver.ts", packages: ["node:timers"], globals: ["Deno"] },
  // The trap stands before them all.
  { path: "sim/trap.ts", packages: [], globals: ["Date", "globalThis"] },
];

/** What keeps Deno from reading a module early, and hides nothing (src/program/once_needed.ts). */
const DEFERRING = "onceNeeded";

const root = join(dirname(fromFileUrl(import.meta.url)), "../..");

/** The plugin: `slipway/layers`, `slipway/ambient` and `slipway/shared-memory`. */
const plugin: Deno.lint.Plugin = {
  name: "slipway",
  rules: {
    layers: { create: checkImports },
    ambient: { create: checkAmbient },
    "shared-memory": { create: checkSharing },
  },
};
export default plugin;

/** Returns what forbids the import of `specifier` in the file at `path`, or undefined. */
export function whyNotImport(path: string, specifier: string): string | undefined {
  const from = layerOf(path);
  if (from === undefined) return undefined;
  if (!/^(\.\.?\/|\/|file:)/.test(specifier)) {
    const allowed = [...from.packages, ...exceptionsOf(path).flatMap((it) => it.packages)];
    if (allowed.some((pattern) => matches(pattern, specifier))) return undefined;
    return `Cannot import "${specifier}" in ${from.name} (${from.path}): package is not in its list`;
  }
  const target = specifier.startsWith(".")
    ? join(dirname(path), specifier)
    : repositoryPath(specifier.startsWith("file:") ? fromFileUrl(specifier) : specifier);
  const to = layerOf(target);
  if (to === undefined) {
    return `Cannot import "${specifier}" in ${from.name} (${from.path}): ${target} is in no layer`;
  }
  if (to.name === from.name || from.imports.includes(to.name)) return undefined;
  return `Cannot import "${specifier}" in ${from.name} (${from.path}): it may not see ${to.name} (${to.path})`;
}

function checkImports(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const path = repositoryPath(context.filename);

  function check(node: Deno.lint.Node, specifier: unknown): void {
    const message = typeof specifier === "string"
      ? whyNotImport(path, specifier)
      : whyNotComputed(path);
    if (message !== undefined) context.report({ node, message });
  }

  return {
    ImportDeclaration: (node) => check(node, node.source.value),
    ExportAllDeclaration: (node) => check(node, node.source.value),
    ExportNamedDeclaration: (node) => node.source && check(node, node.source.value),
    ImportExpression: (node) => check(node, literal(argumentOf(DEFERRING, node.source))),
    TSImportType: (node) => check(node, literal(node.argument)),
    TSExternalModuleReference: (node) => check(node, literal(node.expression)),
  };
}

/** The one that a call of the function with this name is given; any other node is itself. */
function argumentOf(name: string, node: Deno.lint.Node): Deno.lint.Node {
  if (node.type !== "CallExpression" || node.callee.type !== "Identifier") return node;
  const [argument, ...others] = node.arguments;
  const isIt = node.callee.name === name && argument !== undefined && others.length === 0;
  return isIt ? argument : node;
}

/** A computed import could reach any layer, so only those that may see all of them have it. */
function whyNotComputed(path: string): string | undefined {
  const from = layerOf(path);
  if (from === undefined || from.name === "test" || from.name === "bench") return undefined;
  return `Cannot import a computed specifier in ${from.name} (${from.path})`;
}

function checkSharing(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const path = repositoryPath(context.filename);
  // What marks memory cannot be marked by itself.
  const isOut = !sharing.some((it) => path.startsWith(it)) || path.endsWith("/shared_memory.ts");
  if (isOut) return {};
  return {
    PropertyDefinition(node) {
      const { value } = node;
      const isUntold = value?.type === "ArrayExpression" ||
        (value?.type === "NewExpression" && value.callee.type === "Identifier" &&
          UNTOLD.includes(value.callee.name));
      if (node.readonly && !isUntold) return;
      const message = "Memory that operations may share must be marked: " +
        "an accessor that is @shared, a SharedMap, a SharedSet or a SharedQueue";
      context.report({ node, message });
    },
  };
}

function checkAmbient(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const path = repositoryPath(context.filename);
  const layer = layerOf(path);
  if (layer === undefined || !layer.isDeterministic) return {};
  const allowed = exceptionsOf(path).flatMap((it) => it.globals);
  const globals = new Set<string>(ambient.globals.filter((name) => !allowed.includes(name)));
  const reported = new Set<number>();

  function report(node: Deno.lint.Node, name: string): void {
    // The name in `{ fetch }` is a key and a value at once, so it comes by twice.
    if (reported.has(node.range[0])) return;
    reported.add(node.range[0]);
    const message = `Cannot use ${name} in ${layer?.name} (${layer?.path}): ` +
      "time, chance and IO come through a port";
    context.report({ node, message });
  }

  function isGlobal(node: Deno.lint.Identifier): boolean {
    const ancestors = context.sourceCode.getAncestors(node);
    return isReference(node, ancestors) && !ancestors.some((it) => declares(it, node.name));
  }

  return {
    Identifier(node) {
      if (globals.has(node.name) && isGlobal(node)) report(node, node.name);
    },
    MemberExpression(node) {
      if (node.object.type !== "Identifier") return;
      const name = `${node.object.name}.${memberName(node) ?? ""}`;
      if (isAmbientMember(name) && isGlobal(node.object)) report(node, name);
    },
    VariableDeclarator(node) {
      if (node.id.type !== "ObjectPattern" || node.init?.type !== "Identifier") return;
      for (const property of node.id.properties) {
        if (property.type !== "Property" || property.key.type !== "Identifier") continue;
        const name = `${node.init.name}.${property.key.name}`;
        if (isAmbientMember(name) && isGlobal(node.init)) report(property, name);
      }
    },
  };
}

/** Paths of the repository read alike on every machine, and `Deno.lint.runPlugin` gives short ones. */
function repositoryPath(file: string): string {
  return file.startsWith("/") ? relative(root, file) : join(file);
}

function layerOf(path: string): Layer | undefined {
  return layers.find((layer) =>
    layer.path.endsWith("/") ? path.startsWith(layer.path) : path === layer.path
  );
}

function exceptionsOf(path: string): typeof exceptions {
  return exceptions.filter((it) => it.path === path);
}

function matches(pattern: string, specifier: string): boolean {
  return pattern.endsWith("*") ? specifier.startsWith(pattern.slice(0, -1)) : specifier === pattern;
}

function isAmbientMember(name: string): boolean {
  return (ambient.members as readonly string[]).includes(name);
}

function memberName(node: Deno.lint.MemberExpression): string | undefined {
  const { property } = node;
  if (!node.computed && property.type === "Identifier") return property.name;
  const value = literal(property);
  return typeof value === "string" ? value : undefined;
}

function literal(node: Deno.lint.Node): unknown {
  if (node.type === "TSLiteralType") return literal(node.literal);
  return node.type === "Literal" ? node.value : undefined;
}

/** Whether the name stands for a value here, rather than for a key, a label or a type. */
function isReference(node: Deno.lint.Identifier, ancestors: readonly Deno.lint.Node[]): boolean {
  if (ancestors.some(isType)) return false;
  const parent = node.parent;
  switch (parent.type) {
    case "MemberExpression":
      return parent.computed || !isSame(parent.property, node);
    case "Property":
      return parent.computed || parent.shorthand || !isSame(parent.key, node);
    case "MethodDefinition":
    case "PropertyDefinition":
      return parent.computed || !isSame(parent.key, node);
    case "ImportSpecifier":
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
    case "MetaProperty":
      return false;
    case "ExportSpecifier":
      return isSame(parent.local, node) && parent.parent.type === "ExportNamedDeclaration" &&
        !parent.parent.source;
    default:
      return true;
  }
}

/** TypeScript's nodes are types, but for the few that wrap an expression or a statement. */
function isType(node: Deno.lint.Node): boolean {
  return node.type.startsWith("TS") && !valueNodes.has(node.type);
}

const valueNodes = new Set<string>([
  "TSAsExpression",
  "TSEnumBody",
  "TSEnumDeclaration",
  "TSEnumMember",
  "TSExportAssignment",
  "TSInstantiationExpression",
  "TSModuleBlock",
  "TSModuleDeclaration",
  "TSNonNullExpression",
  "TSParameterProperty",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
]);

/** The plugin's AST makes nodes on demand, so only their places tell whether two are the same. */
function isSame(a: Deno.lint.Node, b: Deno.lint.Node): boolean {
  return a.range[0] === b.range[0] && a.range[1] === b.range[1];
}

/** Whether the scope that `node` opens declares `name`. */
function declares(node: Deno.lint.Node, name: string): boolean {
  switch (node.type) {
    case "Program":
    case "BlockStatement":
    case "StaticBlock":
    case "TSModuleBlock":
      return node.body.some((it) => statementDeclares(it, name));
    case "SwitchStatement":
      return node.cases.some((it) => it.consequent.some((s) => statementDeclares(s, name)));
    case "FunctionDeclaration":
    case "FunctionExpression":
      return node.id?.name === name || node.params.some((it) => binds(it, name));
    case "ArrowFunctionExpression":
      return node.params.some((it) => binds(it, name));
    case "ClassDeclaration":
    case "ClassExpression":
      return node.id?.name === name;
    case "ForStatement":
      return node.init?.type === "VariableDeclaration" && statementDeclares(node.init, name);
    case "ForInStatement":
    case "ForOfStatement":
      return node.left.type === "VariableDeclaration" && statementDeclares(node.left, name);
    case "CatchClause":
      return node.param !== null && binds(node.param, name);
    default:
      return false;
  }
}

function statementDeclares(node: Deno.lint.Node, name: string): boolean {
  switch (node.type) {
    case "VariableDeclaration":
      return node.declarations.some((it) => binds(it.id, name));
    case "FunctionDeclaration":
    case "ClassDeclaration":
    case "TSEnumDeclaration":
      return node.id?.name === name;
    case "ImportDeclaration":
      return node.specifiers.some((it) => it.local.name === name);
    case "ExportNamedDeclaration":
    case "ExportDefaultDeclaration":
      return node.declaration != null && statementDeclares(node.declaration, name);
    default:
      return false;
  }
}

/** Whether a pattern on the left of a declaration, or a parameter, binds `name`. */
function binds(node: Deno.lint.Node | Deno.lint.Parameter, name: string): boolean {
  switch (node.type) {
    case "Identifier":
      return node.name === name;
    case "ObjectPattern":
      return node.properties.some((it) => binds(it.type === "Property" ? it.value : it, name));
    case "ArrayPattern":
      return node.elements.some((it) => it !== null && binds(it, name));
    case "AssignmentPattern":
      return binds(node.left, name);
    case "RestElement":
      return binds(node.argument, name);
    case "TSParameterProperty":
      return binds(node.parameter, name);
    default:
      return false;
  }
}

assert(new Set(layers.map((it) => it.name)).size === layers.length, "Each layer has its own name");
