import { putSandbox, putSandboxStatus, sandboxRecord } from "../../../../src/sandbox/record.ts";
import { preparing, stopping } from "../../../../src/sandbox/state.ts";
import { sandboxConfig } from "../../../../sim/lifecycle/configs.ts";
import type { OrderlyEnd } from "../../../../sim/lifecycle/oracle/checker.ts";
import { allows, type Scene, violates } from "./scene.ts";

/** A daemon that ends as it should, unless it is told otherwise. */
const ended = (changes: Partial<OrderlyEnd> = {}) => (scene: Scene) => {
  scene.oracle.stopped(scene.lifecycle, { tookMs: 0, waits: [], ...changes });
  return Promise.resolve();
};

violates("I24", "the daemon took 40000 ms to end", ended({ tookMs: 40_000 }));

violates("I24", "has under way: files.remove /run/a", ended({ waits: ["files.remove /run/a"] }));

allows("that a daemon which is not run does not end", ended({ tookMs: 40_000 }), { isSlow: true });

violates("I24", "there are no pods, and the daemon's cgroup is there", ended(), { isQuiet: true });

violates("I24", "there are pods, and the daemon's cgroup is gone", async (scene) => {
  await scene.sandbox();
  scene.simulation.machine.cgroups.root.children.clear();
  await ended()(scene);
});

violates("I24", "was never there for any client, and is still here", async (scene) => {
  const request = {
    kind: "RunPodSandbox",
    sandbox: 0,
    hasNetwork: false,
    sharesPids: false,
  } as const;
  const { kernel } = scene.runtime;
  const record = sandboxRecord({
    ...{ id: "5".repeat(64), name: "left", config: sandboxConfig(request, 0) },
    ...{
      handler: "",
      ociRuntime: "runc",
      hostname: "left",
      cgroup: "/slipway/left",
      ownsCgroup: true,
    },
    networkList: undefined,
  });
  const status = stopping(preparing(0));
  await scene.inside(() =>
    kernel.store.commit([putSandbox(record), putSandboxStatus(record.id, status)])
  );
  await scene.restart();
}, { isQuiet: true });
