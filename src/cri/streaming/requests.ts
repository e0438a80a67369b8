import { RuntimeError } from "../../errors.ts";
import { isPort } from "../../sandbox/port_forward.ts";
import type { AttachRequest, ExecRequest, PortForwardRequest } from "../gen/v1_pb.ts";

/** Which of its streams a client wants connected. */
export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** With a terminal, sizes come along, and there is no stderr. */
  readonly tty: boolean;
}

/** A command or an attachment, which look alike to a client. */
export type CommandRequest =
  & WantedStreams
  & { readonly containerId: string }
  & ({ readonly kind: "exec"; readonly command: readonly string[] } | { readonly kind: "attach" });

/** Ports of a pod. */
export interface PortsRequest {
  readonly kind: "portforward";
  readonly podSandboxId: string;
  /** Only a client that speaks WebSocket channels keeps to these; others name each port as they go. */
  readonly ports: readonly number[];
}

/** What a client may ask of the streaming server; `kind` is the first part of its URL's path. */
export type StreamRequest = CommandRequest | PortsRequest;

/** As CRI's Exec asks. @throws {RuntimeError} INVALID_ARGUMENT */
export function execRequestFrom(request: ExecRequest): CommandRequest & { kind: "exec" } {
  if (request.cmd.length === 0) refuse("missing required cmd");
  return { kind: "exec", ...commandFrom(request), command: request.cmd };
}

/** As CRI's Attach asks. @throws {RuntimeError} INVALID_ARGUMENT */
export function attachRequestFrom(request: AttachRequest): CommandRequest & { kind: "attach" } {
  return { kind: "attach", ...commandFrom(request) };
}

/** As CRI's PortForward asks. @throws {RuntimeError} INVALID_ARGUMENT */
export function portsRequestFrom({ podSandboxId, port }: PortForwardRequest): PortsRequest {
  if (podSandboxId === "") refuse("missing required pod_sandbox_id");
  for (const it of port) {
    if (!isPort(it)) refuse(`port ${it} is not between 1 and 65535`);
  }
  return { kind: "portforward", podSandboxId, ports: port };
}

/** What Kubernetes refuses, in its words (k8s.io/cri-streaming, server.go, validateExecRequest). */
function commandFrom(
  { containerId, stdin, stdout, stderr, tty }: ExecRequest | AttachRequest,
): WantedStreams & { readonly containerId: string } {
  if (containerId === "") refuse("missing required container_id");
  if (tty && stderr) refuse("tty and stderr cannot both be true");
  if (!stdin && !stdout && !stderr) refuse("one of stdin, stdout, or stderr must be set");
  return { containerId, stdin, stdout, stderr, tty };
}

function refuse(reason: string): never {
  throw new RuntimeError("INVALID_ARGUMENT", reason);
}
