import type { Clock } from "../../src/kernel/clock.ts";
import type { Context } from "../../src/kernel/context.ts";
import { NO_LIMITS } from "../../src/container/config.ts";
import { containerConfig, sandboxConfig, UPDATES } from "./configs.ts";
import { ForwardingClient } from "./forwarding_client.ts";
import type { Lifecycle, Measured } from "./operations.ts";
import type { Call } from "./oracle/checker.ts";
import type { Facts } from "./oracle/facts.ts";
import type { Oracle } from "./oracle/oracle.ts";
import type { LifecycleProgram, Request, Talk } from "./request.ts";
import type { Slots } from "./slots.ts";
import { TerminalClient } from "./terminal_client.ts";

/** What a client has beside its request. */
export interface ClientSide {
  /** Cancelled when it gives up. */
  readonly context: Context;
  readonly clock: Clock;
  /** How containers of the program may be spoken to. */
  readonly consoles: LifecycleProgram["consoles"];
}

/**
 * Makes one request and tells the oracle what came of it. Errors that a client may get are part of
 * the game; a broken assertion of the core is not.
 */
export async function perform(
  lifecycle: Lifecycle,
  slots: Slots,
  oracle: Oracle,
  request: Request,
  side: ClientSide,
): Promise<void> {
  const { context, clock } = side;
  const id = slots.idOf(request);
  const gracePeriodMs = request.kind === "StopContainer" ? request.gracePeriodMs : 0;
  const forward = request.kind === "PortForward" ? new ForwardingClient(request, clock) : undefined;
  const call = oracle.called({
    kind: request.kind,
    id,
    gracePeriodMs,
    ...(request.kind === "UpdateContainerResources" ? { update: request.update } : {}),
    ...("talk" in request ? { pauseMs: request.talk.pauseMs } : {}),
    ...(forward === undefined ? {} : { forward }),
    runtime: lifecycle,
    context,
  });
  let answer: Answer;
  try {
    answer = "talk" in request
      ? await talk(lifecycle, oracle, call, request, side)
      : await answerOf(lifecycle, slots, oracle.facts, request, call, side);
  } catch (error) {
    oracle.refused(call, error);
    throw error;
  }
  if (answer.measured !== undefined) oracle.measured(call, answer.measured);
  oracle.answered(call, answer.exitCode);
  if (answer.id === undefined) return;
  if (request.kind === "RunPodSandbox") {
    slots.setSandbox(request.sandbox, answer.id, request.sharesPids);
  } else if (request.kind === "CreateContainer") slots.setContainer(request.place, answer.id);
}

/** What the lifecycle answers. */
interface Answer {
  /** Of what was made. */
  readonly id?: string;
  /** Of what was executed. */
  readonly exitCode?: number;
  /** By whoever has statistics. */
  readonly measured?: Measured | undefined;
}

const DONE: Answer = {};

/** Speaks with a program, and tells the oracle what it has said, also when that is not all. */
async function talk(
  { streaming }: Lifecycle,
  oracle: Oracle,
  call: Call,
  request: Extract<Request, { readonly talk: Talk }>,
  { context, clock, consoles }: ClientSide,
): Promise<Answer> {
  if (streaming === undefined) return DONE;
  const hasTerminal = request.kind === "Exec" ? request.tty : consoles === "terminals";
  const client = new TerminalClient(clock, request.talk, hasTerminal);
  const { streams } = client;
  let isDone = false;
  try {
    if (request.kind === "Attach") {
      await streaming.attach(call.id, streams, context);
      isDone = true;
      return DONE;
    }
    const { command, tty } = request;
    const exitCode = await streaming.exec(call.id, command, tty, streams, context);
    isDone = true;
    return { exitCode };
  } finally {
    oracle.received(call, client.received, isDone);
  }
}

async function answerOf(
  lifecycle: Lifecycle,
  slots: Slots,
  facts: Facts,
  request: Exclude<Request, { readonly talk: Talk }>,
  { id, context, forward }: Call,
  { consoles }: ClientSide,
): Promise<Answer> {
  switch (request.kind) {
    case "RunPodSandbox":
      return {
        id: await lifecycle.runPodSandbox(sandboxConfig(request, slots.nextAttempt()), context),
      };
    case "StopPodSandbox":
      await lifecycle.stopPodSandbox(id, context);
      return DONE;
    case "RemovePodSandbox":
      await lifecycle.removePodSandbox(id, context);
      return DONE;
    case "CreateContainer": {
      const sharesPids = request.sharesPids && slots.sharesPids(request.place.sandbox);
      const config = containerConfig(
        { ...request, sharesPids },
        slots.nextAttempt(),
        slots.nextLog(),
      );
      const spoken = {
        ...config,
        ...(consoles === undefined ? {} : { stdin: true, tty: consoles === "terminals" }),
      };
      return { id: await lifecycle.createContainer(id, spoken, context) };
    }
    case "StartContainer":
      await lifecycle.startContainer(id, context);
      return DONE;
    case "StopContainer":
      await lifecycle.stopContainer(id, request.gracePeriodMs, context);
      return DONE;
    case "RemoveContainer":
      await lifecycle.removeContainer(id, context);
      return DONE;
    case "ExecSync":
      return {
        exitCode: await lifecycle.execSync(id, request.command, request.timeoutMs, context),
      };
    case "UpdateContainerResources": {
      const resources = { ...NO_LIMITS, ...UPDATES[request.update] };
      await lifecycle.updateContainerResources(id, resources, context);
      return DONE;
    }
    case "ReopenContainerLog":
      if (rotate(facts, id)) await lifecycle.reopenContainerLog(id, context);
      return DONE;
    case "ContainerStats":
      return { measured: await lifecycle.statistics?.container(id, context) };
    case "ListContainerStats":
      return { measured: await lifecycle.statistics?.containers(context) };
    case "PodSandboxStats":
      return { measured: await lifecycle.statistics?.sandbox(id, context) };
    case "ListPodSandboxStats":
      return { measured: await lifecycle.statistics?.sandboxes(context) };
    case "PortForward":
      if (forward !== undefined) await lifecycle.forwardPort?.(id, request.port, forward, context);
      return DONE;
    case "PullImage":
      await lifecycle.pullImage(id, context);
      return DONE;
    case "RemoveImage":
      await lifecycle.removeImage(id);
      return DONE;
  }
}

/**
 * Renames the log of a container, as the kubelet does before it asks for another; false when there is
 * none to rename: then it does not ask, since the file that comes would be replaced.
 */
function rotate({ machine, containers }: Facts, id: string): boolean {
  const logPath = containers.get(id)?.logPath;
  if (logPath === undefined) return true;
  if (machine.tree.find(logPath) === undefined) return false;
  let number = 1;
  while (machine.tree.find(`${logPath}.${number}`) !== undefined) number++;
  machine.tree.rename("rename", logPath, `${logPath}.${number}`);
  return true;
}
