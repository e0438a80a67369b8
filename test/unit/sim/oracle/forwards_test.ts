import { ForwardingClient } from "../../../../sim/lifecycle/forwarding_client.ts";
import type { Call } from "../../../../sim/lifecycle/oracle/checker.ts";
import { RuntimeError } from "../../../../src/errors.ts";
import { Context, sleep } from "../../../../src/kernel/context.ts";
import { forwardPort } from "../../../../src/sandbox/port_forward.ts";
import { stopPodSandbox } from "../../../../src/sandbox/stop.ts";
import { allows, type Scene, violates } from "./scene.ts";

const ECHO = 7;
const GREETING = 13;
const NOBODY = 1;
const LATE_MS = 2_000;

/** A client that stays for as long, and its call. */
function calling(scene: Scene, id: string, port: number, lingersMs = 0) {
  const { clock } = scene.runtime.kernel;
  const request = { kind: "PortForward", sandbox: 0, port, pieces: 1, lingersMs } as const;
  const forward = new ForwardingClient(request, clock);
  const call = scene.oracle.called({
    kind: "PortForward",
    id,
    gracePeriodMs: 0,
    forward,
    runtime: scene.lifecycle,
    context: new Context(),
  });
  return { call, forward };
}

/** Reaches a port as the core does it. */
async function forwarded(
  scene: Scene,
  { call, forward }: { readonly call: Call; readonly forward: ForwardingClient },
): Promise<void> {
  await scene.inside((runtime) =>
    forwardPort(runtime, call.id, forward.port, forward, call.context)
  );
}

const later = (scene: Scene) => sleep(scene.runtime.kernel.clock, LATE_MS, new Context());

allows("what the core does when ports are reached", async (scene) => {
  const id = await scene.sandbox();
  for (const port of [ECHO, GREETING]) {
    const client = calling(scene, id, port);
    await forwarded(scene, client);
    scene.oracle.answered(client.call);
  }
  const refused = calling(scene, id, NOBODY);
  await forwarded(scene, refused).catch((error) => scene.oracle.refused(refused.call, error));
});

violates("I27", 'its client heard ""', async (scene) => {
  const { call } = calling(scene, await scene.sandbox(), ECHO);
  scene.oracle.answered(call);
});

violates("I27", 'its client heard "x"', async (scene) => {
  const { call, forward } = calling(scene, await scene.sandbox(), ECHO);
  await forward.toClient.write(new TextEncoder().encode("x"), call.context);
  scene.oracle.refused(call, new RuntimeError("UNAVAILABLE", "gone"));
});

violates("I27", "somebody listens on port 7", async (scene) => {
  const { call } = calling(scene, await scene.sandbox(), ECHO);
  scene.oracle.refused(call, new RuntimeError("UNAVAILABLE", "Cannot connect to port 7"));
});

violates("I27", "was answered", async (scene) => {
  const { call } = calling(scene, await scene.sandbox(), NOBODY);
  scene.oracle.answered(call);
});

violates("I27", "went on for 2000 ms for nobody", async (scene) => {
  const { call } = calling(scene, await scene.sandbox(), ECHO);
  const cause = new RuntimeError("CANCELLED", "the client has left");
  call.context.cancel(cause);
  await later(scene);
  scene.oracle.refused(call, cause);
});

violates("I27", "went on for 2000 ms for nobody", async (scene) => {
  const id = await scene.sandbox();
  const { call } = calling(scene, id, ECHO);
  await scene.inside((runtime) => stopPodSandbox(runtime, id, new Context()));
  await later(scene);
  scene.oracle.refused(call, new RuntimeError("FAILED_PRECONDITION", "it is being stopped"));
});

violates("I27", "is reached by nobody", async (scene) => {
  const client = calling(scene, await scene.sandbox(), ECHO, 10_000);
  const cause = new RuntimeError("CANCELLED", "the client has left");
  const going = forwarded(scene, client);
  await scene.simulation.idle();
  scene.oracle.refused(client.call, cause);
  await going;
});

violates("I27", "was stopped, and", async (scene) => {
  const id = await scene.sandbox();
  await scene.inside((runtime) => stopPodSandbox(runtime, id, new Context()));
  const args = [`-lp/run/${id}`, "STDIO", "TCP4:127.0.0.1:7"];
  using _left = await scene.inside(({ kernel }) =>
    kernel.processes.spawn({ program: "socat", args }, { outputBytesMax: 0, isStreamed: true })
  );
  scene.answered("StopPodSandbox", id);
});
