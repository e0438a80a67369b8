import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { clearImmediate, setImmediate } from "node:timers";
import { fromFileUrl } from "@std/path";
import { execa } from "execa";
import { findHierarchies, parsePids } from "../../real/cgroup_files.ts";
import { ownProcsFile, wakeMoveLock } from "../../real/cgroup_lock.ts";
import { killMembers } from "../../real/cgroups.ts";
import { startChild } from "../../real/child.ts";
import { Executions } from "../../real/executions.ts";
import { linuxKernel } from "../../real/kernel.ts";
import { mountTable } from "../../real/mountinfo.ts";
import { openProcess } from "../../real/pidfd.ts";
import { Poller } from "../../real/poller.ts";
import { processTable } from "../../real/proc.ts";
import { ProcessMemory } from "../../real/process_memory.ts";
import { lookUp } from "../../real/resolve.ts";
import { SqliteStore } from "../../real/store.ts";
import { Turn } from "../../real/turn.ts";
import { KernelError } from "../../src/kernel/errno.ts";
import { type ChildProcess, SIGKILL, type SpawnOptions } from "../../src/kernel/processes.ts";
import type { Change } from "../../src/kernel/store.ts";
import { runChecked } from "../../src/kernel/run.ts";
import { assertRefused, background, type PromiseBody, start } from "./fixture.ts";
import { linuxTest, runOnLinux } from "./linux_fixture.ts";

/** Longer than any helper of these tests takes. */
const TIMEOUT_MS = 60_000;
const RUN = { context: background, timeoutMs: TIMEOUT_MS };
const SIGRTMIN = 34;
const SIGSEGV = 11;
const SIGSTOP = 19;
/** Its end, by a signal or after some seconds, is the end of what it serves (man 4 fuse). */
const DEAF_SERVER = `
  exec 9<>/dev/fuse
  mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 deaf "$1"
  echo mounted >&3
  exec 3>&- sleep 10
`;
/** More than /proc/sys/fs/inotify/max_queued_events has ever been by default. */
const EVENTS_QUEUED_MAX = 16_384;
/**
 * More levels than a removal can go down that calls itself, on 2 MB of stack, also below a name that is no
 * text; and few, with a path that is longer than any that Linux takes (PATH_MAX).
 */
const DEEP_TREES = [
  ["20,000 levels", 20_000, "in", false],
  ["20,000 levels below a name that is no UTF-8", 20_000, "in", true],
  ["long names", 40, "n".repeat(255), false],
] as const;
const HIDE =
  'name=$(printf "\\377") && mkdir "$name" && mv tree "$name" && mkdir tree && mv "$name" tree';

function realTest(name: string, body: PromiseBody): void {
  linuxTest(`linuxKernel: ${name}`, () => runOnLinux(body));
}

realTest("a program inherits no file and no variable", async ({ kernel }) => {
  const env = { ONE: "1", PATH: "/bin:/usr/bin" };
  const printed = await runChecked(kernel, { program: "env", args: [], env }, RUN);
  assertEquals(printed.trim().split("\n").toSorted(), ["ONE=1", "PATH=/bin:/usr/bin"]);
  using _open = await Deno.open("/dev/null");
  const listed = await runChecked(kernel, { program: "ls", args: ["/proc/self/fd"] }, RUN);
  // The last is the listed directory itself.
  assertEquals(listed.trim().split("\n"), ["0", "1", "2", "3"]);
});

realTest("a program ignores and blocks no signal", async ({ kernel }) => {
  // As this process does: SIGPIPE, at least.
  const own = /^SigIgn:\t(\w+)$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
  assert(BigInt(`0x${own}`) !== 0n);
  const args = ["/proc/self/status"];
  const status = await runChecked(kernel, { program: "cat", args }, RUN);
  const signals = [...status.matchAll(/^(SigBlk|SigIgn|SigCgt):\t(\w+)$/gm)]
    .map(([, name, mask]) => [name, BigInt(`0x${mask}`)]);
  assertEquals(signals, [["SigBlk", 0n], ["SigIgn", 0n], ["SigCgt", 0n]]);
});

