import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { execa } from "execa";
import { Poller } from "../../real/poller.ts";
import { LinuxProcesses } from "../../real/processes.ts";
import { KernelError, tolerate } from "../../src/kernel/errno.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { type Processes, type ProcessIdentity, SIGKILL } from "../../src/kernel/processes.ts";
import { runChecked } from "../../src/kernel/run.ts";
import { assertRefused, background, type PromiseBody } from "./fixture.ts";
import { linuxTest, runOnLinux } from "./linux_fixture.ts";
import {
  AT_ONCE,
  KINDS,
  namespacesOf,
  namespacesOfProcess,
  pins,
  podIn,
  settingsOf,
  waitingShells,
} from "./spare_fixture.ts";

const TIMEOUT_MS = 60_000;
const SIGSTOP = 19;

function spareTest(name: string, body: PromiseBody): void {
  linuxTest(`SpareNamespaces: ${name}`, () => runOnLinux(body));
}

/** A host that has no process left for anybody once it is full. */
class FillingHost implements Processes {
  readonly #processes: Processes;
  isFull = false;

  constructor(processes: Processes) {
    this.#processes = processes;
  }

  async spawn(...[command, options]: Parameters<Processes["spawn"]>) {
    if (this.isFull) throw new KernelError("spawn", "EAGAIN", command.program);
    return await this.#processes.spawn(command, options);
  }

  async open(...[process]: Parameters<Processes["open"]>) {
    return await this.#processes.open(process);
  }

  async list() {
    return await this.#processes.list();
  }

  async environment(...[process]: Parameters<Processes["environment"]>) {
    return await this.#processes.environment(process);
  }
}

async function hostnameIn(kernel: Kernel, path: string): Promise<string> {
  const command = { program: "nsenter", args: [`--uts=${path}`, "hostname"] };
  return (await runChecked(kernel, command, { context: background, timeoutMs: TIMEOUT_MS })).trim();
}

/** The one shell that waits. */
async function theShell(processes: Processes) {
  const [shell, ...others] = await waitingShells(processes);
  assert(shell !== undefined && others.length === 0, "one shell waits");
  return shell;
}

async function signalTo({ processes }: Kernel, pid: number, signal: number): Promise<void> {
  using process = await processes.open(pid);
  await process.signal(signal);
  if (signal === SIGKILL) await process.exited(background);
}

spareTest("the next pod of the same kinds gets those that are there", async (fixture) => {
  const { kernel, scratch } = fixture;
  using namespaces = namespacesOf(kernel.processes);
  const [first, second] = [podIn(`${scratch}/a`), podIn(`${scratch}/b`)];
  await namespaces.pin(first, "one");
  await namespaces.prepared;
  const spares = namespacesOfProcess((await theShell(kernel.processes)).pid);
  await namespaces.pin(second, "two.example");
  assertEquals(KINDS.map((kind) => Deno.statSync(second[kind]).ino), spares);
  assertEquals(await hostnameIn(kernel, first.uts), "one");
  assertEquals(await hostnameIn(kernel, second.uts), "two.example");
  for (const kind of KINDS) {
    assert(!spares.includes(Deno.statSync(first[kind]).ino), `${kind} is its own`);
    assert(await kernel.namespaces.isPinned(second[kind]), `${kind} is pinned`);
    await namespaces.unpin(second[kind]);
  }
  assertEquals(await kernel.files.list(`${scratch}/b`), []);
});

spareTest("one pod gets them, and not two", async ({ kernel, scratch }) => {
  using namespaces = namespacesOf(kernel.processes);
  const pods = ["a", "b", "c"].map((it) => podIn(`${scratch}/${it}`));
  await namespaces.pin(pods[0]!, "first");
  await namespaces.prepared;
  await Promise.all(pods.slice(1).map((it, index) => namespaces.pin(it, `host-${index}`)));
  const inodes = pods.flatMap((pod) => KINDS.map((kind) => Deno.statSync(pod[kind]).ino));
  assertEquals(new Set(inodes).size, inodes.length);
  assertEquals(await hostnameIn(kernel, pods[1]!.uts), "host-0");
  assertEquals(await hostnameIn(kernel, pods[2]!.uts), "host-1");
});

