import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { type FailureReport, reportHtml, type Trace } from "../../sim/report/mod.ts";
import { lifecycleReport } from "../unit/sim/report/lifecycle.ts";
import { lockReport } from "../unit/sim/report/lock_file.ts";
import {
  accessibilityProblems,
  browserTest,
  type OpenPage,
  openPage,
  type View,
} from "./chromium.ts";

/** As `sim/report/page/geometry.js` draws them. */
const LANE_HEIGHT = 26;
const RULER_HEIGHT = 34;

async function openReport(report: FailureReport, view?: View): Promise<OpenPage> {
  const opened = await openPage(reportHtml(report), view);
  await opened.page.waitForFunction("document.documentElement.dataset.ready === 'true'");
  return opened;
}

/** Moves the pointer along a lane and tells what the card says, where it says something new. */
async function cardsOf(page: Page, lane: number): Promise<{ x: number; text: string }[]> {
  const box = await page.locator("#timeline-failing canvas").boundingBox();
  assert(box !== null);
  const card = page.locator("#card");
  const cards: { x: number; text: string }[] = [];
  for (let x = box.x + 215; x < box.x + box.width - 4; x += 9) {
    await page.mouse.move(x, box.y + RULER_HEIGHT + (lane + 0.5) * LANE_HEIGHT);
    const text = await card.isVisible() ? await card.innerText() : "";
    if (text !== "" && text !== cards.at(-1)?.text) cards.push({ x, text });
  }
  return cards;
}

browserTest("the page of a failure can be read in light and dark, wide and narrow", async () => {
  const report = await lockReport();
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
      await using opened = await openReport(report, { colorScheme, width });
      const { page, problems } = opened;
      await page.locator(".deviations a").first().click();
      assertEquals(await accessibilityProblems(page), [], `${colorScheme}, ${width} wide`);
      assertEquals(await page.evaluate("document.documentElement.scrollWidth"), width);
      assertEquals(problems, []);
    }
  }
});

browserTest(
  "the button for the theme changes the colours of the page and of the lanes",
  async () => {
    await using opened = await openReport(await lockReport());
    const { page } = opened;
    const canvas = page.locator("#timeline-failing canvas");
    const before = await canvas.screenshot();
    const background = "getComputedStyle(document.body).backgroundColor";
    const light = await page.evaluate(background);
    await page.locator("#theme").click();
    assertNotEquals(await page.evaluate(background), light);
    assertNotEquals(await canvas.screenshot(), before);
    assertEquals(await accessibilityProblems(page), []);
  },
);

browserTest("a deviation leads to its step, with its arguments and its outcome", async () => {
  await using opened = await openReport(await lockReport());
  const { page } = opened;
  const links = page.locator(".deviations a");
  assertMatch(
    await links.first().innerText(),
    /step 4\s+lock for bob is preempted before it writes \/run\/app.lock/,
  );
  await links.nth(1).click();
  const details = page.locator("#details");
  await details.getByText("step 8 of the failing run").waitFor();
  assertMatch(await details.innerText(), /files\.writeFile \/run\/app\.lock/);
  assertEquals(await links.nth(1).getAttribute("aria-current"), "step");
  assertMatch(await page.locator("#live").innerText(), /^Step 8 of the failing run, lock for bob/);

  await page.locator(".story a", { hasText: "readFile" }).first().click();
  await details.getByText("step 3 of the failing run").waitFor();
  assertMatch(await details.innerText(), /✗ readFile "\/run\/app.lock": ENOENT/);
});

