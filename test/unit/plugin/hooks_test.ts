import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { type HookOptions, Hooks, type LifecyclePlugin } from "../../../src/plugin/hooks.ts";
import { Told } from "../../../src/plugin/told.ts";
import {
  containerRecordWith,
  CountingContext,
  FakeClock,
  isPending,
  sandboxRecordWith,
} from "../fakes.ts";

const sandbox = () => ({ record: sandboxRecordWith(), told: new Told() });
const container = () => ({ record: containerRecordWith(), told: new Told() });
const error = new Error("no");

const sandboxHooks = ["runPodSandbox", "stopPodSandbox", "removePodSandbox"] as const;
const containerHooks = [
  "createContainer",
  "postCreateContainer",
  "startContainer",
  "postStartContainer",
  "stopContainer",
  "removeContainer",
] as const;
const vetoes: readonly string[] = ["runPodSandbox", "createContainer", "startContainer"];
const undoes: readonly string[] = [
  "stopPodSandbox",
  "removePodSandbox",
  "stopContainer",
  "removeContainer",
];

/** A plugin that takes part in everything, and notes it; `call` is what it does. */
function pluginOf(
  name: string,
  journal: Call[],
  call: (context: Context) => Promise<void> = () => Promise.resolve(),
): LifecyclePlugin {
  const hooks = [...sandboxHooks, ...containerHooks].map((hook) => [
    hook,
    (record: unknown, context: Context) => {
      journal.push({ name, hook, record });
      return call(context);
    },
  ]);
  return { name, ...Object.fromEntries(hooks) };
}

interface Call {
  readonly name: string;
  readonly hook: string;
  readonly record: unknown;
}

function namesOf(journal: readonly Call[]): string {
  return journal.map(({ name }) => name).join("");
}

/** The plugins as one; without `failures` none may be reported. */
function hooksOf(
  plugins: readonly LifecyclePlugin[],
  options: { readonly clock?: FakeClock; readonly failures?: unknown[] } = {},
): Hooks {
  const onFailure: HookOptions["onFailure"] = (...failure) => {
    if (options.failures === undefined) throw new Error(`Reported failure of ${failure[0]}`);
    options.failures.push(failure);
  };
  return new Hooks(plugins, { clock: options.clock ?? new FakeClock(), timeoutMs: 100, onFailure });
}

/** Calls every hook in turn; `hook` is its name. */
async function forEachHook(
  check: (hook: string, call: (hooks: Hooks, context: Context) => Promise<void>) => Promise<void>,
): Promise<void> {
  for (const hook of sandboxHooks) {
    await check(hook, (hooks, context) => hooks.sandbox(hook, sandbox(), context));
  }
  for (const hook of containerHooks) {
    await check(hook, (hooks, context) => hooks.container(hook, container(), context));
  }
}

Deno.test("Hooks.sandbox() and Hooks.container() pass on the record", async () => {
  await forEachHook(async (hook, call) => {
    const journal: Call[] = [];
    await call(hooksOf([pluginOf("a", journal)]), new Context());
    const { record } = hook.endsWith("Sandbox") ? sandbox() : container();
    assertEquals(journal, [{ name: "a", hook, record }]);
  });
});

Deno.test("Hooks call plugins in their order, for stop and remove in reverse", async () => {
  await forEachHook(async (hook, call) => {
    const journal: Call[] = [];
    await call(hooksOf(["a", "b", "c"].map((name) => pluginOf(name, journal))), new Context());
    assertEquals(namesOf(journal), undoes.includes(hook) ? "cba" : "abc", hook);
  });
});

Deno.test("Hooks call one plugin after another", async () => {
  const first = Promise.withResolvers<void>();
  const journal: Call[] = [];
  const plugins = [pluginOf("a", journal, () => first.promise), pluginOf("b", journal)];
  const called = hooksOf(plugins).container("createContainer", container(), new Context());
  assert(await isPending(called));
  assertEquals(namesOf(journal), "a");
  first.resolve();
  await called;
  assertEquals(namesOf(journal), "ab");
});

Deno.test("Hooks pass over a plugin that does not take part", async () => {
  await forEachHook(async (_hook, call) => {
    const journal: Call[] = [];
    await call(hooksOf([{ name: "a" }, pluginOf("b", journal)]), new Context());
    assertEquals(namesOf(journal), "b");
  });
});

