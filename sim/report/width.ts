/** The text, or its beginning and an ellipsis, in at most `width` characters. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** The text in exactly `width` characters. */
export function fit(text: string, width: number): string {
  return cut(text, width).padEnd(width);
}

/** Breaks a text at its spaces into lines of at most `width` characters; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

/** Microseconds as a duration: "850 µs", "1.2 s". */
export function duration(micros: number): string {
  if (micros < 1_000) return `${micros} µs`;
  return micros < 1_000_000
    ? `${+(micros / 1e3).toFixed(1)} ms`
    : `${+(micros / 1e6).toFixed(1)} s`;
}
