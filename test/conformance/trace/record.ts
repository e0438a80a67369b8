import type { ProcessEntry } from "../../../src/kernel/processes.ts";
import type { Folders } from "../differential/bench.ts";
import type { LinuxLane } from "../differential/linux_bench.ts";
import { observe } from "../differential/observe.ts";
import { Recorder } from "./recorder.ts";
import { keepRecording, RECORDED } from "./recordings.ts";
import type { RecordedCall, TraceEntry } from "./trace.ts";

/** Records them all anew on Linux. */
export async function record(lane: LinuxLane): Promise<void> {
  const { folders, image } = lane;
  for (const [name, program] of Object.entries(RECORDED)) {
    const recorder = new Recorder();
    await lane.run((bench) => observe(program, bench), recorder);
    const entries = recorder.entries.map((it) => withoutTheHost(it, folders));
    await keepRecording(name, { folders, image, entries });
  }
}

/** What is the recorded host's own is nobody's business, and is not compared: its files, its processes. */
function withoutTheHost(entry: TraceEntry, folders: Folders): TraceEntry {
  if (entry.kind !== "call" || entry.outcome.kind !== "value") return entry;
  const place = folders.root.slice(0, folders.root.lastIndexOf("/") + 1);
  const [path, ...rest] = entry.args;
  switch (entry.verb) {
    case "processes.list": {
      const rows = entry.outcome.value as readonly ProcessEntry[];
      const ours = rows.filter((row) => isBetweenPrograms(row) || isOfPod(row.args, place));
      return withValue(entry, ours.map((it) => ({ ...it, args: [] })));
    }
    case "files.readFile":
      return String(path).startsWith(place) ? entry : withValue(entry, new Uint8Array());
    case "files.writeFile":
      // The pod's copies of the host's.
      if (!/\/(hosts|hostname|resolv\.conf)$/.test(String(path))) return entry;
      return { ...entry, args: [path, "", ...rest.slice(1)] };
    default:
      return entry;
  }
}

/** Its arguments are those of no program yet; threads of the kernel, which never have any, are children of 2. */
function isBetweenPrograms({ args, pid, parentPid }: ProcessEntry): boolean {
  return args.length === 0 && pid !== KTHREADD && parentPid !== KTHREADD;
}

const KTHREADD = 2;

/** conmon names the place; what runs in a container is one of few programs. */
function isOfPod(args: readonly string[], place: string): boolean {
  return args.some((it) => it.includes(place)) ||
    /^((.*\/)?(sh|sleep|runc|exe)|runc:.*)$/.test(args[0] ?? "");
}

function withValue(call: RecordedCall, value: unknown): RecordedCall {
  return { ...call, outcome: { kind: "value", value } };
}