realTest("a detached program leads a session of its own", async ({ kernel }) => {
  const session = async (detached: boolean) => {
    const options = { outputBytesMax: 1_000, detached };
    const command = { program: "cat", args: ["/proc/self/stat"] };
    using child = await kernel.processes.spawn(command, options);
    await child.exited(background);
    await child.outputEnded(background);
    const line = new TextDecoder().decode(child.output().stdout);
    const [, , , sessionId] = line.slice(line.lastIndexOf(")") + 2).split(" ");
    return Number(sessionId) === child.identity.pid;
  };
  assertEquals([await session(true), await session(false)], [true, false]);
});

realTest("a program runs where it is told", async ({ kernel, scratch }) => {
  const command = { program: "pwd", args: [], cwd: scratch };
  assertEquals((await runChecked(kernel, command, RUN)).trim(), scratch);
});

realTest("the machine is what uname says", async ({ kernel: { machine } }) => {
  const { stdout } = await execa("uname", ["-m", "-r"]);
  // It prints the release before the machine, in whatever order they are asked for.
  assertEquals(`${machine.kernelRelease} ${machine.architecture}`, stdout);
});

linuxTest(
  "startChild() leaves its place among those that start with its end, or when it is disposed",
  async () => {
    using poller = new Poller();
    const left: string[] = [];
    const startSleep = (name: string, args: readonly string[]) => {
      const command = { program: "sleep", file: "/bin/sleep", args, env: {} };
      return startChild(command, { outputBytesMax: 0 }, poller, placeIn(left, name));
    };
    using ends = await startSleep("ends", ["0"]);
    const stays = await startSleep("stays", ["1000"]);
    await ends.exited(background);
    assertEquals(left, ["ends"]);
    stays[Symbol.dispose]();
    assertEquals(left, ["ends", "stays"]);
    using handle = openProcess(stays.identity, poller);
    await handle.signal(SIGKILL);
    await stays.exited(background);
  },
);

linuxTest("startChild() leaves it as well when a streamed program says something", async () => {
  using poller = new Poller();
  const left: string[] = [];
  const command = {
    program: "sh",
    file: "/bin/sh",
    args: ["-c", "read it; echo $it >&2; read it"],
  };
  const options = { outputBytesMax: 0, isStreamed: true };
  using child = await startChild({ ...command, env: {} }, options, poller, placeIn(left, "it"));
  const streams = child.streams;
  assert(streams !== undefined);
  await streams.stdin.write(new TextEncoder().encode("up\n"), background);
  assertEquals(left, []);
  await streams.stderr.read(background);
  assertEquals(left, ["it"]);
  streams.stdin.end();
  await child.exited(background);
});

/** A place among those that start, whose name is put down when it is left. */
function placeIn(left: string[], name: string): Disposable {
  return {
    [Symbol.dispose]() {
      if (!left.includes(name)) left.push(name);
    },
  };
}

realTest("a write to who has never accepted the connection is refused as any", async (fixture) => {
  const { kernel: { files }, programs, scratch } = fixture;
  using peer = await start(fixture, programs.converse(`${scratch}/socket`));
  await peer.child.signal(SIGSTOP);
  const { pid } = peer.child.identity;
  while (!Deno.readTextFileSync(`/proc/${pid}/stat`).includes(") T ")) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  using socket = await files.connect(`${scratch}/socket`);
  await peer.child.signal(SIGKILL);
  await peer.child.exited(background);
  await assertRefused(socket.write(new TextEncoder().encode("late"), background), "EPIPE");
});

realTest("every signal that kills is told, real-time ones too", async (fixture) => {
  for (const signal of [SIGSEGV, SIGRTMIN, SIGRTMIN + 30]) {
    using waiting = await start(fixture, fixture.programs.wait());
    await waiting.child.signal(signal);
    assertEquals(await waiting.child.exited(background), { kind: "signaled", signal });
  }
});