spareTest("a pod gets them where no process can be started", async ({ kernel, scratch }) => {
  const host = new FillingHost(kernel.processes);
  using namespaces = namespacesOf(host);
  await namespaces.pin(podIn(`${scratch}/a`), "one");
  await namespaces.prepared;
  host.isFull = true;
  const pod = podIn(`${scratch}/b`);
  await namespaces.pin(pod, "two");
  await namespaces.prepared;
  assertEquals(await hostnameIn(kernel, pod.uts), "two");
  // There could be none for the next.
  await assertRefused(namespaces.pin(podIn(`${scratch}/c`), "three"), "EAGAIN");
  host.isFull = false;
  await namespaces.pin(podIn(`${scratch}/d`), "four");
});

spareTest("those that get no hostname are held without a process", async ({ kernel, scratch }) => {
  const host = new FillingHost(kernel.processes);
  using namespaces = namespacesOf(host);
  await namespaces.pin({ ipc: `${scratch}/a` }, "one");
  await namespaces.prepared;
  host.isFull = true;
  for (const shell of await waitingShells(kernel.processes)) {
    using process = await kernel.processes.open(shell);
    await process.exited(background);
  }
  await namespaces.pin({ ipc: `${scratch}/b` }, "two");
  assert(await kernel.namespaces.isPinned(`${scratch}/b`));
  const own = Deno.statSync("/proc/self/ns/ipc").ino;
  assertEquals(
    new Set([own, ...["a", "b"].map((it) => Deno.statSync(`${scratch}/${it}`).ino)]).size,
    3,
  );
});

spareTest("namespaces of other kinds are made anew", async ({ kernel, scratch }) => {
  const { processes } = kernel;
  using namespaces = namespacesOf(processes);
  await namespaces.pin({ ipc: `${scratch}/ipc`, uts: `${scratch}/uts` }, "one");
  await namespaces.prepared;
  const shell = await theShell(processes);
  using first = await processes.open(shell);
  await namespaces.pin({ uts: `${scratch}/other` }, "two");
  assertEquals(await hostnameIn(kernel, `${scratch}/other`), "two");
  await namespaces.prepared;
  // Those of the kinds before have made room.
  await first.exited(background);
  const next = await waitingShells(processes);
  assertEquals(next.length, 1);
  assert(next[0]!.pid !== shell.pid);
});

spareTest("a name that is none is set as without them", async ({ kernel, scratch }) => {
  using namespaces = namespacesOf(kernel.processes);
  for (const [index, name] of ["two\nlines", "two words\\ ", ""].entries()) {
    const [first, second] = [`${scratch}/${index}`, `${scratch}/${index}-again`];
    await namespaces.pin({ uts: first }, name);
    await namespaces.prepared;
    await namespaces.pin({ uts: second }, name);
    assertEquals(await hostnameIn(kernel, second), await hostnameIn(kernel, first));
  }
});

spareTest("those made under other settings of the host are not used", async (fixture) => {
  const { kernel, scratch } = fixture;
  let settings = "rp_filter 1";
  using namespaces = namespacesOf(kernel.processes, {
    ...AT_ONCE,
    settings: settingsOf(() => settings),
  });
  await namespaces.pin(podIn(`${scratch}/a`), "one");
  await namespaces.prepared;
  const shell = await theShell(kernel.processes);
  using process = await kernel.processes.open(shell);
  const spares = namespacesOfProcess(shell.pid);
  // Linux gives the number of one that has ended to the next.
  using open = new DisposableStack();
  for (const kind of KINDS) open.use(Deno.openSync(`/proc/${shell.pid}/ns/${kind}`));
  settings = "rp_filter 2";
  const pod = podIn(`${scratch}/b`);
  await namespaces.pin(pod, "two");
  await process.exited(background);
  assert(KINDS.every((kind) => !spares.includes(Deno.statSync(pod[kind]).ino)), "they are new");
  assertEquals(await hostnameIn(kernel, pod.uts), "two");
});

