import { fromFileUrl } from "@std/path";
import type { Image } from "../../../src/image/image.ts";
import type { Folders } from "../differential/bench.ts";
import type { Place, Program, Step } from "../differential/program.ts";
import type { TraceEntry } from "./trace.ts";

/** What Linux did once, kept for machines that cannot run pods. */
export interface Recording {
  readonly folders: Folders;
  readonly image: Image;
  readonly entries: readonly TraceEntry[];
}

const FIRST: Place = { sandbox: 0, container: 0 };
const SECOND: Place = { sandbox: 0, container: 1 };

function run(options: { readonly hasNetwork?: boolean; readonly sharesPids?: boolean }): Step {
  return { kind: "RunPodSandbox", sandbox: 0, hasNetwork: false, sharesPids: false, ...options };
}

function started(place: Place, workload: string): readonly Step[] {
  return [{ kind: "CreateContainer", place, workload }, { kind: "StartContainer", place }];
}

function exec(command: string): Step {
  return { kind: "ExecSync", place: FIRST, command };
}

function update(name: string): Step {
  return { kind: "UpdateContainerResources", place: FIRST, update: name };
}

/** What is recorded: between them these programs make every call of the core that a pod needs. */
export const RECORDED: Readonly<Record<string, Program>> = {
  "a pod with a network": {
    prepare: "eager",
    steps: [
      run({ hasNetwork: true }),
      ...started(FIRST, "says goodbye"),
      exec("exit 11"),
      exec("is missing"),
      exec("leaves a child"),
      { kind: "ReopenContainerLog", place: FIRST },
      { kind: "Restart" },
      { kind: "StopContainer", place: FIRST, hasGrace: true },
      { kind: "RemovePodSandbox", sandbox: 0 },
      { kind: "Restart" },
      run({ hasNetwork: true }),
    ],
  },
  "a pod with shared PIDs": {
    prepare: "lazy",
    steps: [
      run({ sharesPids: true }),
      ...started(FIRST, "leaves a child"),
      ...started(SECOND, "ends on SIGTERM"),
      { kind: "StopContainer", place: SECOND, hasGrace: true },
      { kind: "StopPodSandbox", sandbox: 0 },
    ],
  },
  "starts that fail": {
    prepare: "eager",
    steps: [
      run({}),
      ...started(FIRST, "is missing by path"),
      ...started(SECOND, "starts below a file"),
    ],
  },
  "limits that change": {
    prepare: "eager",
    steps: [
      run({}),
      { kind: "CreateContainer", place: FIRST, workload: "ends on SIGTERM" },
      update("small"),
      update("too little"),
      { kind: "StartContainer", place: FIRST },
      update("light"),
      update("a missing CPU"),
      { kind: "Restart" },
      update("the first CPU"),
      { kind: "StopContainer", place: FIRST, hasGrace: true },
      update("light"),
    ],
  },
  "a deletion from outside": {
    prepare: "eager",
    steps: [
      run({}),
      { kind: "CreateContainer", place: FIRST, workload: "sleeps" },
      { kind: "Kill", place: FIRST, victim: "task" },
      { kind: "StartContainer", place: FIRST },
      { kind: "RemoveContainer", place: FIRST },
    ],
  },
  "deaths from outside": {
    prepare: "lazy",
    steps: [
      run({}),
      ...started(FIRST, "ignores SIGTERM"),
      { kind: "Kill", place: FIRST, victim: "init" },
      { kind: "RemoveContainer", place: FIRST },
      ...started(FIRST, "sleeps"),
      { kind: "Kill", place: FIRST, victim: "conmon" },
      { kind: "Restart" },
      { kind: "StopContainer", place: FIRST, hasGrace: false },
    ],
  },
};

/** Keeps one of them. */
export async function keepRecording(name: string, recording: Recording): Promise<void> {
  const text = JSON.stringify(recording, keepBytes);
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  await Deno.writeFile(fileOf(name), packed);
}

/** Reads one of them. */
export async function recording(name: string): Promise<Recording> {
  const packed = new Blob([await Deno.readFile(fileOf(name))]).stream();
  const text = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).text();
  return JSON.parse(text, restoreBytes);
}

function keepBytes(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? { bytes: value.toBase64() } : value;
}

function restoreBytes(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("bytes" in value)) return value;
  return typeof value.bytes === "string" ? Uint8Array.fromBase64(value.bytes) : value;
}

function fileOf(name: string): string {
  const file = `recordings/${name.replaceAll(" ", "_").toLowerCase()}.json.gz`;
  return fromFileUrl(new URL(file, import.meta.url));
}
