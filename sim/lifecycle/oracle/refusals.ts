import { type ErrorCode, messageOf, RuntimeError } from "../../../src/errors.ts";
import type { Context } from "../../../src/kernel/context.ts";
import type { Call, Checker } from "./checker.ts";
import { hold, short } from "./violation.ts";

/** Of each call that makes, changes or measures something, what it may be refused for where the machine is in order. */
const REASONS: Readonly<Record<string, readonly ErrorCode[]>> = {
  RunPodSandbox: ["ALREADY_EXISTS", "CANCELLED", "UNAVAILABLE"],
  CreateContainer: [
    "ALREADY_EXISTS",
    "CANCELLED",
    "FAILED_PRECONDITION",
    "NOT_FOUND",
    "UNAVAILABLE",
  ],
  StartContainer: ["CANCELLED", "FAILED_PRECONDITION", "NOT_FOUND", "UNAVAILABLE"],
  PullImage: ["CANCELLED", "UNAVAILABLE"],
  ContainerStats: ["CANCELLED", "NOT_FOUND", "UNAVAILABLE"],
  PodSandboxStats: ["CANCELLED", "NOT_FOUND", "UNAVAILABLE"],
  ListContainerStats: ["CANCELLED", "UNAVAILABLE"],
  ListPodSandboxStats: ["CANCELLED", "UNAVAILABLE"],
  PortForward: ["CANCELLED", "FAILED_PRECONDITION", "NOT_FOUND", "UNAVAILABLE"],
  UpdateContainerResources: ["CANCELLED", "FAILED_PRECONDITION", "NOT_FOUND", "UNAVAILABLE"],
};

/** The workload that no image has, and the limit that no group has. */
const IMPOSSIBLE = ["executable file not found", "cpu.max: invalid argument"];

/** What says of a call that was given up that something else went wrong. */
const WRONG: readonly ErrorCode[] = ["UNKNOWN", "INTERNAL"];

/**
 * What ExecSync has for an answer before its client gives up: the OCI runtime found the container ended, or
 * whoever ends that has killed the command's conmon. Its files are removed before it is told.
 */
const ANSWERS = /^(failed to exec in container|conmon did not tell how a command in container)/;

/**
 * I11: where nothing went wrong but that the daemon was killed or stopped, who asks for what is possible gets
 * it. A runtime that refuses every start breaks none of the other invariants. And whoever is cut off hears
 * that, and not of a failure.
 */
export class Refusals implements Checker {
  refused({ kind, id, context }: Call, error: unknown): void {
    const reasons = REASONS[kind];
    if (isCauseOf(context, error)) return;
    const message = messageOf(error);
    if (reasons === undefined) {
      const isWrong = !(error instanceof RuntimeError) || WRONG.includes(error.code);
      hold(
        context.cause === undefined || !isWrong || ANSWERS.test(message),
        "I11",
        () => `${kind} ${short(id)} was cut off, and says that it failed: ${message}`,
      );
      return;
    }
    const hasReason = error instanceof RuntimeError && reasons.includes(error.code) &&
      !message.endsWith("already dead");
    hold(
      hasReason || IMPOSSIBLE.some((it) => message.includes(it)),
      "I11",
      () => `${kind} ${short(id)} was refused, and nothing was wrong: ${message}`,
    );
  }
}

/** Whether the client has given up: it was cancelled, or its deadline has passed. */
function isCauseOf({ cause }: Context, error: unknown): boolean {
  return cause !== undefined && error instanceof RuntimeError && error.code === cause.code;
}