spareTest("settings that cannot be read cost a pod nothing", async ({ kernel, scratch }) => {
  const outOfDescriptors = () => {
    throw new KernelError("read", "EMFILE", "/proc/sys");
  };
  using namespaces = namespacesOf(kernel.processes, {
    ...AT_ONCE,
    settings: settingsOf(outOfDescriptors),
  });
  await namespaces.pin(podIn(`${scratch}/a`), "one");
  await namespaces.prepared;
  assertEquals(await waitingShells(kernel.processes), []);
});

spareTest("nothing is made where nobody knows what would be inherited", async (fixture) => {
  const { kernel: { processes }, scratch } = fixture;
  using namespaces = namespacesOf(processes, { ...AT_ONCE, settings: settingsOf(() => undefined) });
  await namespaces.pin(podIn(`${scratch}/a`), "one");
  await namespaces.prepared;
  assertEquals(await waitingShells(processes), []);
});

linuxTest("InheritedSettings sees what new namespaces start with change", async () => {
  const script = fromFileUrl(new URL("settings_script.ts", import.meta.url));
  const deno = [Deno.execPath(), "run", "-A", "--no-check", script];
  const { stdout } = await execa("unshare", ["--net", "--uts", "--", ...deno], {
    timeout: TIMEOUT_MS,
  });
  assertEquals(stdout.split("\n"), [
    "net/ipv4/conf/all/rp_filter seen",
    "net/ipv4/conf/default/arp_ignore seen",
    "net/ipv4/ip_forward seen",
    "net/ipv4/tcp_rmem seen",
    "kernel/hostname seen",
    "kernel/domainname seen",
    "ipc has none",
  ]);
});

spareTest("nothing is made while programs are being started", async ({ kernel, scratch }) => {
  const idleMs = [0, 1, 2, 3].values();
  const seen: number[] = [];
  let made = 0;
  using namespaces = namespacesOf(kernel.processes, {
    ...AT_ONCE,
    quietMs: 4,
    idleMs() {
      seen.push(made);
      return idleMs.next().value ?? 4;
    },
  }, (command, options) => {
    made++;
    return kernel.processes.spawn(command, options);
  });
  await namespaces.pin({ uts: `${scratch}/uts` }, "one");
  await namespaces.prepared;
  assertEquals(seen, [0, 0, 0, 0, 0]);
  assertEquals(made, 1);
});

linuxTest("LinuxProcesses is idle from its last program on, spares apart", async () => {
  using poller = new Poller();
  const processes = new LinuxProcesses(poller, 1);
  const command = { program: "true", args: [] };
  using spare = await processes.spawnAside(command, { outputBytesMax: 0 });
  await spare.exited(background);
  assertEquals(processes.idleMs(), Infinity);
  using child = await processes.spawn(command, { outputBytesMax: 0 });
  await child.exited(background);
  assert(processes.idleMs() < Infinity);
});

spareTest("a shell that somebody kills is not missed", async ({ kernel, scratch }) => {
  using namespaces = namespacesOf(kernel.processes);
  await namespaces.pin(podIn(`${scratch}/a`), "one");
  await namespaces.prepared;
  await signalTo(kernel, (await theShell(kernel.processes)).pid, SIGKILL);
  const pod = podIn(`${scratch}/b`);
  await namespaces.pin(pod, "two");
  assertEquals(await hostnameIn(kernel, pod.uts), "two");
});

