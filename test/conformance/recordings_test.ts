import { assert } from "@std/assert";
import { RECORDED, recording } from "./trace/recordings.ts";
import { replay } from "./trace/replay.ts";

/** Fewer calls than any recording has: one that lost its calls proves nothing. */
const CALLS_MIN = 80;

for (const name of Object.keys(RECORDED)) {
  Deno.test(`recorded: ${name}`, async () => {
    const { entries, ...machine } = await recording(name);
    const verdict = await replay(entries, machine);
    assert(verdict.isAccepted, verdict.isAccepted ? "" : verdict.text);
    assert(verdict.callCount > CALLS_MIN, `${verdict.callCount} calls`);
  });
}
