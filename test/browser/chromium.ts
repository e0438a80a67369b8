/**
 * A real browser for pages that must stand alone: each is opened from a file of its own, without a
 * network, in a headless Chromium of this host.
 *
 * @module
 */

import { join, toFileUrl } from "@std/path";
import axe from "axe-core";
import { chromium, type Page } from "playwright-core";

/** How a page is looked at. */
export interface View {
  /** What the reader's system asks for; "light" unless given. */
  readonly colorScheme?: "light" | "dark";
  /** In CSS pixels; 1280 unless given. */
  readonly width?: number;
  /** In CSS pixels; 800 unless given. */
  readonly height?: number;
}

/** A page in its browser; disposing it ends the browser and removes the file. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /**
   * What no page of ours may do: errors, warnings on the console, requests for anything but itself. It
   * grows as they happen.
   */
  readonly problems: readonly string[];
}

/** Where Debian and others put it. CHROMIUM in the environment goes first. */
const PLACES = [
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
];

/** Registers a test that needs Chromium; elsewhere it is ignored and says why. */
export function browserTest(name: string, body: () => Promise<void>): void {
  if (findChromium() !== undefined) Deno.test(name, body);
  else Deno.test.ignore(`${name} (needs Chromium: apt-get install chromium-headless-shell)`, body);
}

/** Opens a page of HTML by file:, as whoever was sent the file would. */
export async function openPage(html: string, view: View = {}): Promise<OpenPage> {
  const { colorScheme = "light", width = 1280, height = 800 } = view;
  await using undo = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "slipway-page-" });
  undo.defer(() => Deno.remove(folder, { recursive: true }));
  const file = join(folder, "page.html");
  await Deno.writeTextFile(file, html);

  const browser = await chromium.launch({ executablePath: findChromium() ?? "chromium" });
  undo.defer(() => browser.close());
  const context = await browser.newContext({
    colorScheme,
    viewport: { width, height },
    offline: true,
  });
  const page = await context.newPage();
  const url = toFileUrl(file).href;
  const problems = watch(page, url);
  await page.goto(url);
  const opened = undo.move();
  return { page, problems, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** What keeps readers out, by the rules of WCAG 2.2 AA: contrast, names, roles, order. A line each. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  await page.evaluate(axe.source);
  const results: axe.AxeResults = await page.evaluate(
    `axe.run({ runOnly: ${JSON.stringify(rules)} })`,
  );
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map((it) => `${id}: ${it.target.join(" ")}: ${it.failureSummary}`)
  );
}

function watch(page: Page, url: string): string[] {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) {
      problems.push(`request: ${request.url()}`);
    }
  });
  return problems;
}

function findChromium(): string | undefined {
  const chosen = Deno.env.get("CHROMIUM");
  return [...(chosen === undefined ? [] : [chosen]), ...PLACES].find(isFile);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
