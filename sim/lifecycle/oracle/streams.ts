import type { Process } from "../../world/process.ts";
import { toText } from "../../world/content.ts";
import type { Received } from "../terminal_client.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";
import { bytesOf, type Output, Outputs } from "./written.ts";

const STREAMS = ["stdout", "stderr"] as const;

/** A program in a container that has written, and the calls under way when it was executed. */
interface Written {
  readonly process: Process;
  readonly callers: ReadonlySet<Call>;
  readonly outputs: Outputs;
}

/**
 * I26: who has executed a command is given what it has written, in order, and all of it before he hears with
 * which code it ended; and who is attached to a container is given what that writes from some time on,
 * without a gap, up to its end before he hears of that. Where conmon was killed, hangs, or was ended with the
 * container, nobody can tell him the last of it.
 */
export class Streams implements Checker {
  readonly #written = new Map<string, Written[]>();
  /** What was heard of containers, to their end. */
  readonly #heard: { readonly id: string; readonly received: Received }[] = [];

  constructor(readonly facts: Facts) {}

  executed(process: Process): void {
    const { container } = process;
    if (container === undefined) return;
    const callers = new Set([...this.facts.calls].filter((it) => it.id === container.containerId));
    const written = { process, callers, outputs: new Outputs(process) };
    this.#written.set(container.containerId, [...this.#of(container.containerId), written]);
  }

  wrote({ container }: Process, pipe: object, bytes: Uint8Array): void {
    for (const { outputs } of this.#of(container?.containerId ?? "")) outputs.wrote(pipe, bytes);
  }

  died(process: Process): void {
    this.#of(process.container?.containerId ?? "").find((it) => it.process === process)
      ?.outputs.end();
  }

  received(call: Call, received: Received, isDone: boolean): void {
    const isExec = call.kind === "Exec";
    const all = this.#of(call.id).filter(({ process, callers }) =>
      isExec ? process.container?.role === "exec" && callers.has(call) : true
    );
    // A command that is killed before it is executed has an end as well.
    const isNothing = isEmpty(received) && !(isExec && isDone && all.length > 0);
    const isRight = isNothing ||
      all.some((it) =>
        isExec ? isOfCommand(it.outputs, received, isDone) : isFrom(it.outputs, received)
      );
    if (!isExec && isDone && !isEmpty(received)) this.#heard.push({ id: call.id, received });
    hold(isRight, "I26", () => {
      const sizes = [received.stdout.length, received.stderr.length].join(" and ");
      const what = isDone ? "its end" : "no end";
      return `${call.kind} in ${short(call.id)} gave ${sizes} bytes and ${what}, ` +
        `and no program there has written that: ${
          all.map((it) => JSON.stringify(STREAMS.map((stream) => textOf(it.outputs[stream])))).join(
            ", ",
          )
        }`;
    });
  }

  powerLost(): void {
    this.#written.clear();
    this.#heard.length = 0;
  }

  atRest(): void {
    for (const { id, received } of this.#heard.splice(0)) {
      if (this.facts.isCutOff(id)) continue;
      const isWhole = this.#of(id).some(({ process, outputs }) =>
        process.container?.role === "init" &&
        STREAMS.every((stream) => isToTheEnd(outputs[stream], received[stream]))
      );
      hold(
        isWhole,
        "I26",
        () =>
          `Attach to ${short(id)} gave ${received.stdout.length} and ${received.stderr.length} ` +
          "bytes and their end, and the container has written more after them",
      );
    }
  }

  #of(id: string): readonly Written[] {
    return this.#written.get(id) ?? [];
  }
}

function isEmpty({ stdout, stderr }: Received): boolean {
  return stdout.length === 0 && stderr.length === 0;
}

/** Whether a command has written what was received of it from its beginning; and whether that is all, if done. */
function isOfCommand(outputs: Outputs, received: Received, isDone: boolean): boolean {
  return STREAMS.every((stream) => {
    const output = outputs[stream];
    const sizeMin = isDone ? output.sizeAtEnd ?? 0 : 0;
    return received[stream].length >= sizeMin &&
      textOf(output).startsWith(toText(received[stream]));
  });
}

/** Whether a program has written somewhere what was received of it. */
function isFrom(outputs: Outputs, received: Received): boolean {
  return STREAMS.every((stream) => textOf(outputs[stream]).includes(toText(received[stream])));
}

/** Whether what was received ends no earlier than the program: nothing received is of no time. */
function isToTheEnd(output: Output, received: Uint8Array): boolean {
  if (received.length === 0) return true;
  const lastStart = textOf(output).lastIndexOf(toText(received));
  return lastStart >= 0 && lastStart + received.length >= (output.sizeAtEnd ?? Infinity);
}

function textOf(output: Output): string {
  return toText(bytesOf(output));
}