realTest("pin() sets the hostname inside and nowhere else", async ({ kernel, scratch }) => {
  const before = Deno.hostname();
  const hostname = `it's "$(id)" \\n %s`;
  await kernel.namespaces.pin({ uts: `${scratch}/uts` }, hostname);
  const command = { program: "nsenter", args: [`--uts=${scratch}/uts`, "hostname"] };
  assertEquals((await runChecked(kernel, command, RUN)).trim(), hostname);
  assertEquals(Deno.hostname(), before);
});

realTest("pin() sets parameters inside and nowhere else", async ({ kernel, scratch }) => {
  const path = "net/core/somaxconn";
  const before = Deno.readTextFileSync(`/proc/sys/${path}`);
  await kernel.namespaces.pin({ net: `${scratch}/net` }, "", { [path]: "777" });
  const command = {
    program: "nsenter",
    args: [`--net=${scratch}/net`, "cat", `/proc/sys/${path}`],
  };
  assertEquals((await runChecked(kernel, command, RUN)).trim(), "777");
  assertEquals(Deno.readTextFileSync(`/proc/sys/${path}`), before);
});

realTest("pinOf() binds the namespace that the process is in", async (fixture) => {
  const { kernel, scratch, programs } = fixture;
  await kernel.namespaces.pin({ net: `${scratch}/net` }, "");
  const { program, args, env } = programs.wait();
  const inside = {
    program: "nsenter",
    args: [`--net=${scratch}/net`, program, ...args],
    env: env!,
  };
  using waiting = await start(fixture, inside);
  await kernel.namespaces.pinOf(waiting.child.identity, "net", `${scratch}/again`);
  const [one, other] = await Promise.all(
    ["net", "again"].map((name) => kernel.files.stat(`${scratch}/${name}`)),
  );
  assertEquals(other?.inode, one?.inode);
});

