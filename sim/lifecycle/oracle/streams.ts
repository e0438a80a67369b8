import type { Process } from "../../world/process.ts";
import { concat, toText } from "../../world/content.ts";
import type { Received } from "../terminal_client.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/** One output of a program: what it and its descendants have written to it. */
interface Output {
  readonly pipe: object | undefined;
  readonly chunks: Uint8Array[];
  size: number;
  /** How much it was when the program ended; undefined while it lives. */
  sizeAtEnd: number | undefined;
}

/** A program in a container that has written, and the calls under way when it was executed. */
interface Written {
  readonly process: Process;
  readonly callers: ReadonlySet<Call>;
  readonly stdout: Output;
  readonly stderr: Output;
}

/**
 * I26: who has executed a command is given what it has written, in order, and all of it before he hears with
 * which code it ended; and who is attached to a container is given what that writes from some time on,
 * without a gap, and to its end when he is told that.
 */
export class Streams implements Checker {
  readonly #written = new Map<string, Written[]>();

  constructor(readonly facts: Facts) {}

  executed(process: Process): void {
    const { container } = process;
    if (container === undefined) return;
    const outputOf = (fd: number): Output => (
      { pipe: process.files.get(fd)?.pipe, chunks: [], size: 0, sizeAtEnd: undefined }
    );
    const callers = new Set([...this.facts.calls].filter((it) => it.id === container.containerId));
    const written = { process, callers, stdout: outputOf(1), stderr: outputOf(2) };
    this.#written.set(container.containerId, [...this.#of(container.containerId), written]);
  }

  wrote({ container }: Process, pipe: object, bytes: Uint8Array): void {
    for (const { stdout, stderr } of this.#of(container?.containerId ?? "")) {
      // A terminal is both.
      const output = stdout.pipe === pipe ? stdout : stderr;
      if (output.pipe !== pipe) continue;
      output.chunks.push(bytes);
      output.size += bytes.length;
    }
  }

  died(process: Process): void {
    for (const written of this.#of(process.container?.containerId ?? "")) {
      if (written.process !== process) continue;
      written.stdout.sizeAtEnd ??= written.stdout.size;
      written.stderr.sizeAtEnd ??= written.stderr.size;
    }
  }

  received(call: Call, received: Received, isDone: boolean): void {
    const isExec = call.kind === "Exec";
    const all = this.#of(call.id).filter(({ process, callers }) =>
      isExec ? process.container?.role === "exec" && callers.has(call) : true
    );
    // A command that is killed before it is executed has an end as well.
    const isNothing = isEmpty(received) && !(isExec && isDone && all.length > 0);
    const isRight = isNothing ||
      all.some((it) => isExec ? isOfCommand(it, received, isDone) : isFrom(it, received));
    hold(isRight, "I26", () => {
      const sizes = [received.stdout.length, received.stderr.length].join(" and ");
      const what = isDone ? "its end" : "no end";
      return `${call.kind} in ${short(call.id)} gave ${sizes} bytes and ${what}, ` +
        `and no program there has written that: ${
          all.map((it) => JSON.stringify([textOf(it.stdout), textOf(it.stderr)])).join(", ")
        }`;
    });
  }

  powerLost(): void {
    this.#written.clear();
  }

  #of(id: string): readonly Written[] {
    return this.#written.get(id) ?? [];
  }
}

function isEmpty({ stdout, stderr }: Received): boolean {
  return stdout.length === 0 && stderr.length === 0;
}

/** Whether a command has written what was received of it from its beginning; and whether that is all, if done. */
function isOfCommand(written: Written, received: Received, isDone: boolean): boolean {
  return (["stdout", "stderr"] as const).every((stream) => {
    const output = written[stream];
    const sizeMin = isDone ? output.sizeAtEnd ?? 0 : 0;
    return received[stream].length >= sizeMin &&
      textOf(output).startsWith(toText(received[stream]));
  });
}

/** Whether a program has written somewhere what was received of it. */
function isFrom(written: Written, received: Received): boolean {
  return (["stdout", "stderr"] as const).every((stream) =>
    textOf(written[stream]).includes(toText(received[stream]))
  );
}

function textOf({ chunks }: Output): string {
  return toText(concat([...chunks, new Uint8Array(0)]));
}
