import { concat } from "../../world/content.ts";
import type { Process } from "../../world/process.ts";
import type { Stream } from "./log_lines.ts";

/** One output of a program: what it and those it left it to have written. */
export interface Output {
  readonly pipe: object | undefined;
  readonly chunks: Uint8Array[];
  size: number;
  /** How much it was when the program ended; undefined while it lives. */
  sizeAtEnd: number | undefined;
}

/** Both outputs of a program from its execution on. */
export class Outputs implements Readonly<Record<Stream, Output>> {
  readonly stdout: Output;
  readonly stderr: Output;

  constructor({ files }: Process) {
    const outputOf = (fd: number): Output => (
      { pipe: files.get(fd)?.pipe, chunks: [], size: 0, sizeAtEnd: undefined }
    );
    this.stdout = outputOf(1);
    this.stderr = outputOf(2);
  }

  /** Somebody wrote to a pipe, perhaps to one of these. A terminal is both, and counts as the former. */
  wrote(pipe: object, bytes: Uint8Array): void {
    const output = [this.stdout, this.stderr].find((it) => it.pipe === pipe);
    if (output === undefined) return;
    output.chunks.push(bytes);
    output.size += bytes.length;
  }

  /** The program has ended; others may write on. */
  end(): void {
    this.stdout.sizeAtEnd ??= this.stdout.size;
    this.stderr.sizeAtEnd ??= this.stderr.size;
  }
}

/** All of an output. */
export function bytesOf({ chunks }: Output): Uint8Array {
  return concat([...chunks, new Uint8Array(0)]);
}