spareTest("a shell that somebody kills while it gets a name is not missed", async (fixture) => {
  const { kernel, scratch } = fixture;
  using namespaces = namespacesOf(kernel.processes);
  await namespaces.pin(podIn(`${scratch}/a`), "one");
  await namespaces.prepared;
  const { pid } = await theShell(kernel.processes);
  await signalTo(kernel, pid, SIGSTOP);
  const pod = podIn(`${scratch}/b`);
  const pinning = namespaces.pin(pod, "two");
  await signalTo(kernel, pid, SIGKILL);
  await pinning;
  assertEquals(await hostnameIn(kernel, pod.uts), "two");
});

spareTest("a shell that somebody stops is given up", async ({ kernel, scratch }) => {
  using namespaces = namespacesOf(kernel.processes, { ...AT_ONCE, namingMsMax: 20 });
  await namespaces.pin(podIn(`${scratch}/a`), "one");
  await namespaces.prepared;
  const { pid } = await theShell(kernel.processes);
  using process = await kernel.processes.open(pid);
  await process.signal(SIGSTOP);
  const pod = podIn(`${scratch}/b`);
  await namespaces.pin(pod, "two");
  await process.exited(background);
  assertEquals(await hostnameIn(kernel, pod.uts), "two");
});

spareTest("a pod whose pin is taken leaves them to the next", async ({ kernel, scratch }) => {
  using namespaces = namespacesOf(kernel.processes);
  const pod = podIn(`${scratch}/a`);
  await namespaces.pin(pod, "one");
  await namespaces.prepared;
  const { pid } = await theShell(kernel.processes);
  await assertRefused(namespaces.pin(pod, "one"), "EEXIST");
  assertEquals((await theShell(kernel.processes)).pid, pid);
});

spareTest("nothing is held once they are disposed of", async ({ kernel, scratch }) => {
  const namespaces = namespacesOf(kernel.processes);
  await namespaces.pin({ uts: `${scratch}/uts` }, "one");
  await namespaces.prepared;
  using process = await kernel.processes.open(await theShell(kernel.processes));
  namespaces[Symbol.dispose]();
  await process.exited(background);
  await namespaces.pin({ uts: `${scratch}/later` }, "two");
  await namespaces.prepared;
  assertEquals(await waitingShells(kernel.processes), []);
});

spareTest("nothing is held that was being made as they were disposed of", async (fixture) => {
  const { kernel: { processes }, scratch } = fixture;
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const pids: number[] = [];
  const namespaces = namespacesOf(processes, AT_ONCE, async (command, options) => {
    const child = await processes.spawn(command, options);
    pids.push(child.identity.pid);
    begun.resolve();
    await goOn.promise;
    return child;
  });
  await namespaces.pin({ uts: `${scratch}/uts` }, "one");
  await begun.promise;
  using process = await processes.open(pids[0]!);
  namespaces[Symbol.dispose]();
  goOn.resolve();
  await namespaces.prepared;
  await process.exited(background);
});

spareTest("nothing is left of them once the daemon is killed", async ({ kernel, scratch }) => {
  const script = fromFileUrl(new URL("spare_script.ts", import.meta.url));
  const daemon = await execa(Deno.execPath(), ["run", "-A", "--no-check", script, scratch], {
    reject: false,
    timeout: TIMEOUT_MS,
  });
  assertEquals(daemon.signal, "SIGKILL", daemon.stderr);
  // They live as long as somebody is in them, has them open or mounted.
  await ended(kernel, JSON.parse(daemon.stdout) as ProcessIdentity);
  const pinned = (await kernel.mounts.list(scratch)).toSorted();
  assertEquals(pinned, Object.values(pins(`${scratch}/pod`)).toSorted());
});

/** Waits until it has ended, which may have been long ago. */
async function ended({ processes }: Kernel, identity: ProcessIdentity): Promise<void> {
  await tolerate(
    (async () => {
      using process = await processes.open(identity);
      await process.exited(background);
    })(),
    "ESRCH",
  );
}
