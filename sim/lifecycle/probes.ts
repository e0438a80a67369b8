/**
 * Rare branches that random runs must come to now and then: a check of what nobody ever reaches shows
 * nothing. What is looked for stands outside of the core, in what it logs, what its machine does and
 * what its clients hear.
 */
export const PROBES = {
  // What the core logs.
  "a start fails": "StartContainer rolls back",
  "a rollback fails": "what a failed start has made cannot be ended at once (W2)",
  "an end is tried again": "the settler's first try fails",
  "an object is tried again": "the janitor, or a recovery, cannot do its work at once",
  "an exit waits": "the record of an exit fails",
  "a removal is gone on with": "a restart finds a removal that had begun, and cannot complete it",
  "a sandbox cannot be undone": "the rollback of RunPodSandbox fails",
  // What readers see.
  "UNKNOWN is seen": "a container of which nobody knows whether it runs",
  "ended as unknown": "255: nobody saw the end",
  "ended for memory": "OOMKilled",
  "a start is taken back by a restart": "the intent is there, the program was not executed (W8)",
  "a restart finds a start done": "the program was executed and nobody had written that down (W8)",
  // When the daemon is killed.
  "killed in its recovery": "a life ends before it has served anybody",
  "killed between intent and start": "CREATED, and its program may run",
  "killed in an update": "limits are about to be set",
  "killed in a removal": "a removal has begun",
  "killed while a sandbox is made": "RunPodSandbox is under way",
  "killed while a container is created": "CreateContainer is under way",
  "killed while a port is forwarded": "what forwards it lives on",
  "a daemon ends in order": "it was asked to end, and has",
  "a call is cut off by an end": "the daemon was asked to end, and the call had its time",
  "power lost while programs run": "everything is EXITED 255 then",
  // What clients do at the same time.
  "removals join": "two removals of one object at the same time",
  "a stop meets a start": "StopContainer comes while StartContainer is under way",
  "a removal meets a start": "RemoveContainer comes while StartContainer is under way (W28)",
  "a sandbox stops under a start": "the gate closes on a start (W4a)",
  "a sandbox stops under a creation": "the gate closes on a creation (W5)",
  "a sandbox stops under a forward": "the gate closes on a connection to a port",
  "an update meets a start": "UpdateContainerResources and StartContainer (W25)",
  "an end meets an update": "whatever ends a container comes while its limits change",
  "two updates meet": "of one container",
  "an update is refused by Linux": "what was set by then is taken back",
  "two starts meet": "StartContainer comes twice (A12)",
  "a client gives up a start": "StartContainer is cancelled (W1)",
  "a client gives up a stop": "StopContainer is cancelled",
  "a client gives up a removal": "RemoveContainer is cancelled, and goes on",
  "a deadline passes": "the client's own, while the call is under way",
  "a name is taken": "ALREADY_EXISTS",
  "an image goes under a creation": "RemoveImage comes while CreateContainer is under way",
  "an image goes under a container": "its layers stay as long as the container",
  "an exec is cut off": "the container ends while something is executed in it",
  "a command is heard to its end": "what it has printed, and its code (I26)",
  "a container is heard to its end": "by who is attached to it",
  "a listener is cut off": "who is attached takes nothing, and the container would wait",
  // What plugins do.
  "a plugin refuses a start": "its init is there and never executes the program",
  "a plugin is given up": "it takes longer than anybody waits",
  // What happens on the machine.
  "init dies before its program": "nobody will ever write to exec.fifo (A5)",
  "the fifo is asked once more": "a death is seen first, and the program had run (A6)",
  "a program ends before its start is answered": "a fast exit",
  "a program outlives its grace period": "SIGKILL after the stop signal",
  "a prepared task is abandoned": "an init that was prepared ahead never executes its program",
  "a prepared task is updated": "before it is let go",
  "a prepared task outlives its image": "it is started from what its container holds",
  "an exec is executed": "a second program in a container",
  "a pid comes again": "two processes of containers with one pid",
  "a child is killed for memory": "the init is not",
  "a conmon is killed": "while its container runs",
  "a program hangs": "until it is killed, or the faults heal",
  "a log is rotated": "while its program writes",
} as const;

/** The name of a probe. */
export type ProbeName = keyof typeof PROBES;

/** Every probe, in the order in which they are told. */
export const PROBE_NAMES = Object.keys(PROBES) as readonly ProbeName[];

/** In how many runs each probe was reached; those that never were are left out. */
export type ProbeCounts = Readonly<Partial<Record<ProbeName, number>>>;

/** Adds what one run, or several, have reached. */
export function addProbes(
  counts: ProbeCounts,
  reached: Iterable<ProbeName> | ProbeCounts,
): ProbeCounts {
  const sum: Partial<Record<ProbeName, number>> = { ...counts };
  const entries = Symbol.iterator in reached
    ? [...reached].map((name) => [name, 1] as const)
    : PROBE_NAMES.map((name) => [name, reached[name] ?? 0] as const);
  for (const [name, count] of entries) if (count > 0) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** The probes that were never reached. */
export function missedProbes(counts: ProbeCounts): readonly ProbeName[] {
  return PROBE_NAMES.filter((name) => counts[name] === undefined);
}
