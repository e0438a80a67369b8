import { assertEquals } from "@std/assert";
import { inMacrotask, type Schedule, Simulation } from "../../../../sim/mod.ts";
import { describeDeviations, traceOfRun } from "../../../../sim/report/mod.ts";

/** A task that writes, one that sleeps, and a daemon that may be killed. */
async function sentences(schedule: Schedule): Promise<string[]> {
  const simulation = new Simulation({
    seed: 1,
    history: true,
    schedule,
    faults: { calls: [{ call: /^files\.writeFile/, errno: "ENOSPC", probability: 0.5 }] },
  });
  const daemon = simulation.bootDaemon(() => {});
  daemon.spawn("StartContainer c1", async ({ files }) => {
    await files.writeFile("/run/a", "").catch(() => {});
    await files.mkdir("/run/b");
  }, "start");
  simulation.spawn("client", () => simulation.sleep(1_500), "sleeper");
  simulation.inject("daemon killed 1", 1_000, () => daemon.crash());
  simulation.inject("daemon stopped 1", 1_000, () => daemon.crash());
  simulation.inject("cancel start", 1_000, () => {});
  await inMacrotask(() => simulation.run());
  const trace = traceOfRun({ history: simulation.history, schedule });
  return describeDeviations(trace, schedule).map((it) => `${it.mark}: ${it.text}`);
}

Deno.test("describeDeviations() says which call a fault strikes", async () => {
  assertEquals(await sentences([{ kind: "fault", at: "start#2", what: "ENOSPC" }]), [
    "fault: StartContainer c1 writes /run/a, and ENOSPC strikes",
  ]);
});

Deno.test("describeDeviations() says after what the daemon is killed, and a client gives up", async () => {
  assertEquals(await sentences([{ kind: "inject", at: "start#2", what: "daemon killed 1" }]), [
    "crash: daemon is killed, right after StartContainer c1 writes /run/a",
  ]);
  assertEquals(await sentences([{ kind: "inject", at: "start#2", what: "daemon stopped 1" }]), [
    "crash: daemon is stopped, right after StartContainer c1 writes /run/a",
  ]);
  assertEquals(await sentences([{ kind: "inject", at: "start#3", what: "cancel start" }]), [
    "cancel: The client of StartContainer c1 gives up, right after StartContainer c1 makes folder /run/b",
  ]);
});

Deno.test("describeDeviations() says how much time passes before what could have run", async () => {
  assertEquals(await sentences([{ kind: "time", at: "start#3" }]), [
    "time: 1.5 s pass before StartContainer c1 makes folder /run/b: the machine is slow",
  ]);
});