Deno.test("Hooks before an effect fail it with the first plugin that fails", async () => {
  await forEachHook(async (hook, call) => {
    if (!vetoes.includes(hook)) return;
    const journal: Call[] = [];
    const hooks = hooksOf([
      pluginOf("a", journal),
      pluginOf("b", journal, () => Promise.reject(error)),
      pluginOf("c", journal),
    ]);
    const failed = await assertRejects(
      () => call(hooks, new Context()),
      Error,
      `plugin b: ${hook} failed`,
    );
    assertStrictEquals(failed.cause, error);
    assertEquals(namesOf(journal), "ab");
  });
});

Deno.test("Hooks after an effect report a failure and go on with the rest", async () => {
  await forEachHook(async (hook, call) => {
    if (vetoes.includes(hook)) return;
    const journal: Call[] = [];
    const failures: unknown[] = [];
    const plugins = ["a", "b"].map((name) => pluginOf(name, journal, () => Promise.reject(error)));
    await call(hooksOf(plugins, { failures }), new Context());
    const order = undoes.includes(hook) ? ["b", "a"] : ["a", "b"];
    assertEquals(namesOf(journal), order.join(""));
    assertEquals(failures, order.map((name) => [name, hook, error]));
  });
});

Deno.test("Hooks treat a plugin that throws at once as one that fails", async () => {
  const refuse = () => {
    throw error;
  };
  const failures: unknown[] = [];
  const hooks = hooksOf([{ name: "a", stopContainer: refuse, startContainer: refuse }], {
    failures,
  });
  await hooks.container("stopContainer", container(), new Context());
  assertEquals(failures, [["a", "stopContainer", error]]);
  await assertRejects(() => hooks.container("startContainer", container(), new Context()));
});

Deno.test("Hooks give each plugin a time of its own, and go on without the one that is late", async () => {
  const clock = new FakeClock();
  const journal: Call[] = [];
  const failures: [string, string, RuntimeError][] = [];
  const contexts: Context[] = [];
  const plugins = ["a", "b"].map((name) =>
    pluginOf(name, journal, (context) => {
      contexts.push(context);
      return new Promise<void>(() => {});
    })
  );
  const client = new CountingContext();
  const called = hooksOf(plugins, { clock, failures }).container(
    "stopContainer",
    container(),
    client,
  );
  await clock.advance(99);
  assertEquals([namesOf(journal), failures.length], ["b", 0]);
  await clock.advance(1);
  assertEquals([namesOf(journal), failures.length], ["ba", 1]);
  await clock.advance(99);
  assert(await isPending(called));
  await clock.advance(1);
  await called;
  assertEquals(failures.map(([plugin, , { message }]) => [plugin, message]), [
    ["b", "plugin b: stopContainer: not done within 100 ms"],
    ["a", "plugin a: stopContainer: not done within 100 ms"],
  ]);
  assertEquals(contexts.map(({ cause }) => cause?.code), [
    "DEADLINE_EXCEEDED",
    "DEADLINE_EXCEEDED",
  ]);
  assertEquals([clock.timerCount, client.listenerCount], [0, 0]);
});

Deno.test("Hooks before an effect fail it when a plugin is late", async () => {
  const clock = new FakeClock();
  const plugin = pluginOf("a", [], () => new Promise<void>(() => {}));
  const called = hooksOf([plugin], { clock }).container(
    "startContainer",
    container(),
    new Context(),
  );
  const failed = assertRejects(() => called, Error, "plugin a: startContainer failed");
  await clock.advance(100);
  assertEquals(((await failed).cause as RuntimeError).code, "DEADLINE_EXCEEDED");
});

Deno.test("Hooks wait for a plugin no longer than the operation lasts", async () => {
  const cause = new RuntimeError("CANCELLED", "the client left");
  const client = new Context();
  const plugin = pluginOf("a", [], () => new Promise<void>(() => {}));
  const called = hooksOf([plugin]).container("startContainer", container(), client);
  assert(await isPending(called));
  client.cancel(cause);
  assertStrictEquals((await assertRejects(() => called, Error)).cause, cause);
});
