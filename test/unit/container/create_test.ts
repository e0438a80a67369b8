import { assert, assertEquals } from "@std/assert";

import type { ContainerConfig } from "../../../src/container/config.ts";
import { createContainer } from "../../../src/container/create.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { taskPaths } from "../../../src/task/paths.ts";
import { containerConfig } from "../../../sim/lifecycle/configs.ts";
import type { SimTask } from "../../../sim/mod.ts";
import { toText } from "../../../sim/world/content.ts";
import { snapshot } from "../../../sim/world/snapshot.ts";
import { type Scenario, scenario } from "../../scenario/scenario.ts";
import { specOf } from "../cdi/fixture.ts";

const SPEC = "/etc/cdi/vendor.json";

function writeSpec({ simulation }: Scenario, text: string): void {
  const { tree } = simulation.machine;
  tree.mkdirs("test", "/etc/cdi", 0o755);
  tree.write("test", SPEC, text, 0o644);
}

/** Creates a container that asks for devices. */
function create(
  it: Scenario,
  sandboxId: string,
  fields: Partial<ContainerConfig>,
  context = new Context(),
): SimTask<string> {
  const place = { sandbox: 0, container: 0 } as const;
  const command = ["sleep", "1000"];
  const request = { kind: "CreateContainer", place, command, sharesPids: false } as const;
  const config = { ...containerConfig(request, 0), ...fields };
  return it.call("create", (runtime) => createContainer(runtime, sandboxId, config, context));
}

/** The variables that a container's spec has of its devices. */
function variables(it: Scenario, id: string): readonly string[] {
  const { spec } = taskPaths(it.runtime.config, id);
  const content = it.simulation.machine.tree.find(spec)?.inode.content;
  assert(content !== undefined);
  const env: readonly string[] = JSON.parse(toText(content)).process.env;
  return env.filter((entry) => /^[A-C]=/.test(entry));
}

scenario("CDI: a container keeps the devices that it was created with", async (it) => {
  writeSpec(it, specOf({ a: "1" }));
  const sandbox = await it.run();
  const id = await create(it, sandbox, { cdiDevices: ["v.com/c=a"] }).promise;
  writeSpec(it, specOf({ a: "2" }));
  await it.restart();
  await it.start(it.container(id)).promise;
  assertEquals(variables(it, id), ["A=1"]);
  const annotations = { "cdi.k8s.io/vendor": "v.com/c=a" };
  await it.remove(it.container(id)).promise;
  const next = await create(it, sandbox, { annotations }).promise;
  assertEquals(variables(it, next), ["A=2"]);
});

scenario("CDI: without a device nobody looks at a spec file", async (it) => {
  writeSpec(it, specOf({ a: "1" }));
  const sandbox = await it.run();
  const { files } = it.runtime.kernel;
  const looked: string[] = [];
  for (const verb of ["list", "stat", "readFile", "resolveInRoot"] as const) {
    const real = files[verb].bind(files) as (...args: unknown[]) => Promise<unknown>;
    const watched = (...args: unknown[]) => {
      looked.push(...args.map(String));
      return real(...args);
    };
    Object.assign(files, { [verb]: watched });
  }
  await create(it, sandbox, {}).promise;
  assertEquals(looked.filter((path) => path.includes("cdi")), []);
});

scenario("CDI: a device that there is not leaves nothing behind, and its name free", async (it) => {
  writeSpec(it, specOf({ a: "1" }));
  const sandbox = await it.run();
  const before = snapshot(it.simulation.machine);
  const failed = create(it, sandbox, { cdiDevices: ["v.com/c=a", "v.com/c=b"] });
  await failed.settled;
  assert(failed.error instanceof RuntimeError);
  assertEquals(failed.error.code, "UNKNOWN");
  assertEquals(snapshot(it.simulation.machine), before);
  assertEquals(it.runtime.containers.size, 0);
  writeSpec(it, specOf({ a: "1", b: "2" }));
  const id = await create(it, sandbox, { cdiDevices: ["v.com/c=a", "v.com/c=b"] }).promise;
  assertEquals(variables(it, id), ["A=1", "B=2"]);
});

scenario("CDI: who gives up while spec files are read leaves nothing behind", async (it) => {
  writeSpec(it, specOf({ a: "1" }));
  const sandbox = await it.run();
  const before = snapshot(it.simulation.machine);
  const context = new Context();
  const given = create(it, sandbox, { cdiDevices: ["v.com/c=a"] }, context);
  const read = await it.simulation.until(given, /^files\.readFile .*vendor\.json/);
  context.cancel();
  read.release();
  await given.settled;
  assert(given.error instanceof RuntimeError);
  assertEquals([given.error.code, snapshot(it.simulation.machine)], ["CANCELLED", before]);
  await it.stopSandbox(sandbox).promise;
});

scenario("CDI: hooks that come after the end are left to the OCI runtime", async (it) => {
  const hooks = [{ hookName: "poststop", path: "/usr/bin/true" }];
  const devices = [{ name: "a", containerEdits: { hooks } }];
  writeSpec(it, specOf({}, { devices }));
  const id = await create(it, await it.run(), { cdiDevices: ["v.com/c=a"] }).promise;
  const container = it.container(id);
  await it.start(container).promise;
  const stop = it.stop(container);
  const deletion = await it.simulation.until(/runc .* delete/, /state\.json/);
  deletion.release();
  await stop.promise;
  assertEquals(it.seen(container), "EXITED 137 , 0 processes, executed 1 times");
});
