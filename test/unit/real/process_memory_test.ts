import { assertEquals, assertRejects } from "@std/assert";
import { setImmediate } from "node:timers";
import { ProcessMemory } from "../../../real/process_memory.ts";
import { KernelError } from "../../../src/kernel/errno.ts";

/** A machine on which some processes keep whoever reads their memory, until they are let go. */
class Machine {
  readonly asked: string[] = [];
  readonly locked = new Map<string, PromiseWithResolvers<string>>();

  readonly readText = (path: string): Promise<string> => {
    this.asked.push(path);
    return this.locked.get(path)?.promise ?? Promise.resolve(`text of ${path}`);
  };

  lock(...pids: readonly number[]): void {
    for (const pid of pids) this.locked.set(`/proc/${pid}/cmdline`, Promise.withResolvers());
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const cmdline = (memory: ProcessMemory, pid: number, startTime = 1) =>
  memory.text({ pid, startTime }, "cmdline");

Deno.test("ProcessMemory tells what a process says, and nothing of one that is gone", async () => {
  const machine = new Machine();
  const memory = new ProcessMemory(machine.readText);
  assertEquals(await memory.text({ pid: 7, startTime: 1 }, "environ"), "text of /proc/7/environ");
  for (const code of ["ENOENT", "ESRCH"]) {
    const gone = new ProcessMemory(() => Promise.reject(Object.assign(new Error(), { code })));
    assertEquals(await cmdline(gone, 7), "");
  }
  const out = new ProcessMemory(() =>
    Promise.reject(Object.assign(new Error(), { code: "EMFILE" }))
  );
  assertEquals((await assertRejects(() => cmdline(out, 7), KernelError)).errno, "EMFILE");
});

Deno.test("ProcessMemory asks who has not answered no second time, until he has", async () => {
  const machine = new Machine();
  const memory = new ProcessMemory(machine.readText, 0);
  machine.lock(7);
  assertEquals([await cmdline(memory, 7), await cmdline(memory, 7)], ["", ""]);
  assertEquals(machine.asked, ["/proc/7/cmdline"]);
  machine.locked.get("/proc/7/cmdline")?.resolve("late");
  machine.locked.clear();
  await turn();
  assertEquals(await cmdline(memory, 7), "text of /proc/7/cmdline");
});

Deno.test("ProcessMemory asks once for all who want to know at the same time", async () => {
  const machine = new Machine();
  const memory = new ProcessMemory(machine.readText, 0);
  machine.lock(7);
  const answers = await Promise.all([7, 7, 7].map((pid) => cmdline(memory, pid)));
  assertEquals([answers, machine.asked], [["", "", ""], ["/proc/7/cmdline"]]);
});

Deno.test("ProcessMemory takes the next process with a pid for another", async () => {
  const machine = new Machine();
  const memory = new ProcessMemory(machine.readText, 0);
  machine.lock(7);
  assertEquals(await cmdline(memory, 7), "");
  machine.locked.clear();
  assertEquals(await cmdline(memory, 7, 2), "text of /proc/7/cmdline");
});

Deno.test("ProcessMemory says nothing rather than that nobody else is there", async () => {
  const machine = new Machine();
  const memory = new ProcessMemory(machine.readText, 0);
  const pids = [1, 2, 3, 4, 5, 6, 7, 8];
  machine.lock(...pids);
  for (const pid of pids) assertEquals(await cmdline(memory, pid), "");
  const refused = await assertRejects(() => cmdline(memory, 9), KernelError);
  assertEquals(refused.errno, "EAGAIN");
  machine.locked.get("/proc/1/cmdline")?.reject(new Error("it has ended"));
  await turn();
  assertEquals(await cmdline(memory, 9), "text of /proc/9/cmdline");
});
