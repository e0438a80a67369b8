import { messageOf } from "../../../src/errors.ts";
import { answerOf, SERVICES } from "../../programs/services.ts";
import type { Process } from "../../world/process.ts";
import type { ForwardingClient } from "../forwarding_client.ts";
import type { SandboxView } from "../operations.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import type { OracleOptions } from "./oracle.ts";
import { hold, short } from "./violation.ts";

/** From the end of a client or a pod to that of the call; time passes only when nothing can run. */
const LATE_MICROS_MAX = 1_000_000;

/**
 * I27: who reaches a port of a pod hears what is said there, whole and in order, or that nobody listens. The call
 * ends soon after its client has left, or its pod is stopped, and nothing that works for it is left then: nor
 * after a stop of the pod, in any life of the daemon.
 */
export class Forwards implements Checker {
  /** Since when somebody has not wanted the call any more. */
  readonly #unwantedMicros = new Map<Call, number>();

  constructor(readonly facts: Facts, readonly options: OracleOptions) {}

  called(call: Call): void {
    if (call.kind === "PortForward") call.context.onCancel(() => this.#isUnwanted(call));
  }

  sandboxChanged({ id }: SandboxView, isReady: boolean): void {
    if (isReady) return;
    for (const call of this.#callsOn(id)) this.#isUnwanted(call);
  }

  answered(call: Call): void {
    const { kind, id, forward } = call;
    if (kind === "StopPodSandbox" || kind === "RemovePodSandbox") {
      this.#requireNobody(id, "was stopped");
    }
    if (forward === undefined) return;
    this.#over(call);
    this.#requireAllHeard(call, forward);
  }

  refused(call: Call, error: unknown): void {
    const { forward } = call;
    if (forward === undefined) return;
    this.#over(call);
    this.#requireNothingElseHeard(call, forward);
    const message = messageOf(error);
    hold(
      !this.options.isFaultless || SERVICES[forward.port] === undefined ||
        !message.startsWith("Cannot connect"),
      "I27",
      () => `somebody listens on port ${forward.port}: ${message}`,
    );
  }

  lost(call: Call): void {
    this.#unwantedMicros.delete(call);
  }

  #isUnwanted(call: Call): void {
    if (!this.#unwantedMicros.has(call)) this.#unwantedMicros.set(call, this.facts.nowMicros);
  }

  #over(call: Call): void {
    const { id } = call;
    const sinceMicros = this.#unwantedMicros.get(call) ?? this.facts.nowMicros;
    this.#unwantedMicros.delete(call);
    const lateMicros = this.facts.nowMicros - sinceMicros;
    hold(
      lateMicros <= LATE_MICROS_MAX || !this.options.isTimely,
      "I27",
      () => `PortForward ${short(id)} went on for ${(lateMicros / 1_000).toFixed(0)} ms for nobody`,
    );
    // Of several nobody can tell whose one is that is left.
    if (this.#callsOn(id).length === 0) this.#requireNobody(id, "is reached by nobody");
  }

  #requireNobody(id: string, why: string): void {
    if (!this.options.isFaultless) return;
    const left = this.facts.machine.processes.all().find((it) => isForwarding(it, id));
    hold(
      left === undefined,
      "I27",
      () => `sandbox ${short(id)} ${why}, and ${left?.pid} forwards a port of it`,
    );
  }

  /** It was connected, and all is over; the port may have let go first. */
  #requireAllHeard(
    call: Call,
    { port, said, heard, hasEnded, hasHeardEnd }: ForwardingClient,
  ): void {
    const service = SERVICES[port];
    const all = service === undefined ? undefined : answerOf(service, said);
    const isWhole = heard === all && hasHeardEnd && (hasEnded || service?.ends === "at once");
    // Who is killed in between has said less.
    hold(
      isWhole || (!this.options.isFaultless && all?.startsWith(heard) === true),
      "I27",
      () => `PortForward ${short(call.id)} was answered, and its client heard "${heard}"`,
    );
  }

  #requireNothingElseHeard(call: Call, { port, said, heard }: ForwardingClient): void {
    const service = SERVICES[port];
    const all = service === undefined ? "" : answerOf(service, said);
    hold(
      all.startsWith(heard),
      "I27",
      () => `PortForward ${short(call.id)} was refused, and its client heard "${heard}"`,
    );
  }

  /** Those under way. */
  #callsOn(id: string): readonly Call[] {
    return [...this.facts.calls].filter((it) => it.kind === "PortForward" && it.id === id);
  }
}

/** Whether a process lives that connects somebody to a port of a sandbox, or is about to. */
export function isForwarding({ isAlive, args }: Process, sandboxId: string): boolean {
  return isAlive && args.includes("socat") && args.some((it) => it.includes(sandboxId));
}
