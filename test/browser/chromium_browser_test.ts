import { assertEquals, assertMatch } from "@std/assert";
import { accessibilityProblems, browserTest, openPage } from "./chromium.ts";

const STYLE = "<style>:root { color-scheme: light dark }</style>";

function documentOf(body: string): string {
  return `<!doctype html><html lang="en"><title>A page</title>${STYLE}<main>${body}</main></html>`;
}

browserTest("openPage() shows the page in the colour scheme and size asked for", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    await using opened = await openPage(documentOf("<h1>Hello</h1>"), { colorScheme, width: 400 });
    const { page, problems } = opened;
    assertEquals(await page.locator("h1").textContent(), "Hello");
    const query = `matchMedia("(prefers-color-scheme: ${colorScheme})").matches`;
    assertEquals(await page.evaluate(query), true);
    assertEquals(await page.evaluate("innerWidth"), 400);
    assertEquals(problems, []);
  }
});

browserTest("openPage() notices errors and whatever the page asks of the network", async () => {
  const script = `<script>console.warn("odd"); throw new Error("broken")</script>`;
  const image = `<img alt="" src="http://192.0.2.1/pixel.png">`;
  await using opened = await openPage(documentOf(script + image));
  const text = opened.problems.join("\n");
  assertMatch(text, /console: odd/);
  assertMatch(text, /error: broken/);
  assertMatch(text, /request: http:\/\/192\.0\.2\.1\/pixel\.png/);
});

browserTest(
  "accessibilityProblems() finds text that is hard to read, and nothing else",
  async () => {
    await using good = await openPage(documentOf("<h1>Hello</h1>"));
    assertEquals(await accessibilityProblems(good.page), []);
    await using bad = await openPage(
      documentOf(`<h1 style="color: #bbb; background: #fff">Hello</h1>`),
    );
    assertMatch((await accessibilityProblems(bad.page)).join("\n"), /^color-contrast: h1/);
  },
);

browserTest("openPage() leaves no file and no browser", async () => {
  let file = "";
  {
    await using opened = await openPage(documentOf(""));
    file = new URL(opened.page.url()).pathname;
    assertEquals((await Deno.stat(file)).isFile, true);
  }
  assertEquals(await Deno.stat(file).catch((error) => error.name), "NotFound");
});
