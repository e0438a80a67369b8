import { execa } from "execa";
import { linuxKernel } from "../../real/kernel.ts";
import { tolerate } from "../../src/kernel/errno.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { type Command, SIGKILL } from "../../src/kernel/processes.ts";
import { background, type ContractPrograms, type RunPromise } from "./fixture.ts";

/** Why this host cannot run what needs Linux and root, or undefined when it can. */
export function whyNotHere(): string | undefined {
  if (Deno.build.os !== "linux") return `needs Linux, this is ${Deno.build.os}`;
  if (Deno.uid() !== 0) return `needs root, this is uid ${Deno.uid()}`;
  return undefined;
}

/** Registers a test that needs Linux and root; elsewhere it is ignored and says why. */
export function linuxTest(name: string, body: () => Promise<void>): void {
  const reason = whyNotHere();
  if (reason === undefined) Deno.test(name, body);
  else Deno.test.ignore(`${name} (${reason})`, body);
}

/** Runs a promise on Linux itself, in a directory and a cgroup of its own. */
export const runOnLinux: RunPromise = async (body) => {
  const mark = crypto.randomUUID();
  const place = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "slipway-test-" }));
  const cgroup = `/slipway-test-${mark}`;
  const scratch = `${place}/scratch`;
  const options = { stateFile: `${place}/state.sqlite` };
  Deno.mkdirSync(scratch);
  let kernel = linuxKernel(options);
  try {
    await body({
      kernel,
      scratch,
      cgroup,
      programs: programsMarked(mark, place),
      makeFifo: async (path) => void await execa("mkfifo", ["-m", "600", path]),
      makeDevice: async (path, major, minor) =>
        void await execa("mknod", ["-m", "600", path, "c", String(major), String(minor)]),
      restart() {
        kernel[Symbol.dispose]();
        kernel = linuxKernel(options);
        return Promise.resolve(kernel);
      },
    });
  } finally {
    try {
      await killMarked(kernel, mark);
      await unmountBelow(kernel, place);
      await kernel.cgroups.remove(cgroup);
    } finally {
      kernel[Symbol.dispose]();
      Deno.removeSync(place, { recursive: true });
    }
  }
};

const MARK = "SLIPWAY_TEST";
/**
 * The line is said by what does not reap: dash waits for its children after each builtin before which
 * SIGCHLD came (dash, jobs.c, waitforjob), so a shell that has said it could still take the zombie.
 */
const NEGLECT = 'sleep 1000000 3>&- & echo $! > "$1"; exec tail -f "$1" >&3 3>&-';
const WAIT = "echo >&3; exec 3>&-; exec sleep 1000000";

/** The programs as scripts of sh, marked by a variable of their environment that descendants inherit. */
function programsMarked(mark: string, place: string): ContractPrograms {
  function script(text: string, ...args: readonly string[]): Command {
    return { program: "sh", args: ["-c", text, "sh", ...args], env: { [MARK]: mark } };
  }

  return {
    exit: (code) => script('exit "$1"', String(code)),
    print: (stdout, stderr) => script('printf %s "$1"; printf %s "$2" >&2', stdout, stderr),
    echo: () => ({ program: "cat", args: [], env: { [MARK]: mark } }),
    relay: () => script('read -r line <&3; echo "$line" >&4'),
    converse: (path) => (
      { program: "perl", args: ["-MSocket", "-e", CONVERSE, path], env: { [MARK]: mark } }
    ),
    wait: () => script(WAIT),
    ignoreTerm: () => script(`trap "" TERM; ${WAIT}`),
    fork: () => script("sleep 1000000 3>&- & echo $! >&3"),
    neglect: () => script(NEGLECT, `${place}/neglected`),
    enter: (cgroup) => script(`${ENTER}; ${WAIT}`, cgroup),
  };
}

/** Into every hierarchy in which the group is, as a runtime does. */
const ENTER = 'for f in /sys/fs/cgroup"$1" /sys/fs/cgroup/*"$1"; do ' +
  '[ ! -e "$f/cgroup.procs" ] || echo $$ > "$f/cgroup.procs"; done';

/** perl is on every Debian, and knows packets. */
const CONVERSE = `
socket(my $listener, AF_UNIX, SOCK_SEQPACKET, 0) or die;
bind($listener, sockaddr_un($ARGV[0])) or die;
listen($listener, 1) or die;
open(my $ready, ">&=", 3) or die;
print $ready "\\n";
close $ready;
accept(my $client, $listener) or die;
close $listener;
send($client, "hello", 0);
my $packet;
while (defined recv($client, $packet, 65536, 0) and length $packet) { send($client, "!$packet", 0) }
send($client, "bye", 0);
`;

async function killMarked(kernel: Kernel, mark: string): Promise<void> {
  for (const { pid } of (await kernel.processes.list()).filter((it) => isMarked(it.pid, mark))) {
    await tolerate(
      (async () => {
        using handle = await kernel.processes.open(pid);
        // Read again: the pid may be a stranger's by now.
        if (!isMarked(pid, mark)) return;
        await handle.signal(SIGKILL);
        await handle.exited(background);
      })(),
      "ESRCH",
    );
  }
}

function isMarked(pid: number, mark: string): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/environ`).includes(`${MARK}=${mark}`);
  } catch {
    return false;
  }
}

async function unmountBelow(kernel: Kernel, path: string): Promise<void> {
  for (const mount of (await kernel.mounts.list(path)).toReversed()) {
    await kernel.mounts.unmount(mount);
  }
}
