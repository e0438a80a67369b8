import { messageOf } from "../../errors.ts";

/** The part of Kubernetes' metav1.Status that says how a command ended. */
export type CommandStatus =
  | { readonly metadata: Record<never, never>; readonly status: "Success" }
  | {
    readonly metadata: Record<never, never>;
    readonly status: "Failure";
    readonly message: string;
    readonly reason: "NonZeroExitCode" | "InternalError";
    readonly details: {
      readonly causes: readonly { readonly reason?: "ExitCode"; readonly message: string }[];
    };
    /** An HTTP status, for errors that are none of the command. */
    readonly code?: 500;
  };

/** How a command ended that ran (k8s.io/cri-streaming, remotecommand/exec.go). */
export function exitStatus(exitCode: number): CommandStatus {
  if (exitCode === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit code ${exitCode}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
  };
}

/** How a command ended that could not be run, or not to its end. */
export function errorStatus(error: unknown): CommandStatus {
  const message = messageOf(error);
  return {
    metadata: {},
    status: "Failure",
    message: `Internal error occurred: ${message}`,
    reason: "InternalError",
    details: { causes: [{ message }] },
    code: 500,
  };
}

/** What the error stream says: JSON since the fourth version of the protocol, before that words, if any. */
export function statusBytes(status: CommandStatus, version: number): Uint8Array {
  const encoder = new TextEncoder();
  if (version >= 4) return encoder.encode(JSON.stringify(status));
  return encoder.encode(status.status === "Success" ? "" : status.message);
}
