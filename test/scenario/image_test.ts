import { assertEquals } from "@std/assert";
import { Context } from "../../src/kernel/context.ts";
import { KernelError } from "../../src/kernel/errno.ts";
import { type Scenario, scenario } from "./scenario.ts";

scenario("M1: a pull that the disk refused is not there after a restart", async (it) => {
  refuseCommits(it, ["made"]);
  await refusedPull(it);
  await it.restart();
  assertEquals(it.runtime.images.resolve("a"), undefined);
  assertEquals(it.layerCount, 1);
});

scenario("M2: layers stay as long as the disk may say that an image has them", async (it) => {
  refuseCommits(it, ["made", "not made"]);
  await refusedPull(it);
  assertEquals([it.runtime.images.resolve("a"), it.layerCount], [undefined, 3]);
  // Whoever comes next has the disk say the truth.
  await it.removeImage().promise;
  assertEquals(it.layerCount, 0);
  await it.restart();
  assertEquals(it.runtime.images.list(), []);
});

scenario(
  "M3: a transport of an earlier life that could not be ended is ended later",
  async (it) => {
    it.call("pull", ({ images }) => images.pull("a", undefined, new Context()));
    await it.simulation.until(/skopeo .*copy/, /manifest\.json/);
    const { processes } = it.simulation.machine;
    const alive = () =>
      processes.all().filter((it) => it.isAlive && it.args[0] === "skopeo").length;
    const { signal } = processes;
    processes.signal = () => {
      throw new KernelError("signal", "EPERM", "a helper");
    };
    await it.restart();
    processes.signal = signal;
    assertEquals(alive(), 1);
    await it.removeImage().promise;
    await it.simulation.idle();
    assertEquals([alive(), it.rooms], [0, []]);
  },
);

async function refusedPull(it: Scenario): Promise<void> {
  const pull = it.call("pull", ({ images }) => images.pull("a", undefined, new Context()));
  await pull.settled;
  assertEquals(String(pull.error).includes("EIO"), true, String(pull.error));
}

/** The next commits are answered with an error, made or not. */
function refuseCommits(it: Scenario, refusals: readonly ("made" | "not made")[]): void {
  const { store } = it.runtime.kernel;
  const real = store.commit.bind(store);
  const left = [...refusals];
  store.commit = async (...args) => {
    const refusal = left.shift();
    if (refusal !== "not made") await real(...args);
    if (refusal !== undefined) throw new KernelError("commit", "EIO", "the state store");
  };
}