realTest("what cannot be looked at is not taken for gone", async (fixture) => {
  const { kernel: { cgroups, processes }, cgroup, programs } = fixture;
  await cgroups.create(cgroup);
  using inside = await start(fixture, programs.enter(cgroup));
  const { identity } = inside.child;
  const { readTextFileSync } = Deno;
  const [before] = await cgroups.processes(cgroup);
  assertEquals(before, identity.pid);
  Deno.readTextFileSync = (path) => {
    if (!/^\/proc\/\d+\//.test(String(path))) return readTextFileSync(path);
    throw new Error(`Too many open files (os error 24): readfile '${path}'`);
  };
  try {
    await assertRefused(processes.open(identity), "EMFILE");
    await assertRefused(processes.list(), "EMFILE");
    await assertRefused(cgroups.processes(cgroup), "EMFILE");
    const open = openFiles();
    await assertRefused(processes.spawn(programs.exit(0), { outputBytesMax: 0 }), "EMFILE");
    assertEquals(openFiles(), open);
  } finally {
    Deno.readTextFileSync = readTextFileSync;
  }
});

realTest("processes are listed in turns", async ({ kernel: { processes } }) => {
  let turns = 0;
  const count = () => void (turns++, timer = setImmediate(count));
  let timer = setImmediate(count);
  const table = await processTable(new ProcessMemory(), new Executions());
  clearImmediate(timer);
  // Four at a time; the first are read before any turn is counted.
  const turnsMin = Math.ceil(table.length / 4) - 1;
  assert(turns >= turnsMin, `${turns} turns for ${table.length} processes`);
  const own = (await processes.list()).find(({ pid }) => pid === Deno.pid);
  assertEquals(table.find(({ pid }) => pid === Deno.pid), own);
});

realTest("killing many processes of a group takes few looks at it", async (fixture) => {
  const { kernel: { processes }, scratch } = fixture;
  // A group by its looks, so that nothing else kills them.
  const MEMBERS = 300;
  const script =
    'i=0; while [ $i -lt "$1" ]; do sleep 1000 & echo $!; i=$((i+1)); done > cgroup.procs';
  const command = { program: "sh", args: ["-c", script, "sh", `${MEMBERS}`], cwd: scratch };
  await runChecked(fixture.kernel, command, RUN);
  const pids = parsePids(Deno.readTextFileSync(`${scratch}/cgroup.procs`));
  assertEquals(pids.length, MEMBERS);
  const handles = await Promise.all(pids.map((pid) => processes.open(pid)));
  let looks = 0;
  const { readTextFileSync } = Deno;
  Deno.readTextFileSync = (path) => {
    looks++;
    return readTextFileSync(path);
  };
  try {
    await killMembers(scratch, new Turn());
  } finally {
    Deno.readTextFileSync = readTextFileSync;
  }
  assertEquals(looks, 3);
  await Promise.all(handles.map((handle) => handle.exited(background)));
  for (const handle of handles) handle[Symbol.dispose]();
});

realTest("the lock of moves is woken without a move", async () => {
  const before = Deno.readTextFileSync("/proc/self/cgroup");
  const read = (file: string) => {
    try {
      return Deno.readTextFileSync(file);
    } catch {
      return undefined;
    }
  };
  const hierarchies = findHierarchies(mountTable(), read);
  const procs = ownProcsFile(hierarchies, before);
  assert(procs !== undefined && Deno.readTextFileSync(procs).split("\n").includes(`${Deno.pid}`));
  await wakeMoveLock(hierarchies);
  assertEquals(Deno.readTextFileSync("/proc/self/cgroup"), before);
});

realTest("watch() says so when it lost events", async ({ kernel: { files }, scratch }) => {
  for (const name of ["a", "b"]) await files.writeFile(`${scratch}/${name}`, "1");
  using watch = await files.watch(scratch, "changes");
  // In turns, since the queue takes the same event twice in a row for one.
  for (let event = 0; event <= EVENTS_QUEUED_MAX; event++) {
    Deno.chmodSync(`${scratch}/${event % 2 === 0 ? "a" : "b"}`, 0o600);
  }
  let reported = await watch.next(background);
  while (reported.length > 0) reported = await watch.next(background);
});

for (const [what, levels, name, isHidden] of DEEP_TREES) {
  realTest(`remove() takes a tree of ${what}`, async ({ kernel, scratch }) => {
    const { files, mounts } = kernel;
    const place = `${scratch}/memory`;
    await files.mkdir(place);
    await mounts.mount("tmpfs", place, { type: "tmpfs", options: ["mode=700"] });
    // From the innermost folder out, so that every path stays short.
    Deno.mkdirSync(`${place}/tree`);
    for (let level = 1; level < levels; level++) {
      Deno.mkdirSync(`${place}/around`);
      Deno.renameSync(`${place}/tree`, `${place}/around/${name}`);
      Deno.renameSync(`${place}/around`, `${place}/tree`);
    }
    if (isHidden) await runChecked(kernel, { program: "sh", args: ["-c", HIDE], cwd: place }, RUN);
    await files.remove(`${place}/tree`);
    assertEquals(await files.list(place), []);
  });
}

realTest("remove() reads no large folder", async ({ kernel: { files, mounts }, scratch }) => {
  const tree = `${scratch}/memory/tree`;
  await files.mkdir(`${scratch}/memory`);
  await mounts.mount("tmpfs", `${scratch}/memory`, { type: "tmpfs", options: ["mode=700"] });
  await files.mkdir(`${tree}/large`);
  for (let index = 0; index < 2_000; index++) Deno.writeTextFileSync(`${tree}/large/${index}`, "");
  const read: unknown[] = [];
  const { readDirSync } = Deno;
  Deno.readDirSync = (path) => {
    read.push(path);
    return readDirSync(path);
  };
  try {
    await files.remove(tree);
  } finally {
    Deno.readDirSync = readDirSync;
  }
  assertEquals(read, [tree]);
  assertEquals(await files.list(`${scratch}/memory`), []);
});

realTest(
  "remove() of a large tree says why not",
  async ({ kernel: { files, mounts }, scratch }) => {
    const place = `${scratch}/memory`;
    await files.mkdir(place);
    await mounts.mount("tmpfs", place, { type: "tmpfs", options: ["mode=700"] });
    // What the name of a file says is no reason.
    await files.mkdir(`${place}/tree/No such file or directory`);
    for (let index = 0; index < 100; index++) await files.writeFile(`${place}/tree/${index}`, "");
    await mounts.mount("tmpfs", place, { type: "tmpfs", options: ["remount", "ro"] });
    await assertRefused(files.remove(`${place}/tree`), "EROFS");
    assertEquals((await files.list(`${place}/tree`)).length, 101);
  },
);

realTest("a path that hangs keeps nobody else waiting", async ({ kernel, scratch }) => {
  const { files, processes } = kernel;
  const place = `${scratch}/hangs`;
  await files.mkdir(place);
  // A file system whose server reads no request, as one of the network that is gone; not for ever, lest a test hang.
  const command = { program: "sh", args: ["-c", DEAF_SERVER, "sh", place] };
  using child = await processes.spawn(command, { outputBytesMax: 0, childWrites: [3] });
  assertEquals(await child.readPipeLine(3, background), "mounted\n");
  const resolved = files.resolveInRoot("/", `${place}/folder`).catch((error) => error);
  assertEquals(await files.list(scratch), ["hangs"]);
  const server = (await processes.list()).find(({ pid }) => pid === child.identity.pid);
  assert(server !== undefined, "the path still hangs");
  await child.signal(SIGKILL);
  await child.exited(background);
  assertInstanceOf(await resolved, KernelError);
});

realTest("a process that has locked its memory keeps nobody who looks for others", async (it) => {
  const { kernel: { processes, files }, scratch } = it;
  const place = `${scratch}/hangs`;
  await files.mkdir(place);
  const script = fromFileUrl(new URL("./locked_memory_script.ts", import.meta.url));
  const start = (role: string, options: SpawnOptions) => {
    const args = ["-c", 'exec "$0" run -A "$@" >&3 3>&-', Deno.execPath(), script, role, place];
    return processes.spawn({ program: "sh", args, env: Deno.env.toObject() }, options);
  };
  using server = await start("serve", { outputBytesMax: 0, childWrites: [3] });
  assertEquals(await server.readPipeLine(3, background), "mounted\n");
  using locked = await start("lock", { outputBytesMax: 0, childWrites: [3] });
  assertEquals(await server.readPipeLine(3, background), "locked\n");
  const argsOf = async ({ identity }: ChildProcess) =>
    (await processes.list()).find(({ pid }) => pid === identity.pid)?.args;
  assertEquals(await argsOf(locked), []);
  assertEquals(await processes.environment(locked.identity), {});
  assertEquals((await argsOf(server))?.at(-1), place, "the server is there, and never answers");
  await server.signal(SIGKILL);
  await locked.signal(SIGKILL);
  await locked.exited(background);
});

realTest("a path that is not in memory leads where it does", async ({ kernel, scratch }) => {
  const { files, processes } = kernel;
  await files.mkdir(`${scratch}/folder`);
  await files.writeFile(`${scratch}/folder/a\nb `, "");
  await files.symlink("folder", `${scratch}/link`);
  await files.symlink("loop", `${scratch}/loop`);
  const found = await lookUp(processes, `${scratch}/link/../link/a\nb `);
  assertEquals(found, `${scratch}/folder/a\nb `);
  assertEquals(found, await files.resolveInRoot("/", `${scratch}/link/../link/a\nb `));
  for (
    const [name, errno] of [["none", "ENOENT"], [`link/a\nb /c`, "ENOTDIR"], ["loop", "ELOOP"]]
  ) {
    await assertRefused(lookUp(processes, `${scratch}/${name}`), errno!);
    await assertRefused(files.resolveInRoot("/", `${scratch}/${name}`), errno!);
  }
});

realTest("mount() takes more layers than fit into a page", async ({ kernel, scratch }) => {
  const { files, mounts } = kernel;
  const layers = Array.from({ length: 100 }, (_, index) => `${scratch}/${index}`.padEnd(120, "x"));
  for (const layer of layers) await files.mkdir(layer);
  await files.writeFile(`${layers.at(-1)}/bottom`, "1");
  for (const name of ["upper", "work", "merged"]) await files.mkdir(`${scratch}/${name}`);
  const options = [
    "nosuid",
    `lowerdir=${layers.join(":")}`,
    `upperdir=${scratch}/upper`,
    `workdir=${scratch}/work`,
  ];
  await mounts.mount("overlay", `${scratch}/merged`, { type: "overlay", options });
  assertEquals(await files.list(`${scratch}/merged`), ["bottom"]);
  await files.writeFile(`${scratch}/merged/new`, "1");
  assertEquals(await files.list(`${scratch}/upper`), ["new"]);
});

realTest("the node of a block device is told from a character device's", async (fixture) => {
  const { kernel: { files }, scratch } = fixture;
  await execa("mknod", [`${scratch}/node`, "b", "259", "1048575"]);
  const stat = await files.stat(`${scratch}/node`);
  assertEquals(stat?.kind, "device");
  assertEquals(stat?.node, { type: "b", major: 259, minor: 1_048_575 });
});

realTest("nothing that is disposed holds a descriptor", async (fixture) => {
  const { kernel: { files, processes }, scratch, programs } = fixture;
  await fixture.makeFifo(`${scratch}/fifo`);
  const use = async () => {
    using waiting = await start(fixture, programs.wait(), 100);
    using handle = await processes.open(waiting.child.identity);
    using _reader = await files.openFifo(`${scratch}/fifo`);
    using _watch = await files.watch(scratch, "changes");
    await handle.signal(SIGKILL);
    await waiting.child.exited(background);
    await waiting.child.outputEnded(background);
  };
  await use();
  const before = openFiles();
  for (let round = 0; round < 5; round++) await use();
  assertEquals(openFiles(), before);
});

realTest("a disposed wait ends", async (fixture) => {
  const { kernel: { files, processes }, scratch, programs } = fixture;
  await fixture.makeFifo(`${scratch}/fifo`);
  using waiting = await start(fixture, programs.wait());
  const handle = await processes.open(waiting.child.identity);
  const reader = await files.openFifo(`${scratch}/fifo`);
  const watch = await files.watch(scratch, "changes");
  const waits = [handle.exited(background), reader.read(background), watch.next(background)]
    .map((wait) => assertRefused(wait, "EBADF"));
  for (const it of [handle, reader, watch]) it[Symbol.dispose]();
  await Promise.all(waits);
});

realTest("the state is private, in use, and nobody else's", async ({ kernel, scratch }) => {
  const stateFile = `${scratch}/state.sqlite`;
  const first = linuxKernel({ stateFile });
  try {
    await first.store.commit([{ kind: "put", record: { table: "a", id: "1", value: "" } }]);
    for (const name of await kernel.files.list(scratch)) {
      assertEquals((await kernel.files.stat(`${scratch}/${name}`))?.mode, 0o600, name);
    }
    assertOpenRefused(stateFile, "EBUSY");
  } finally {
    first[Symbol.dispose]();
  }
  linuxKernel({ stateFile })[Symbol.dispose]();
  assertOpenRefused(`${scratch}/none/state.sqlite`, "ENOENT");
  await kernel.files.writeFile(`${scratch}/text`, "no database\n".repeat(1_000));
  assertOpenRefused(`${scratch}/text`, "EINVAL");
  const foreign = new DatabaseSync(`${scratch}/foreign`);
  foreign.exec("CREATE TABLE cats (name TEXT)");
  foreign.close();
  assertStringIncludes(assertOpenRefused(`${scratch}/foreign`, "EINVAL"), "another program's");
});

realTest("a commit whose sync failed is refused, and does not take the next along", async (it) => {
  const stateFile = `${it.scratch}/state.sqlite`;
  const syncs = [() => Promise.reject(new Error("Input/output error (os error 5)"))];
  using store = new SqliteStore(stateFile, (log) => syncs.pop()?.() ?? log.syncData());
  const change = (id: string): Change => ({ kind: "put", record: { table: "a", id, value: "" } });
  await assertRefused(store.commit([change("doubtful")]), "EIO");
  await store.commit([change("next")]);
  // Without the log: what it held when its sync failed is in the database by now.
  await Deno.copyFile(stateFile, `${it.scratch}/copy.sqlite`);
  using copy = new SqliteStore(`${it.scratch}/copy.sqlite`);
  assertEquals((await copy.load()).map(({ id }) => id), ["doubtful"]);
  assertEquals((await store.load()).map(({ id }) => id), ["doubtful", "next"]);
});

realTest("a sync that failed is refused, and the next one proves something", async (it) => {
  const stateFile = `${it.scratch}/state.sqlite`;
  const syncs = [() => Promise.reject(new Error("Input/output error (os error 5)"))];
  using store = new SqliteStore(stateFile, (log) => syncs.pop()?.() ?? log.syncData());
  const record = { table: "a", id: "doubtful", value: "" };
  await store.commit([{ kind: "put", record }], "daemon");
  await assertRefused(store.sync(), "EIO");
  await store.sync();
  // Without the log: what it held when its sync failed is in the database by now.
  await Deno.copyFile(stateFile, `${it.scratch}/copy.sqlite`);
  using copy = new SqliteStore(`${it.scratch}/copy.sqlite`);
  assertEquals((await copy.load()).map(({ id }) => id), ["doubtful"]);
});

realTest("the state that was damaged is refused", async ({ kernel: { files }, scratch }) => {
  const stateFile = `${scratch}/state.sqlite`;
  {
    using kernel = linuxKernel({ stateFile });
    const ids = Array.from({ length: 200 }, (_, index) => `${index}`);
    const value = "x".repeat(200);
    await kernel.store.commit(
      ids.map((id) => ({ kind: "put", record: { table: "a", id, value } })),
    );
  }
  const bytes = await files.readFile(stateFile, 10_000_000);
  bytes.fill(0xff, 4_096, 12_288);
  await files.writeFile(stateFile, bytes);
  assertOpenRefused(stateFile, "EINVAL");
});

realTest(
  "commit() on a full disk changes nothing",
  async ({ kernel: { files, mounts }, scratch }) => {
    await files.mkdir(`${scratch}/small`);
    await mounts.mount("tmpfs", `${scratch}/small`, { type: "tmpfs", options: ["size=256k"] });
    using small = linuxKernel({ stateFile: `${scratch}/small/state.sqlite` });
    const old = { table: "a", id: "1", value: "old" };
    await small.store.commit([{ kind: "put", record: old }]);
    const large = { table: "a", id: "2", value: "x".repeat(1_000_000) };
    const changes = [{ ...old, value: "new" }, large].map((record) =>
      ({ kind: "put", record }) as const
    );
    await assertRefused(small.store.commit(changes), "ENOSPC");
    assertEquals(await small.store.load(), [old]);
    await small.store.commit([{ kind: "put", record: { ...old, value: "later" } }]);
    assertEquals((await small.store.load())[0]?.value, "later");
  },
);

for (const end of ["kill", "return"]) {
  realTest(`what a daemon left survives when it ends by ${end}`, async ({ kernel, scratch }) => {
    const stateFile = `${scratch}/state.sqlite`;
    const script = fromFileUrl(new URL("daemon_script.ts", import.meta.url));
    // Ends by itself in spite of the child, or is a failure after the time.
    const daemon = await execa(
      Deno.execPath(),
      ["run", "-A", "--no-check", script, end, stateFile],
      {
        reject: false,
        timeout: TIMEOUT_MS,
      },
    );
    const pid = Number(daemon.stdout.trim());
    assert(pid > 0, daemon.stderr);
    using child = await kernel.processes.open(pid);
    await child.signal(SIGKILL);
    await child.exited(background);
    assertEquals(daemon.signal, end === "kill" ? "SIGKILL" : undefined);
    using next = linuxKernel({ stateFile });
    assertEquals((await next.store.load())[0]?.value, String(pid));
  });
}

function assertOpenRefused(stateFile: string, errno: string): string {
  const error = assertThrows(() => linuxKernel({ stateFile }), KernelError);
  assertEquals(error.errno, errno);
  return error.message;
}

function openFiles(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}
