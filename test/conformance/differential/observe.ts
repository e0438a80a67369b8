import { listContainers } from "../../../src/container/query.ts";
import { reasonOf } from "../../../src/container/state.ts";
import { messageOf, RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import { removePodSandbox } from "../../../src/sandbox/remove.ts";
import { isReady, listSandboxes } from "../../../src/sandbox/query.ts";
import type { Bench } from "./bench.ts";
import { inventory, logs } from "./inventory.ts";
import { Names } from "./names.ts";
import { type Program, type Step, stepText } from "./program.ts";
import { Session } from "./session.ts";

/** What a program looked like from outside: lines that must be the same on every machine. */
export type Observations = readonly string[];

/**
 * Runs a program and writes down what a client and an administrator can see: each answer, the events,
 * every state after each step; then what there is of pods; then, when all was removed, what is left.
 */
export async function observe(program: Program, bench: Bench): Promise<Observations> {
  const names = new Names(bench.config);
  const session = new Session(bench, program, names);
  await session.boot();
  const lines: string[] = [];
  for (const step of program.steps) {
    lines.push(`${stepText(step)}: ${await answerOf(session, step)}`);
    lines.push(...eventsOf(session), ...statesOf(session));
  }
  const { runtime } = session;
  lines.push("logs:", ...await logs(session));
  lines.push("what there is:", ...await inventory(session));
  for (const { id } of [...runtime.sandboxes.values()]) {
    await removePodSandbox(runtime, id, Context.background());
  }
  lines.push("removed:", ...eventsOf(session));
  lines.push("what is left:", ...await inventory(session), ...await bench.leftovers());
  await bench.endLife();
  return lines;
}

async function answerOf(session: Session, step: Step): Promise<string> {
  try {
    return `done ${await session.take(step)}`.trim();
  } catch (error) {
    if (error instanceof RuntimeError) {
      return `${error.code} ${session.names.text(error.message)}`;
    }
    if (error instanceof KernelError) {
      return `${error.errno} ${session.names.text(messageOf(error))}`;
    }
    throw error;
  }
}

/** What was announced since the last look: a line an object, since the ends of two race. */
function eventsOf({ events, names }: Session): readonly string[] {
  const byObject = new Map<string, string[]>();
  for (const { type, id, sandboxId } of events.splice(0)) {
    const name = id === sandboxId ? names.sandbox(id) : names.container(id);
    byObject.set(name, [...byObject.get(name) ?? [], type]);
  }
  return [...byObject].map(([name, types]) => `  event ${name}: ${types.join(", ")}`).sort();
}

function statesOf({ runtime, names }: Session): readonly string[] {
  const sandboxes = listSandboxes(runtime, {}).map((it) => {
    const ips = it.status.network?.ips ?? [];
    return `  ${names.sandbox(it.id)}: ${isReady(it) ? "READY" : "NOTREADY"} ${ips.join(" ")}`;
  });
  const containers = listContainers(runtime, {}).map(({ id, sandboxId, status }) => {
    const { state, exitCode, message } = status;
    const end = state === "EXITED" ? ` ${exitCode} ${reasonOf(status)}` : "";
    const words = message === "" ? "" : ` (${names.text(message)})`;
    const { resources, resourcesIntended } = status;
    const limits = resources === undefined ? "" : ` ${JSON.stringify(resources)}`;
    const intended = resourcesIntended === undefined ? "" : " about to have others";
    const whole = `${state}${end}${words}${limits}${intended}`;
    return `  ${names.container(id)} in ${names.sandbox(sandboxId)}: ${whole}`;
  });
  return [...sandboxes, ...containers].sort();
}
