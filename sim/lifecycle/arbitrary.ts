import fc from "fast-check";
import { clients, forwarders, imageCollectors, readers, talkers } from "./client_arbitrary.ts";
import { pullTrouble, trouble } from "./fault_arbitrary.ts";
import { COMMON_FAULT_NAMES, PULL_FAULT_NAMES } from "./faults.ts";
import { INCIDENT_KINDS, type IncidentKind, REMOVAL_KINDS } from "./incident.ts";
import { incidents, placed, removals, stops } from "./incident_arbitrary.ts";
import { type Pair, pairProgram } from "./pairs.ts";
import { plugins } from "./plugin_arbitrary.ts";
import { type LifecycleProgram, PID_MAX } from "./request.ts";
import { situations } from "./situations.ts";
import { beside, PLUGIN_TROUBLE, TROUBLE_NAMES, type TroubleName } from "./trouble.ts";

const STOP = "daemon stopped";
/** Those that are drawn first. */
const COMMON_KINDS: readonly IncidentKind[] = INCIDENT_KINDS.filter((it) =>
  it !== STOP && !REMOVAL_KINDS.some((kind) => kind === it)
);

/** Enough for two containers, so that pids come again while somebody still has them in mind. */
const FEW_PIDS = 16;

/** Beside one in so many programs somebody takes the image of its containers away. */
const IMAGE_COLLECTOR_IN = 6;
/** Of those, pulls go wrong in one of so many. */
const PULL_TROUBLE_IN = 3;
/** In one of so many plugins take part. */
const PLUGINS_IN = 6;
/** Beside one in so many somebody reads statistics. */
const READERS_IN = 6;
/** Beside one in so many somebody speaks with programs in containers. */
const TALKERS_IN = 6;
/** Beside one in so many somebody reaches ports of pods. */
const FORWARDERS_IN = 6;
/** In one in so many the daemon is asked to end. */
const STOP_IN = 6;
/** In one in so many somebody removes what is the runtime's. */
const REMOVAL_IN = 6;

/**
 * Programs of up to three clients on up to three sandboxes of up to three containers each: most of them
 * anything, and many set in a situation that anything seldom comes to.
 *
 * @param among what may go wrong; some of it does in most programs
 */
export function lifecyclePrograms(
  among: readonly TroubleName[] = TROUBLE_NAMES,
): fc.Arbitrary<LifecycleProgram> {
  const anything = fc.record({ clients, surroundings: surroundings(among) })
    .map(({ clients, surroundings }) => ({ clients, ...surroundings }));
  const program = fc.oneof(
    { weight: 3, arbitrary: anything },
    { weight: 2, arbitrary: situations.map((program) => within(program, among)) },
  );
  const whole = fc.tuple(
    program,
    imageCollectors(IMAGE_COLLECTOR_IN),
    plugins(PLUGINS_IN, among.includes(PLUGIN_TROUBLE)),
    pullTrouble(PULL_TROUBLE_IN, PULL_FAULT_NAMES.filter((it) => among.includes(it))),
  ).map(([program, collectors, plugins, faults]) => ({
    ...program,
    clients: [...program.clients, ...collectors],
    faults: collectors.length === 0 ? program.faults : [...program.faults, ...faults],
    ...(plugins.length === 0 ? {} : { plugins }),
  }));
  return spokenTo(reached(read(befallen(whole, among))));
}

/** Programs of two things that happen to one container, and of what goes wrong meanwhile. */
export function pairPrograms(
  pair: Pair,
  among: readonly TroubleName[] = TROUBLE_NAMES,
): fc.Arbitrary<LifecycleProgram> {
  const program = surroundings(among).map((surroundings) => {
    const program = pairProgram(pair, surroundings.prepare);
    const incidents = [...program.incidents, ...surroundings.incidents];
    return { ...program, ...surroundings, incidents };
  });
  return befallen(program, among);
}

/** In some of these programs more befalls the machine, where that may be. */
function befallen(
  programs: fc.Arbitrary<LifecycleProgram>,
  among: readonly TroubleName[],
): fc.Arbitrary<LifecycleProgram> {
  const kinds = REMOVAL_KINDS.filter((it) => among.includes(it));
  const more = [
    ...(among.includes(STOP) ? [beside(STOP_IN, stops)] : []),
    ...(kinds.length > 0 ? [beside(REMOVAL_IN, removals(kinds))] : []),
  ];
  return more.reduce(
    (programs, incidents) =>
      fc.tuple(programs, incidents).map(([program, incidents]) => ({
        ...program,
        incidents: incidents.reduce(placed, program.incidents),
      })),
    programs,
  );
}

/** In some of these programs somebody speaks with what containers run. Drawn last of all. */
function spokenTo(programs: fc.Arbitrary<LifecycleProgram>): fc.Arbitrary<LifecycleProgram> {
  const consoles = fc.constantFrom("pipes" as const, "terminals" as const, undefined);
  return fc.tuple(programs, talkers(TALKERS_IN), consoles).map(([program, talkers, consoles]) =>
    talkers.length === 0 ? program : {
      ...program,
      clients: [...program.clients, ...talkers],
      ...(consoles === undefined ? {} : { consoles }),
    }
  );
}

/** In some of these programs somebody asks for statistics all the time. */
function read(programs: fc.Arbitrary<LifecycleProgram>): fc.Arbitrary<LifecycleProgram> {
  return fc.tuple(programs, readers(READERS_IN)).map(([program, readers]) => ({
    ...program,
    clients: [...program.clients, ...readers],
  }));
}

/** In some of these programs clients reach ports of pods. Drawn last of all. */
function reached(programs: fc.Arbitrary<LifecycleProgram>): fc.Arbitrary<LifecycleProgram> {
  return fc.tuple(programs, forwarders(FORWARDERS_IN)).map(([program, forwarders]) => ({
    ...program,
    clients: [...program.clients, ...forwarders],
  }));
}

/** All of a program but what its clients do. */
function surroundings(
  among: readonly TroubleName[],
): fc.Arbitrary<Omit<LifecycleProgram, "clients">> {
  return fc.record({
    incidents: incidents(COMMON_KINDS.filter((it) => among.includes(it))),
    trouble: trouble(COMMON_FAULT_NAMES.filter((it) => among.includes(it))),
    prepare: fc.constantFrom("eager", "lazy"),
    pidMax: fc.constantFrom(PID_MAX, PID_MAX, PID_MAX, FEW_PIDS),
    hasIdleSubscriber: fc.boolean(),
    hasStrictPlugins: fc.boolean(),
  }).map(({ trouble, ...rest }) => ({ ...rest, ...trouble }));
}

/** Without the trouble that is not asked for. */
function within(program: LifecycleProgram, among: readonly TroubleName[]): LifecycleProgram {
  return {
    ...program,
    incidents: program.incidents.filter(({ kind }) => among.includes(kind)),
    faults: program.faults.filter(({ name }) => among.includes(name)),
  };
}
