import { Option } from "commander";

import {
  type FailureReport,
  reportChromeTrace,
  reportHtml,
  reportNdjson,
  reportText,
} from "../../sim/report/mod.ts";

/** Where else than on the terminal a failing run is shown. */
export interface FailureFiles {
  readonly html?: string;
  readonly ndjson?: string;
  readonly perfetto?: string;
}

const WIDTH = 120;
/** Narrower than this, lanes tell nothing. */
const WIDTH_MIN = 80;

/** The options that name them. */
export function failureFileOptions(): Option[] {
  return [
    new Option("--html <file>", "write it as a page for a browser"),
    new Option("--ndjson <file>", "write it as lines of JSON"),
    new Option("--perfetto <file>", "write it as a trace that https://ui.perfetto.dev opens"),
  ];
}

/** Writes those that are wanted; a line for each says where it is. */
export async function writeFailure(
  report: FailureReport,
  { html, ndjson, perfetto }: FailureFiles,
): Promise<string[]> {
  const lines: string[] = [];
  const write = async (file: string | undefined, what: string, text: () => string) => {
    if (file === undefined) return;
    await Deno.writeTextFile(file, text());
    lines.push(`${what}: ${file}`);
  };
  await write(html, "Page", () => reportHtml(report));
  await write(ndjson, "Lines of JSON", () => reportNdjson(report));
  await write(perfetto, "Trace for Perfetto", () => reportChromeTrace(report));
  return lines;
}

/** The page for this terminal: as wide as it is, and with colours unless they are not wanted. */
export function failureText(report: FailureReport): string {
  const isTerminal = Deno.stdout.isTerminal();
  const width = isTerminal ? Math.max(WIDTH_MIN, Deno.consoleSize().columns) : WIDTH;
  return reportText(report, { width, hasColor: isTerminal && !Deno.noColor });
}
