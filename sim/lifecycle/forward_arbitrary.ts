import fc from "fast-check";
import { REFUSING_PORT, SERVICES } from "../programs/services.ts";
import type { Request, SandboxSlot } from "./request.ts";

const PORTS: readonly number[] = [...Object.keys(SERVICES).map(Number), REFUSING_PORT];
const PIECES_MAX = 3;

/** What clients ask for that reach ports of sandboxes. */
export function forwardsTo(sandbox: fc.Arbitrary<SandboxSlot>): fc.Arbitrary<Request> {
  return fc.record({
    kind: fc.constant("PortForward" as const),
    sandbox,
    port: fc.constantFrom(...PORTS),
    pieces: fc.nat(PIECES_MAX),
    // Longer than whatever else is under way, and than who forwards has patience with a half connection.
    lingersMs: fc.constantFrom(0, 100, 20_000, 100_000),
  });
}
