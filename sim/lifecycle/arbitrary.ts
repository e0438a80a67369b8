import fc from "fast-check";
import { clients } from "./client_arbitrary.ts";
import { trouble } from "./fault_arbitrary.ts";
import { incidents } from "./incident_arbitrary.ts";
import { type LifecycleProgram, PID_MAX } from "./request.ts";
import { situations } from "./situations.ts";

/** Enough for two containers, so that pids come again while somebody still has them in mind. */
const FEW_PIDS = 16;

/** Which kinds of trouble a program may hold. */
export interface ProgramOptions {
  /** Incidents: of the daemon, of its service, of the machine. */
  readonly crashes: boolean;
  /** Anything of the catalogue. */
  readonly faults: boolean;
}

/**
 * Programs of up to three clients on up to three sandboxes of up to three containers each: most of them
 * anything, and many set in a situation that anything seldom comes to.
 */
export function lifecyclePrograms(options: ProgramOptions): fc.Arbitrary<LifecycleProgram> {
  return fc.oneof(
    { weight: 3, arbitrary: anything },
    { weight: 2, arbitrary: situations },
  ).map((program) => within(program, options));
}

/** Random calls, with random trouble. */
const anything: fc.Arbitrary<LifecycleProgram> = fc.record({
  clients,
  incidents,
  trouble,
  prepare: fc.constantFrom("eager", "lazy"),
  pidMax: fc.constantFrom(PID_MAX, PID_MAX, PID_MAX, FEW_PIDS),
  hasIdleSubscriber: fc.boolean(),
  hasStrictPlugins: fc.boolean(),
}).map(({ trouble, ...program }) => ({ ...program, ...trouble }));

/** Without the trouble that is not asked for. */
function within(
  { incidents, faults, ...program }: LifecycleProgram,
  options: ProgramOptions,
): LifecycleProgram {
  return {
    ...program,
    incidents: options.crashes ? incidents : [],
    faults: options.faults ? faults : [],
  };
}
