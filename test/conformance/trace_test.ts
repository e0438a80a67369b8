import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import type { Image } from "../../src/image/image.ts";
import type { Folders } from "./differential/bench.ts";
import { IMAGE } from "./differential/bench.ts";
import { observe } from "./differential/observe.ts";
import type { Program } from "./differential/program.ts";
import { simBench } from "./differential/sim_bench.ts";
import { Recorder } from "./trace/recorder.ts";
import { Pids } from "./trace/pids.ts";
import { replay } from "./trace/replay.ts";
import { ruleOf, RULES } from "./trace/rules.ts";
import type { Outcome, RecordedCall, TraceEntry } from "./trace/trace.ts";

const FOLDERS: Folders = {
  root: "/var/tmp/conform/root",
  state: "/var/tmp/conform/state",
  cgroup: "/conform",
  cniConfig: "/var/tmp/conform/cni",
  cniPrograms: "/var/tmp/conform/cni-bin",
};

const SHA_A = `sha256:${"a".repeat(64)}`;
const MACHINE: { readonly folders: Folders; readonly image: Image } = {
  folders: FOLDERS,
  image: {
    id: SHA_A,
    tags: [IMAGE],
    digests: [],
    sizeBytes: 1,
    config: {
      entrypoint: [],
      cmd: ["/bin/sh"],
      env: ["PATH=/bin"],
      workingDir: "/",
      user: "",
      volumes: [],
      stopSignal: "",
      labels: {},
    },
    layers: [SHA_A],
  },
};

const PLACE = { sandbox: 0, container: 0 } as const;
const NEVER_STARTED = { sandbox: 0, container: 1 } as const;
const PROGRAM: Program = {
  prepare: "eager",
  steps: [
    { kind: "RunPodSandbox", sandbox: 0, hasNetwork: true, sharesPids: false },
    { kind: "CreateContainer", place: PLACE, workload: "ends on SIGTERM" },
    { kind: "StartContainer", place: PLACE },
    { kind: "ExecSync", place: PLACE, command: "prints" },
    { kind: "Restart" },
    { kind: "StopContainer", place: PLACE, hasGrace: true },
    { kind: "RemoveContainer", place: PLACE },
    { kind: "CreateContainer", place: NEVER_STARTED, workload: "ends on SIGTERM" },
    { kind: "RemoveContainer", place: NEVER_STARTED },
  ],
};

Deno.test("a process that ends while the table is read may be in it, and no other", () => {
  const pids = new Pids();
  const conmon = { pid: 40, startTime: 4 };
  pids.learn(conmon, { pid: 4, startTime: 1 });
  const isSame = (hasEnded: boolean) => {
    const comparison = { args: [], program: "", pids, isOurs: () => true };
    const hasEndedMeanwhile = ({ pid }: { pid: number }) => hasEnded && pid === conmon.pid;
    const all = { ...comparison, hasEndedMeanwhile };
    const table = [{ ...conmon, parentPid: 1, args: ["conmon"] }];
    return ruleOf("processes.list", all)?.isSame(table, [], all);
  };
  assertEquals([isSame(true), isSame(false)], [true, false]);
});

Deno.test("replay() accepts what a machine of the model did, on any interleaving", async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const verdict = await replay(await recordedOn(seed), MACHINE);
    assert(verdict.isAccepted, verdict.isAccepted ? "" : verdict.text);
    assert(verdict.callCount > 100);
  }
});

/** Answers that no machine gives: where they are, and what is said in their place. */
const LIES: readonly {
  readonly name: string;
  readonly verb: string;
  readonly about: string;
  readonly lie: (outcome: Outcome) => Outcome;
}[] = [
  { name: "a file that is there", verb: "files.stat", about: "/rootfs/etc/passwd", lie: nothing },
  { name: "an exit code", verb: "files.readFile", about: "/exits/", lie: () => value(bytes("8")) },
  { name: "a mount", verb: "mounts.list", about: "/tasks/", lie: () => value([]) },
  { name: "a pin", verb: "namespaces.isPinned", about: "/net", lie: () => value(false) },
  { name: "a removal", verb: "files.remove", about: "", lie: () => refused("EBUSY") },
  { name: "a folder", verb: "files.mkdir", about: "/sandboxes/", lie: () => refused("EEXIST") },
  { name: "the end of a program", verb: "child.exited", about: "", lie: () => status(1) },
  { name: "a release", verb: "fifo.read", about: "", lie: () => value(bytes("")) },
  { name: "a cgroup's processes", verb: "cgroups.processes", about: "", lie: turned },
  { name: "a commit", verb: "store.load", about: "", lie: () => value([]) },
  { name: "a signal", verb: "handle.signal", about: "", lie: () => refused("EPERM") },
];

for (const { name, verb, about, lie } of LIES) {
  Deno.test(`replay() rejects a lie about ${name}`, async () => {
    const trace = await recordedOn(1);
    const isMeant = (it: TraceEntry): it is RecordedCall =>
      it.kind === "call" && it.verb === verb && it.outcome.kind === "value" &&
      JSON.stringify(it.args).includes(about) && !sameOutcome(lie(it.outcome), it.outcome);
    const at = trace.findLastIndex(isMeant);
    const entry = trace[at];
    assert(entry?.kind === "call", `the trace has a call of ${verb}`);
    const verdict = await replay(
      trace.with(at, { ...entry, outcome: lie(entry.outcome) }),
      MACHINE,
    );
    assertFalse(verdict.isAccepted);
    assertEquals(verdict.at, at);
    assertStringIncludes(verdict.text, `recorded: ${verb}`);
  });
}

Deno.test("every rule of the comparison says why", () => {
  for (const { verb, reason } of RULES) assert(reason.length > 20, String(verb));
});

async function recordedOn(seed: number): Promise<readonly TraceEntry[]> {
  const recorder = new Recorder();
  await simBench({ ...MACHINE, seed })((bench) => observe(PROGRAM, bench), recorder);
  return recorder.entries;
}

function sameOutcome(one: Outcome, other: Outcome): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function nothing(): Outcome {
  return value(undefined);
}

function turned(outcome: Outcome): Outcome {
  const found = outcome.kind === "value" ? outcome.value as readonly number[] : [];
  return value(found.length === 0 ? [1] : []);
}

function status(code: number): Outcome {
  return value({ kind: "exited", code });
}

function value(it: unknown): Outcome {
  return { kind: "value", value: it };
}

function refused(errno: string): Outcome {
  return { kind: "refused", errno };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
