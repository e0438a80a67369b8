import { assertEquals } from "@std/assert";

import { Executions, type Look } from "../../../real/executions.ts";
import type { ProcessStat } from "../../../real/proc.ts";

const STAT: ProcessStat = {
  pid: 42,
  startTime: 1971,
  parentPid: 7,
  hasEnded: false,
  isKernelThread: false,
  isForked: false,
  isExecuting: false,
};
const FORKED = { ...STAT, parentPid: Deno.pid, isForked: true };
const EXECUTING = { ...STAT, isExecuting: true };
const OWN = ["conmon"];

function lookOf(before: ProcessStat, args: readonly string[], after: ProcessStat): Look {
  return { before, args, after };
}

/** What is seen last where each look sees the next of `looks`, and how many were made. */
async function lastOf(looks: readonly (Look | undefined)[], executions = new Executions(noTime)) {
  let made = 0;
  const seen = await executions.reading()(() =>
    Promise.resolve(looks[Math.min(made++, looks.length - 1)])
  );
  return { args: seen?.args, made };
}

const noTime = () => Promise.resolve();

Deno.test("Executions waits for a child of ours while it has the daemon's arguments, or none", async () => {
  const looks = [
    lookOf(FORKED, ["daemon"], FORKED),
    lookOf(FORKED, ["daemon"], EXECUTING),
    lookOf(EXECUTING, [], EXECUTING),
    lookOf(EXECUTING, [], STAT),
    lookOf(STAT, OWN, STAT),
  ];
  assertEquals(await lastOf(looks), { args: OWN, made: 5 });
});

Deno.test("Executions looks again at one that has executed between two looks at its state", async () => {
  const looks = [lookOf(FORKED, [], STAT), lookOf(STAT, OWN, STAT)];
  assertEquals(await lastOf(looks), { args: OWN, made: 2 });
  assertEquals(await lastOf([lookOf(STAT, [], STAT), ...looks.slice(1)]), { args: OWN, made: 2 });
});

Deno.test("Executions does not wait for who is somebody else's, has none, or is gone", async () => {
  const stranger = { ...FORKED, parentPid: 7 };
  assertEquals((await lastOf([lookOf(stranger, OWN, stranger)])).made, 1);
  const kernelThread = { ...STAT, isKernelThread: true };
  assertEquals(await lastOf([lookOf(kernelThread, [], kernelThread)]), { args: [], made: 1 });
  assertEquals(await lastOf([lookOf(STAT, [], STAT)]), { args: [], made: 2 });
  assertEquals(await lastOf([lookOf(EXECUTING, [], EXECUTING), undefined]), {
    args: undefined,
    made: 2,
  });
});

Deno.test("Executions gives a process up after a thousand looks, and does not begin again", async () => {
  const executions = new Executions(noTime);
  const stuck = [lookOf(EXECUTING, [], EXECUTING)];
  assertEquals(await lastOf(stuck, executions), { args: [], made: 1_001 });
  assertEquals(await lastOf(stuck, executions), { args: [], made: 1 });
  const next = { ...EXECUTING, startTime: 1972 };
  const looks = [lookOf(next, [], next), lookOf(STAT, OWN, STAT)];
  assertEquals(await lastOf(looks, executions), { args: OWN, made: 2 });
});
