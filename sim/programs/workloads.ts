import type { Program, Sys } from "./program.ts";

const SIGINT = 2;
const SIGTERM = 15;
const LINE_MS = 10;
const LONG_LINE_BYTES = 20_000;

/** `exit CODE [AFTER_MS]` */
export const exit: Program = async (sys) => {
  const [, code = "0", afterMs = "0"] = sys.args;
  if (Number(afterMs) > 0) await sys.sleep(Number(afterMs));
  return Number(code);
};

/** Runs until SIGKILL. */
export const ignoreTerm: Program = async (sys) => {
  await sys.signalAction(SIGTERM, "ignore");
  return await forever(sys);
};

/** `on-term CODE`: runs until SIGTERM, then ends with a code. */
export const onTerm: Program = async (sys) => {
  await sys.signalAction(SIGTERM, "catch");
  while (!(await sys.poll({})).signals.includes(SIGTERM));
  return Number(sys.args[1] ?? 0);
};

/** `fork-holder MS CODE`: leaves a child that holds its output for a time, and ends with a code. */
export const forkHolder: Program = async (sys) => {
  const [, ms = "1000", code = "0"] = sys.args;
  await sys.fork("holder", async (child) => {
    await child.sleep(Number(ms));
    await child.write(1, "late\n").catch(() => {});
    return 0;
  });
  return Number(code);
};

/** Leaves a child that runs for ever, and ends. With a shared PID namespace the child stays. */
export const stayInCgroup: Program = async (sys) => {
  await sys.fork("stayer", async (child) => {
    await child.signalAction(SIGTERM, "ignore");
    return await forever(child);
  });
  return 0;
};

/** `fork-forever MS`: makes a child every so often, each living for a while. */
export const forkForever: Program = async (sys) => {
  const ms = Number(sys.args[1] ?? LINE_MS);
  for (;;) {
    await sys.fork("short", async (child) => {
      await child.sleep(ms * 2);
      return 0;
    });
    await sys.sleep(ms);
    while (await sys.tryWait() !== undefined);
  }
};

/** `busy-log N`: writes lines to stdout and stderr in turn. */
export const busyLog: Program = async (sys) => {
  const count = Number(sys.args[1] ?? 10);
  for (let i = 0; i < count; i++) {
    await sys.write(i % 2 === 0 ? 1 : 2, `line ${i}\n`);
    if (i % LINE_MS === LINE_MS - 1) await sys.sleep(1);
  }
  return 0;
};

/** `oom [AFTER_MS]`: uses memory until it is killed. */
export const oom: Program = async (sys) => {
  await sys.sleep(Number(sys.args[1] ?? 0));
  await sys.exhaustMemory();
  return await forever(sys);
};

/** `oom-child AFTER_MS CODE`: a child is killed for want of memory; ends with a code after it. */
export const oomChild: Program = async (sys) => {
  const [, afterMs = "0", code = "0"] = sys.args;
  const pid = await sys.fork("hungry", async (child) => {
    await child.exhaustMemory();
    return await forever(child);
  });
  await sys.wait(pid);
  await sys.sleep(Number(afterMs));
  return Number(code);
};

/**
 * `pieces N`: writes lines in pieces, to both streams, now and then one that is longer than any
 * buffer, and pauses in between; the last one has no end.
 */
export const pieces: Program = async (sys) => {
  const count = Number(sys.args[1] ?? 10);
  for (let i = 0; i < count; i++) {
    const stream = i % 3 === 2 ? 2 : 1;
    await sys.write(stream, `piece ${i}`);
    if (i % 5 === 4) await sys.write(stream, "x".repeat(LONG_LINE_BYTES));
    if (i % 4 === 3) await sys.sleep(LINE_MS);
    await sys.write(stream, i === count - 1 ? " and no end" : ` of ${count}\n`);
  }
  return 0;
};

/** `flood AFTER_MS BYTES`: prints so much, as fast as it is taken. */
export const flood: Program = async (sys) => {
  const [, afterMs = "0", bytes = "0"] = sys.args;
  await sys.sleep(Number(afterMs));
  for (let left = Number(bytes); left > 0; left -= LONG_LINE_BYTES) {
    await sys.write(1, `${"x".repeat(Math.min(left, LONG_LINE_BYTES) - 1)}\n`);
  }
  return 0;
};

/** `tty-size AFTER_MS`: prints rows and columns of its terminal. */
export const ttySize: Program = async (sys) => {
  await sys.sleep(Number(sys.args[1] ?? 0));
  await sys.write(1, `${await sys.terminalSize(1)}\n`);
  return 0;
};

/** `catatonit -P`: the init of a shared PID namespace, which reaps and waits. */
export const catatonit: Program = async (sys) => {
  for (const signal of [SIGTERM, SIGINT]) await sys.signalAction(signal, "catch");
  for (;;) {
    const { signals } = await sys.poll({ children: sys.hasChildren });
    if (signals.length > 0) return 0;
    while (await sys.tryWait() !== undefined);
  }
};

async function forever(sys: Sys): Promise<number> {
  for (;;) await sys.poll({});
}
