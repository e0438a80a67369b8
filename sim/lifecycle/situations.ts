import fc from "fast-check";
import { type LifecycleProgram, QUIET } from "./request.ts";
import * as crashes from "./situations/crashes.ts";
import * as departures from "./situations/departures.ts";
import * as failures from "./situations/failures.ts";
import * as meetings from "./situations/meetings.ts";
import type { Situation } from "./situations/parts.ts";
import * as updates from "./situations/updates.ts";

/** By name, programs set in situations to which random calls come too seldom. */
export const SITUATIONS: Readonly<Record<string, fc.Arbitrary<Situation>>> = {
  ...meetings,
  ...departures,
  ...crashes,
  ...failures,
  ...updates,
};

/** Each of them as often as the others. */
export const situations: fc.Arbitrary<LifecycleProgram> = whole(
  fc.oneof(...Object.values(SITUATIONS)),
);

/** A whole program, on a machine that is in order otherwise. */
export function whole(situation: fc.Arbitrary<Situation>): fc.Arbitrary<LifecycleProgram> {
  const prepare = fc.constantFrom("eager" as const, "lazy" as const);
  return fc.record({ situation, prepare }).map(({ situation, prepare }) => ({
    ...QUIET,
    prepare,
    ...situation,
  }));
}
