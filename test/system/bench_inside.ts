/**
 * Runs in namespaces of its own, where nothing is but what it starts: a benchmark that gets SIGINT as
 * soon as it says what was named, and prints as JSON how it ended and what it left.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";

import { read } from "./read.ts";

/** What {@linkcode interrupted} tells. */
export interface Interrupted {
  readonly code: number;
  readonly stderr: string;
  /** Processes, mounts, cgroups and files, a line each. */
  readonly left: readonly string[];
}

const SCRIPT = fromFileUrl(new URL("../../bench/start_path.ts", import.meta.url));
const TEMP = "/var/tmp";
const CGROUPS = "/sys/fs/cgroup";

if (import.meta.main) {
  const [phase = "", ...args] = Deno.args;
  console.log(JSON.stringify(await interrupted(phase, args)));
}

async function interrupted(phase: string, args: readonly string[]): Promise<Interrupted> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", SCRIPT, "--progress=lines", ...args],
    ...{ stdin: "null", stdout: "null", stderr: "piped" },
  }).spawn();
  let stderr = "";
  let places: readonly string[] | undefined;
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    stderr += text;
    if (places !== undefined || !stderr.split("\n").includes(phase)) continue;
    places = namesIn(TEMP);
    child.kill("SIGINT");
  }
  const { code } = await child.status;
  // Cgroups are the whole host's: those of this benchmark are called like its folder.
  const own = places ?? [];
  return { code, stderr, left: [...processes(), ...mounts(), ...files(), ...cgroups(own)] };
}

/** Every one in this PID namespace that has not ended, but for this one. */
function processes(): readonly string[] {
  return namesIn("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== Deno.pid)
    .map((name) => [name, read(`/proc/${name}/stat`)] as const)
    .filter(([, stat]) => stat !== "" && !/\) Z /.test(stat))
    .map(([name]) => `process ${name} ${read(`/proc/${name}/cmdline`).replaceAll("\0", " ")}`);
}

function mounts(): readonly string[] {
  return read("/proc/self/mountinfo").split("\n").map((line) => line.split(" ")[4] ?? "")
    .filter((target) => target.startsWith(`${TEMP}/`)).map((it) => `mount ${it}`);
}

function files(): readonly string[] {
  return namesIn(TEMP).map((name) => `file ${join(TEMP, name)}`);
}

function cgroups(names: readonly string[]): readonly string[] {
  const hierarchies = ["", ...namesIn(CGROUPS)].map((it) => join(CGROUPS, it));
  return hierarchies.flatMap((hierarchy) =>
    namesIn(hierarchy).filter((it) => names.some((name) => it.startsWith(name)))
      .map((it) => `cgroup ${join(hierarchy, it)}`)
  );
}

function namesIn(folder: string): readonly string[] {
  try {
    return [...Deno.readDirSync(folder)].map((it) => it.name);
  } catch {
    // It is a file, or gone by now.
    return [];
  }
}
