import type { RecordedCall } from "./trace.ts";

/** Reads alone: asked again, it is as if it had been asked for the first time. */
const QUERIES = new Set([
  "cgroups.cpuset",
  "cgroups.oomKills",
  "cgroups.processCount",
  "cgroups.processes",
  "cgroups.usage",
  "child.output",
  "fifo.tryRead",
  "files.list",
  "files.readFile",
  "files.resolveInRoot",
  "files.stat",
  "files.usage",
  "files.usageOfEach",
  "mounts.list",
  "mounts.sharing",
  "namespaces.interfaces",
  "namespaces.isPinned",
  "processes.environment",
  "processes.list",
  "processes.open",
  "store.load",
]);

/** Come to an end when something else happens: they do nothing themselves. */
const WAITS = new Set([
  "child.exited",
  "child.outputEnded",
  "child.readPipeLine",
  "fifo.read",
  "handle.exited",
  "watch.next",
]);

/** A child's status is told by being reaped; `pin` awaits a helper. */
const REAPING = new Set(["child.exited", "namespaces.pin"]);

/** Take any number of paths, and nothing behind them. */
const OF_PATHS = new Set(["files.remove", "mounts.list"]);

/** Refusals that say that something had come to its end. */
const ENDS: ReadonlySet<string> = new Set(["EPIPE", "ENXIO", "ESRCH"]);

/** Whether all that is given to a verb are paths, and no context. */
export function takesPaths(verb: string): boolean {
  return OF_PATHS.has(verb);
}

/** Whether asking again changes nothing. */
export function isQuery({ verb }: RecordedCall): boolean {
  return QUERIES.has(verb);
}

/** Whether a call has an effect of its own. */
export function hasEffect({ verb }: RecordedCall): boolean {
  return !QUERIES.has(verb) && !WAITS.has(verb);
}

/** Whether a zombie must be reaped for an answer. */
export function needsReaping({ verb }: RecordedCall): boolean {
  return REAPING.has(verb);
}

/** Whether it is a signal to somebody, who may be quicker. */
export function isSignal({ verb }: RecordedCall): boolean {
  return /\.(signal|kill)$/.test(verb);
}

/** A call that was refused because something had come to its end: on the model it must come to that first. */
export function wasTooLate(call: RecordedCall): boolean {
  return call.outcome.kind === "refused" && ENDS.has(call.outcome.errno) && !isQuery(call);
}
