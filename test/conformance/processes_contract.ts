import { assertEquals } from "@std/assert";
import { run } from "../../src/kernel/run.ts";
import { SIGKILL, SIGTERM } from "../../src/kernel/processes.ts";
import { textOf } from "../../src/utf8.ts";
import {
  assertCancellable,
  assertRefused,
  background,
  type ContractFixture,
  type Promises,
  start,
} from "./fixture.ts";

const QUIET = { outputBytesMax: 0 };
const STREAMED = { outputBytesMax: 0, isStreamed: true };
const NOTHING = new Uint8Array();

/** Promises of processes. */
export const processPromises: Promises = {
  "spawn() tells the exit code": async ({ kernel: { processes }, programs }) => {
    for (const code of [0, 1, 128, 255]) {
      using child = await processes.spawn(programs.exit(code), QUIET);
      assertEquals(await child.exited(background), { kind: "exited", code });
    }
  },

  "spawn() tells the signal that killed": async (fixture) => {
    const { programs } = fixture;
    for (const signal of [SIGTERM, SIGKILL]) {
      using waiting = await start(fixture, programs.wait());
      await waiting.child.signal(signal);
      assertEquals(await waiting.child.exited(background), { kind: "signaled", signal });
    }
  },

  "spawn() refuses what cannot be executed": async ({ kernel, programs, scratch }) => {
    const { processes, files } = kernel;
    const command = { program: `${scratch}/none`, args: [] };
    await assertRefused(processes.spawn(command, QUIET), "ENOENT");
    await assertRefused(processes.spawn({ ...command, program: "slipway-none" }, QUIET), "ENOENT");
    await files.writeFile(`${scratch}/file`, "no program");
    const file = { program: `${scratch}/file`, args: [] };
    await assertRefused(processes.spawn(file, QUIET), "EACCES");
    const nowhere = { ...programs.exit(0), cwd: `${scratch}/none` };
    await assertRefused(processes.spawn(nowhere, QUIET), "ENOENT");
  },

  "spawn() keeps what was printed, apart": async ({ kernel: { processes }, programs }) => {
    const command = programs.print("out\n", "err\n");
    using child = await processes.spawn(command, { outputBytesMax: 1_000 });
    await child.exited(background);
    await child.outputEnded(background);
    const { stdout, stderr, isTruncated } = child.output();
    assertEquals([textOf(stdout), textOf(stderr), isTruncated], ["out\n", "err\n", false]);
  },

  "spawn() keeps no more than asked, and reads the rest": async (fixture) => {
    const { kernel: { processes }, programs } = fixture;
    // More than a pipe holds: a program that nobody reads from would not end.
    const flood = "x".repeat(100_000);
    using child = await processes.spawn(programs.print(flood, "err"), { outputBytesMax: 10 });
    assertEquals(await child.exited(background), { kind: "exited", code: 0 });
    await child.outputEnded(background);
    const { stdout, stderr, isTruncated } = child.output();
    assertEquals([textOf(stdout), textOf(stderr), isTruncated], ["x".repeat(10), "err", true]);
  },

  "spawn() cuts nothing that fits exactly": async ({ kernel: { processes }, programs }) => {
    using child = await processes.spawn(programs.print("12345", ""), { outputBytesMax: 5 });
    await child.outputEnded(background);
    const { stdout, isTruncated } = child.output();
    assertEquals([textOf(stdout), isTruncated], ["12345", false]);
  },

  "spawn() keeps no output when none is wanted": async ({ kernel: { processes }, programs }) => {
    using child = await processes.spawn(programs.print("out", "err"), QUIET);
    assertEquals(await child.exited(background), { kind: "exited", code: 0 });
    await child.outputEnded(background);
    assertEquals(child.output().stdout.length, 0);
  },

  "spawn() passes standard input and its end": async (fixture) => {
    for (const input of ["", "hello\n", "x".repeat(200_000)]) {
      assertEquals(await echo(fixture, input), input);
    }
    assertEquals(await echo(fixture, undefined), "");
  },

  "spawn() does not mind input that nobody reads": async ({ kernel: { processes }, programs }) => {
    const options = { outputBytesMax: 0, stdin: "x".repeat(1_000_000) };
    using child = await processes.spawn(programs.exit(3), options);
    assertEquals(await child.exited(background), { kind: "exited", code: 3 });
  },

  "spawn() of many at once mixes nothing up": async (fixture) => {
    const words = Array.from({ length: 40 }, (_, index) => `word ${index}`);
    assertEquals(await Promise.all(words.map((word) => echo(fixture, word))), words);
  },

  "run() gives status and output": async ({ kernel, programs }) => {
    const options = { context: background, timeoutMs: 60_000 };
    const result = await run(kernel, programs.print("out", "err"), options);
    assertEquals(result, { status: { kind: "exited", code: 0 }, stdout: "out", stderr: "err" });
  },

  "exited() can be awaited twice, also after the end": async ({ kernel, programs }) => {
    using child = await kernel.processes.spawn(programs.exit(7), QUIET);
    const both = await Promise.all([child.exited(background), child.exited(background)]);
    assertEquals(both, Array(2).fill({ kind: "exited", code: 7 }));
    assertEquals(await child.exited(background), { kind: "exited", code: 7 });
  },

  "exited() does not wait for a descendant that holds the output": async (fixture) => {
    const { kernel: { processes }, programs } = fixture;
    using parent = await start(fixture, programs.fork(), 1_000);
    assertEquals(await parent.child.exited(background), { kind: "exited", code: 0 });
    await assertCancellable((context) => parent.child.outputEnded(context));
    using descendant = await processes.open(Number(parent.line));
    await descendant.signal(SIGKILL);
    await parent.child.outputEnded(background);
  },

  "every wait for a child can be cancelled": async ({ kernel: { processes }, programs }) => {
    const options = { outputBytesMax: 10, childReads: [3], childWrites: [4] };
    using child = await processes.spawn(programs.relay(), options);
    await assertCancellable((context) => child.exited(context));
    await assertCancellable((context) => child.outputEnded(context));
    await assertCancellable((context) => child.readPipeLine(4, context));
    await child.writePipe(3, "still there\n");
    assertEquals(await child.readPipeLine(4, background), "still there\n");
    assertEquals(await child.exited(background), { kind: "exited", code: 0 });
  },

  "readPipeLine() is empty at the end": async ({ kernel: { processes }, programs }) => {
    const options = { outputBytesMax: 0, childReads: [3], childWrites: [4] };
    using child = await processes.spawn(programs.relay(), options);
    await child.writePipe(3, "one\n");
    assertEquals(await child.readPipeLine(4, background), "one\n");
    assertEquals(await child.readPipeLine(4, background), "");
    assertEquals(await child.readPipeLine(4, background), "");
  },

  "sendPipe() sends what comes before what writePipe() does": async (fixture) => {
    const { kernel: { processes }, programs } = fixture;
    const options = { outputBytesMax: 0, childReads: [3], childWrites: [4] };
    using child = await processes.spawn(programs.relay(), options);
    await child.sendPipe(3, "one");
    await child.writePipe(3, " two\n");
    assertEquals(await child.readPipeLine(4, background), "one two\n");
  },

  "writePipe() and sendPipe() refuse when the program is gone": async (
    { kernel: { processes }, programs },
  ) => {
    using child = await processes.spawn(programs.exit(0), { outputBytesMax: 0, childReads: [3] });
    await child.exited(background);
    await assertRefused(child.sendPipe(3, "late\n"), "EPIPE");
    await assertRefused(child.writePipe(3, "late\n"), "EPIPE");
  },

  "streams pass on what is read and written, and both ends": async (fixture) => {
    using child = await fixture.kernel.processes.spawn(fixture.programs.echo(), STREAMED);
    const { stdin, stdout, stderr } = child.streams!;
    await stdin.write(bytesOf("first\n"), background);
    assertEquals(textOf(await stdout.read(background) ?? NOTHING), "first\n");
    stdin.end();
    stdin.end();
    assertEquals(await stdout.read(background), undefined);
    assertEquals(await stdout.read(background), undefined);
    assertEquals(await stderr.read(background), undefined);
    assertEquals(await child.exited(background), { kind: "exited", code: 0 });
    assertEquals(child.output().stdout.length, 0);
  },

  "streams carry more than any pipe holds, as fast as both sides go": async (fixture) => {
    using child = await fixture.kernel.processes.spawn(fixture.programs.echo(), STREAMED);
    const { stdin, stdout } = child.streams!;
    const sent = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
    const writing = stdin.write(sent, background).then(() => stdin.end());
    const received: number[] = [];
    for (let part; (part = await stdout.read(background)) !== undefined;) received.push(...part);
    await writing;
    assertEquals(Uint8Array.from(received), sent);
  },

  "a write to a stream that nobody reads is refused": async (
    { kernel: { processes }, programs },
  ) => {
    using child = await processes.spawn(programs.exit(0), STREAMED);
    await child.exited(background);
    await assertRefused(child.streams!.stdin.write(bytesOf("late"), background), "EPIPE");
  },

  "every wait for a stream can be cancelled": async ({ kernel: { processes }, programs }) => {
    using child = await processes.spawn(programs.wait(), { ...STREAMED, childWrites: [3] });
    const { stdin, stdout } = child.streams!;
    await assertCancellable((context) => stdout.read(context));
    const tooMuch = new Uint8Array(1_000_000);
    await assertCancellable((context) => stdin.write(tooMuch, context));
    await child.signal(SIGKILL);
    await child.exited(background);
  },

  "signal() refuses a child that was reaped": async ({ kernel: { processes }, programs }) => {
    using child = await processes.spawn(programs.exit(0), QUIET);
    await child.exited(background);
    await assertRefused(child.signal(SIGTERM), "ESRCH");
  },

  "signal() that is ignored leaves the program alive": async (fixture) => {
    using stubborn = await start(fixture, fixture.programs.ignoreTerm());
    await stubborn.child.signal(SIGTERM);
    await stubborn.child.signal(0);
    await stubborn.child.signal(SIGKILL);
    const status = await stubborn.child.exited(background);
    assertEquals(status, { kind: "signaled", signal: SIGKILL });
  },

  "dispose leaves the program alone": async (fixture) => {
    const { kernel: { processes }, programs } = fixture;
    const waiting = await start(fixture, programs.wait());
    const { identity } = waiting.child;
    waiting[Symbol.dispose]();
    using handle = await processes.open(identity);
    await handle.signal(SIGKILL);
    await handle.exited(background);
  },

  "open() finds a process by pid and by identity": async (fixture) => {
    const { kernel: { processes }, programs } = fixture;
    using waiting = await start(fixture, programs.wait());
    const { identity } = waiting.child;
    using byPid = await processes.open(identity.pid);
    using byIdentity = await processes.open(identity);
    assertEquals(byPid.identity, identity);
    assertEquals(byIdentity.identity, identity);
  },

  "open() refuses a process that is gone": async ({ kernel: { processes }, programs }) => {
    using child = await processes.spawn(programs.exit(0), QUIET);
    await child.exited(background);
    await assertRefused(processes.open(child.identity), "ESRCH");
    for (const pid of [0, -1, 2 ** 30]) await assertRefused(processes.open(pid), "ESRCH");
  },

  "open() refuses another process with the same pid": async (fixture) => {
    const { kernel: { processes }, programs } = fixture;
    using waiting = await start(fixture, programs.wait());
    const { pid, startTime } = waiting.child.identity;
    for (const other of [startTime - 1, startTime + 1]) {
      await assertRefused(processes.open({ pid, startTime: other }), "ESRCH");
    }
  },

  "who has ended is there no more, reaped or not": async (fixture) => {
    const { kernel: { processes }, programs } = fixture;
    using parent = await start(fixture, programs.neglect());
    const pid = Number(parent.line);
    const row = async () => (await processes.list()).find((it) => it.pid === pid);
    assertEquals((await row())?.parentPid, parent.child.identity.pid);
    using zombie = await processes.open(pid);
    await zombie.signal(SIGKILL);
    await zombie.exited(background);
    assertEquals(await row(), undefined);
    await assertRefused(zombie.signal(SIGTERM), "ESRCH");
    await assertRefused(processes.open(pid), "ESRCH");
    await assertRefused(processes.open(zombie.identity), "ESRCH");
    await zombie.exited(background);
  },

  "a handle outlives the process, and hits no other": async (fixture) => {
    const { kernel: { processes }, programs } = fixture;
    using waiting = await start(fixture, programs.wait());
    using handle = await processes.open(waiting.child.identity);
    const waits = Promise.all([handle.exited(background), handle.exited(background)]);
    await handle.signal(SIGKILL);
    await waits;
    await waiting.child.exited(background);
    await handle.exited(background);
    await assertRefused(handle.signal(SIGTERM), "ESRCH");
  },

  "a wait for a handle can be cancelled": async (fixture) => {
    const { kernel: { processes }, programs } = fixture;
    using waiting = await start(fixture, programs.wait());
    using handle = await processes.open(waiting.child.identity);
    const kept = handle.exited(background);
    await assertCancellable((context) => handle.exited(context));
    await handle.signal(SIGKILL);
    await kept;
  },

  "environment() is what a program was executed with, and nothing once it has ended": async (
    { kernel: { processes }, programs },
  ) => {
    const program = programs.neglect();
    const command = { ...program, env: { ...program.env, NAME: "a=b c", EMPTY: "" } };
    using child = await processes.spawn(command, { outputBytesMax: 0, childWrites: [3] });
    await child.readPipeLine(3, background);
    const { NAME, EMPTY } = await processes.environment(child.identity);
    assertEquals([NAME, EMPTY], ["a=b c", ""]);
    const { pid, startTime } = child.identity;
    assertEquals(await processes.environment({ pid, startTime: startTime + 1 }), {});
    await child.signal(SIGKILL);
    await child.exited(background);
    assertEquals(await processes.environment(child.identity), {});
  },

  "list() is in order of pid and holds what runs": async (fixture) => {
    const { kernel: { processes }, programs } = fixture;
    using waiting = await start(fixture, programs.neglect());
    const rows = await processes.list();
    const pids = rows.map(({ pid }) => pid);
    assertEquals(pids, pids.toSorted((a, b) => a - b));
    const row = rows.find(({ pid }) => pid === waiting.child.identity.pid);
    assertEquals(row?.startTime, waiting.child.identity.startTime);
  },

  "list() has the arguments of what spawn() has just started": async (fixture) => {
    const { kernel: { processes }, programs } = fixture;
    const command = programs.relay();
    const options = { outputBytesMax: 0, childReads: [3], childWrites: [4] };
    for (let round = 0; round < 10; round++) {
      using child = await processes.spawn(command, options);
      const row = (await processes.list()).find(({ pid }) => pid === child.identity.pid);
      assertEquals(row?.args.slice(1), command.args);
      await child.signal(SIGKILL);
      await child.exited(background);
    }
  },
};

async function echo(fixture: ContractFixture, stdin: string | undefined): Promise<string> {
  const { kernel: { processes }, programs } = fixture;
  const options = { outputBytesMax: 1_000_000, ...(stdin === undefined ? {} : { stdin }) };
  using child = await processes.spawn(programs.echo(), options);
  assertEquals(await child.exited(background), { kind: "exited", code: 0 });
  await child.outputEnded(background);
  return textOf(child.output().stdout);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