browserTest("hovering a step shows its call, and a press keeps it", async () => {
  await using opened = await openReport(await lockReport());
  const { page, problems } = opened;
  await page.locator("#timeline-failing").scrollIntoViewIfNeeded();
  const cards = await cardsOf(page, 2);
  assertEquals(cards.map((it) => /step \d+/.exec(it.text)?.[0]), [
    "step 4",
    "step 5",
    "step 6",
    "step 7",
  ]);
  const read = cards[1];
  assert(read !== undefined);
  assertMatch(read.text, /lock for alice step 5\s+files.readFile \/run\/app.lock/);
  assertMatch(read.text, /✗ readFile "\/run\/app.lock": ENOENT/);

  const box = await page.locator("#timeline-failing canvas").boundingBox();
  await page.mouse.click(read.x, (box?.y ?? 0) + RULER_HEIGHT + 2.5 * LANE_HEIGHT);
  assertMatch(await page.locator("#details").innerText(), /step 5 of the failing run/);
  assertEquals(problems, []);
});

browserTest("the wheel zooms around the pointer, and dragging moves", async () => {
  await using opened = await openReport(await lockReport());
  const { page } = opened;
  await page.locator("#timeline-failing").scrollIntoViewIfNeeded();
  const before = await cardsOf(page, 2);
  const [, second, third] = before;
  assert(second !== undefined && third !== undefined);
  const y = ((await page.locator("#timeline-failing canvas").boundingBox())?.y ?? 0) +
    RULER_HEIGHT + 2.5 * LANE_HEIGHT;
  await page.mouse.move(second.x + 20, y);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -120);
  await page.keyboard.up("Control");
  await page.mouse.move(second.x + 21, y);
  assertEquals(await page.locator("#card").innerText(), second.text);
  const near = await cardsOf(page, 2);
  const widthOf = (cards: typeof near, text: string) => {
    const index = cards.findIndex((it) => it.text === text);
    return (cards[index + 1]?.x ?? Infinity) - (cards[index]?.x ?? 0);
  };
  assert(widthOf(near, second.text) > 1.2 * widthOf(before, second.text), "nothing came nearer");

  await page.mouse.move(second.x + 20, y);
  await page.mouse.down();
  await page.mouse.move(second.x - 180, y, { steps: 4 });
  await page.mouse.up();
  await page.mouse.move(second.x - 179, y);
  assertEquals(await page.locator("#card").innerText(), second.text);
});

browserTest("keys go from deviation to deviation and from step to step", async () => {
  await using opened = await openReport(await lockReport());
  const { page } = opened;
  const chosen = async () => /step (\d+) of/.exec(await page.locator("#details").innerText())?.[1];
  await page.keyboard.press("n");
  assertEquals(await chosen(), "4");
  await page.keyboard.press("n");
  assertEquals(await chosen(), "8");
  await page.locator("#timeline-failing canvas").focus();
  await page.keyboard.press("ArrowLeft");
  assertEquals(await chosen(), "3");
  await page.keyboard.press("ArrowDown");
  assertEquals(await chosen(), "4");
  await page.keyboard.press("End");
  assertEquals(await chosen(), "9");
  await page.keyboard.press("Escape");
  assertEquals(await chosen(), undefined);
  await page.keyboard.press("/");
  assertEquals(await page.evaluate("document.activeElement.id"), "search");
});

browserTest("objects and words filter, and both axes have all steps", async () => {
  const report = await lifecycleReport(6, 40);
  await using opened = await openReport(report);
  const { page, problems } = opened;
  const steps = [...report.failing.steps, ...report.passing?.steps ?? []];
  const renamed = steps.flatMap(({ verb, objects }) => verb === "rename" ? objects : []);
  const container = renamed.find((it) => /^s\dc\d$/.test(it)) ?? "";
  const chip = page.locator("#objects .chip").getByText(container, { exact: true });
  await chip.click();
  assertEquals(await chip.getAttribute("aria-pressed"), "true");
  const meant = steps.filter((it) => it.objects.includes(container));
  assertEquals(
    await page.locator("#count").innerText(),
    `${meant.length} of ${steps.length} steps`,
  );
  await page.locator("#search").fill("rename");
  const both = meant.filter((it) => it.verb === "rename");
  assertEquals(await page.locator("#count").innerText(), `${both.length} of ${steps.length} steps`);
  assert(both.length > 0);
  await page.locator("#clear").click();
  assertEquals(await page.locator("#count").innerText(), "");

  const canvas = page.locator("#timeline-failing canvas");
  const bySteps = await canvas.screenshot();
  await page.getByText("virtual time", { exact: true }).click();
  assertNotEquals(await canvas.screenshot(), bySteps);
  await page.locator("#runs").getByText("passing").click();
  assertEquals(await canvas.isVisible(), false);
  assertEquals(problems, []);
});

