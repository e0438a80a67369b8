import type { Process } from "../../world/process.ts";
import { toBytes, toText } from "../../world/content.ts";
import type { Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { parseLog, type Stream } from "./log_lines.ts";
import { hold, short } from "./violation.ts";
import { bytesOf, type Output, Outputs } from "./written.ts";

/**
 * I16: what a program wrote before its end is in its log once, in order and whole, in the files that
 * were rotated away and the present one; what its descendants wrote later may be cut off. Where conmon
 * was killed, hangs, or lost its disk, what there is is the beginning of it.
 */
export class Logs implements Checker {
  readonly #outputs = new Map<string, Outputs>();

  constructor(readonly facts: Facts) {}

  executed(process: Process): void {
    if (process.container?.role !== "init") return;
    this.#outputs.set(process.container.containerId, new Outputs(process));
  }

  wrote({ container }: Process, pipe: object, bytes: Uint8Array): void {
    this.#outputs.get(container?.containerId ?? "")?.wrote(pipe, bytes);
  }

  died(process: Process): void {
    const id = process.container?.containerId;
    if (id === undefined || this.facts.machine.inits.get(id) !== process) return;
    this.#outputs.get(id)?.end();
  }

  powerLost(): void {
    this.#outputs.clear();
  }

  atRest(): void {
    for (const [id, outputs] of this.#outputs) this.#check(id, outputs);
  }

  #check(id: string, outputs: Outputs): void {
    const { machine } = this.facts;
    const logPath = this.facts.containers.get(id)?.logPath;
    if (logPath === undefined || logPath === "/dev/null") return;
    const files: string[] = [];
    for (let number = 1;; number++) {
      const rotated = machine.tree.find(`${logPath}.${number}`);
      if (rotated === undefined) break;
      files.push(toText(rotated.inode.content));
    }
    const present = machine.tree.find(logPath);
    if (present !== undefined) files.push(toText(present.inode.content));
    const logged = parseLog(files.join(""));
    hold(
      logged.wrong === undefined,
      "I16",
      () => `the log of ${short(id)} has the line ${JSON.stringify(logged.wrong)}`,
    );
    for (const stream of ["stdout", "stderr"] as const) {
      this.#compare(id, stream, outputs[stream], toBytes(logged[stream]));
    }
  }

  #compare(id: string, stream: Stream, output: Output, logged: Uint8Array): void {
    const written = bytesOf(output);
    const sizeMin = this.facts.isCutOff(id) ? 0 : output.sizeAtEnd ?? output.size;
    const about = () =>
      `of ${stream} of ${
        short(id)
      } ${written.length} bytes were written, ${sizeMin} in its life, ` +
      `and ${logged.length} logged`;
    hold(logged.length >= sizeMin && logged.length <= written.length, "I16", about);
    const isSame = isPrefix(logged, written);
    hold(isSame, "I16", () => `${about()}, others than were written`);
  }
}

function isPrefix(bytes: Uint8Array, whole: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== whole[i]) return false;
  return true;
}
