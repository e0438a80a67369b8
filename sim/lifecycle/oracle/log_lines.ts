/** Where a line of a log was written to. */
export type Stream = "stdout" | "stderr";

/** What a log says was written. */
export interface LoggedOutput {
  readonly stdout: string;
  readonly stderr: string;
  /** The first line that is none of CRI's format; undefined when all are. */
  readonly wrong: string | undefined;
}

/** CRI's log format: a time, the stream, F for a full line or P for a part of one, and what it was. */
const LINE =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([FP]) (.*)$/s;

/** Puts what was written together again from the lines of a log. */
export function parseLog(text: string): LoggedOutput {
  const output = { stdout: "", stderr: "" };
  const lines = text.split("\n");
  // The last line has an end like all others.
  if (lines.pop() !== "") return { ...output, wrong: text.slice(text.lastIndexOf("\n") + 1) };
  for (const line of lines) {
    const [, stream, tag, content] = LINE.exec(line) ?? [];
    if (stream !== "stdout" && stream !== "stderr") return { ...output, wrong: line };
    output[stream] += tag === "F" ? `${content}\n` : content;
  }
  return { ...output, wrong: undefined };
}