browserTest("whatever a container says stays text", async () => {
  const report = await lockReport();
  const evil = `</script></style><img src=x onerror="document.title='evil'"><script>1</script>"'&`;
  const spoil = (trace: Trace): Trace => ({
    tasks: trace.tasks.map((it) => ({ ...it, name: `${it.name} ${evil}` })),
    steps: trace.steps.map((it) => ({
      ...it,
      arguments: evil,
      detail: evil,
      outcome: evil,
      objects: [evil],
    })),
    pending: [],
  });
  await using opened = await openReport({
    ...report,
    title: evil,
    message: `${evil}\n${evil}`,
    invariant: evil,
    replayCommand: evil,
    program: [evil],
    deviations: report.deviations.map((it) => ({ ...it, text: evil })),
    failing: spoil(report.failing),
    passing: spoil(report.failing),
    before: [evil],
    after: [`${evil}2`],
    waitText: evil,
  });
  const { page, problems } = opened;
  await page.locator(".deviations a").first().click();
  assertEquals(await page.locator("img").count(), 0);
  assertEquals(await page.title(), evil);
  assertEquals(await page.locator("h1").textContent(), evil);
  assertEquals(await page.locator("#details pre").textContent(), evil);
  assertEquals(problems, []);
});

/** Many runs as if they were one. */
async function longRun(stepsMin: number): Promise<FailureReport> {
  const report = await lifecycleReport(6, 40);
  const traces: Trace[] = [];
  for (let seed = 1; traces.reduce((sum, it) => sum + it.steps.length, 0) < stepsMin; seed++) {
    traces.push((await lifecycleReport(seed, 40)).failing);
  }
  let [number, micros] = [0, 0];
  const failing: Trace = {
    tasks: traces.flatMap(({ tasks }, run) =>
      tasks.map((it) => ({
        ...it,
        key: `${run} ${it.key}`,
        parent: it.parent && `${run} ${it.parent}`,
      }))
    ),
    steps: traces.flatMap(({ steps }, run) =>
      steps.map((it) => ({
        ...it,
        number: ++number,
        elapsedMicros: ++micros,
        task: `${run} ${it.task}`,
        wokenBy: undefined,
      }))
    ),
    pending: [],
  };
  return { ...report, failing };
}

browserTest(
  "5,000 steps stay fluid: a frame takes less than a sixtieth second of the processor",
  async () => {
    const report = await longRun(5_000);
    assert(report.failing.steps.length >= 5_000);
    await using opened = await openReport(report, { width: 1600 });
    const { page, problems } = opened;
    await page.locator("#lanes").getByText("all").click();
    await page.locator("#zoom-all").click();
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const cpuSeconds = async () => {
      const { metrics } = await session.send("Performance.getMetrics");
      return metrics.find((it) => it.name === "TaskDuration")?.value ?? NaN;
    };
    const frames = 60;
    const before = await cpuSeconds();
    await page.evaluate(`(async () => {
    const canvas = document.querySelector("#timeline-failing canvas");
    for (let i = 0; i < ${frames}; i++) {
      const turn = { deltaY: i < 40 ? -8 : 16, ctrlKey: true, bubbles: true, cancelable: true };
      canvas.dispatchEvent(new WheelEvent("wheel", turn));
      await new Promise(requestAnimationFrame);
    }
  })()`);
    const perFrame = (await cpuSeconds() - before) / frames;
    assert(perFrame < 1 / 60, `a frame takes ${(perFrame * 1e3).toFixed(1)} ms`);
    assertEquals(problems, []);
  },
);
