import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";

import { pageOf } from "../../bench/page/page.ts";
import type { Report } from "../../bench/report.ts";
import { REPORT } from "../unit/bench/fixture.ts";
import { accessibilityProblems, browserTest, openPage, type View } from "./chromium.ts";

const PAGE = pageOf(REPORT);

const VIEWS: readonly Required<View>[] = [
  { colorScheme: "light", width: 1280, height: 800 },
  { colorScheme: "dark", width: 1280, height: 800 },
  { colorScheme: "light", width: 360, height: 700 },
  { colorScheme: "dark", width: 360, height: 700 },
];

for (const view of VIEWS) {
  const { colorScheme, width } = view;
  browserTest(`the bench page is whole and readable, ${colorScheme}, ${width} px`, async () => {
    await using opened = await openPage(PAGE, view);
    const { page, problems } = opened;
    await page.locator("details").evaluateAll((all) =>
      all.forEach((it) => it.setAttribute("open", ""))
    );
    assertEquals(await accessibilityProblems(page), []);
    assertEquals(await page.evaluate("document.documentElement.scrollWidth"), width);
    assertEquals(problems, []);
  });
}

browserTest("the bench page shows what the report says", async () => {
  await using opened = await openPage(PAGE);
  const { page } = opened;
  assertEquals(await cells(page, "#calls .panel", "StartContainer"), [
    ["us", "10.0", "30.0", "30.0"],
    ["peer", "10.0", "10.0", "10.0"],
  ]);
  assertEquals((await cells(page, "#costs .panel", "Memory")).slice(0, 2), [
    ["us", "", "50.0 MB"],
    ["peer", "", "40.0 MB"],
  ]);
  const verdicts = await page.locator("#bars tbody tr").evaluateAll((rows) =>
    rows.map((it) => it.querySelector(".verdict")?.textContent)
  );
  assertEquals(verdicts, REPORT.bars.map((it) => it.isMet ? "met" : "not met"));
  const { spans } = REPORT.trace ?? { spans: [] };
  assertEquals(
    await page.locator("#spans tbody th").evaluateAll((all) =>
      all.map((it) => it.firstChild?.nodeValue?.trim())
    ),
    spans.filter((it) => it.p50 > 0).map((it) => it.path.at(-1)),
  );
});

browserTest("the bench page draws spans where and as long as they were", async () => {
  await using opened = await openPage(PAGE);
  const { page } = opened;
  const box = async (name: string) => {
    const row = page.locator("details[open] tr").filter({ hasText: new RegExp(`^\\s*${name}`) });
    const found = await row.locator(".bar").first().boundingBox();
    assert(found !== null, name);
    return found;
  };
  const [client, commit, release] = [
    await box("client"),
    await box("commit"),
    await box("task.release"),
  ];
  // A call of 10 ms; the commit from 2 to 4, the release from 5 to 8.
  const at = (x: number) => Math.round((x - client.x) / client.width * 100) / 10;
  assertEquals([at(commit.x), at(commit.x + commit.width)], [2, 4]);
  assertEquals([at(release.x), at(release.x + release.width)], [5, 8]);
});

browserTest(
  "the bench page hides an endpoint by keyboard, everywhere, and shows it again",
  async () => {
    await using opened = await openPage(PAGE);
    const { page } = opened;
    const visible = () => page.locator("main .e1:visible").count();
    const all = await visible();
    assert(all > 0);
    await page.getByRole("checkbox", { name: "peer" }).focus();
    await page.keyboard.press("Space");
    assertEquals(await visible(), 0);
    assert(await page.locator("main .e0:visible").count() > 0);
    await page.keyboard.press("Space");
    assertEquals(await visible(), all);
  },
);

browserTest("the bench page opens a waterfall by keyboard", async () => {
  await using opened = await openPage(PAGE);
  const { page } = opened;
  const stop = page.locator("details", { hasText: "StopContainer" });
  const row = stop.getByText("signal process");
  assertEquals(await row.isVisible(), false);
  await stop.locator("summary").focus();
  await page.keyboard.press("Enter");
  assertEquals(await row.isVisible(), true);
});

browserTest("the bench page shows text from elsewhere as text", async () => {
  const evil = `<img src=x onerror="document.title='taken'">"'&`;
  const report: Report = {
    ...REPORT,
    commandLine: [`--peer=${evil}`],
    machine: { ...REPORT.machine, cpu: evil },
    endpoints: REPORT.endpoints.map((it) => ({ ...it, name: evil, runtime: evil })),
    ratios: REPORT.ratios.map((it) => ({ ...it, peer: evil })),
    bars: REPORT.bars.map((it) => ({ ...it, peer: evil, name: evil })),
    trace: REPORT.trace && {
      ...REPORT.trace,
      waterfall: REPORT.trace.waterfall.map((call) => ({
        ...call,
        spans: call.spans.map((it) => ({ ...it, name: evil })),
      })),
      spans: REPORT.trace.spans.map((it) => ({ ...it, path: [evil] })),
      counts: { [evil]: { [evil]: 1 } },
    },
  };
  await using opened = await openPage(pageOf(report));
  const { page, problems } = opened;
  assertEquals(await page.locator("img, script").count(), 0);
  assert((await page.locator("h1").textContent())?.startsWith(evil));
  assertEquals(problems, []);
});

/** The rows of the panel with that title: the text of each cell. */
function cells(page: Page, panels: string, title: string): Promise<string[][]> {
  const panel = page.locator(panels).filter({ has: page.getByText(title, { exact: true }) });
  return panel.locator("tbody tr").evaluateAll((rows) =>
    rows.map((row) => [...row.children].map((it) => it.textContent?.trim() ?? ""))
  );
}
