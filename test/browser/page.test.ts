import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { builtPage } from "./build-page.ts";
import { findChromium, openChromium } from "./chromium.ts";
import { type MockService, startMock } from "./mock-api.ts";
import { createWorld, withKeys } from "./mock-world.ts";

const chromium = findChromium();
if (chromium === null) console.warn("SKIPPED: browser tests of the live page (no Chromium; name one with CHROMIUM)");

const VIEWS = [
  "/",
  "/m/support-bot?key=bot-fr",
  "/m/checkout-latency",
  "/m/assistant-beta",
  "/signals",
  "/rejected",
  "/health",
];

describe.skipIf(chromium === null)("the live page in Chromium", () => {
  let browser: Browser;
  let folder: string;
  let service: MockService;
  let context: BrowserContext;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await builtPage();
    browser = await openChromium(chromium!);
  });
  afterAll(async () => {
    await browser?.close();
  });
  afterEach(async () => {
    await context.close();
    await service.close();
  });

  async function visit(address: string, width = 1440, height = 900, world = createWorld(Date.now())): Promise<Page> {
    complaints.length = 0;
    service = await startMock({ page: folder, now: Date.now(), world });
    context = await browser.newContext({ viewport: { width, height } });
    const tab = await context.newPage();
    tab.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    tab.on("pageerror", (error) => complaints.push(String(error)));
    await tab.goto(service.url + address);
    return tab;
  }

  test("every view draws without a word on the console, under a policy that allows no inline script or style", async () => {
    const tab = await visit("/");
    for (const view of VIEWS) {
      await tab.goto(service.url + view);
      await tab.locator("main h1").waitFor();
      await tab.waitForTimeout(150);
    }
    expect(complaints).toEqual([]);
  });

  test("no view is wider than a phone of 390 pixels", async () => {
    const tab = await visit("/", 390, 844);
    for (const view of VIEWS) {
      await tab.goto(service.url + view);
      await tab.locator("main h1").waitFor();
      await tab.waitForTimeout(150);
      const width = await tab.evaluate("document.documentElement.scrollWidth");
      expect(width, view).toBe(390);
    }
  });

  test("the overview says in a sentence what is up and puts the drifting monitor first", async () => {
    const tab = await visit("/");
    await tab.locator(".row").first().waitFor();
    expect(await tab.locator("h1").textContent()).toMatch(
      /^4 monitors, 1 drifting since .+, 1 still learning, 0 alerts waiting, 3 events behind\.$/,
    );
    expect(await tab.locator(".row h2").allInnerTexts()).toEqual([
      "support-bot",
      "assistant-beta",
      "basket-value",
      "checkout-latency",
    ]);
    expect(await tab.locator(".row .state").allInnerTexts()).toEqual(["drifting", "learning", "steady", "steady"]);
  });

  test("a change that the event stream tells is seen and announced without a reload", async () => {
    const tab = await visit("/");
    await tab.locator(".row").first().waitFor();
    await tab.locator(".freshness.is-live").waitFor();
    service.tell((before) => ({
      ...before,
      monitors: before.monitors.map((one) =>
        one.name === "basket-value" ? { ...one, status: "warning", keys: { ...one.keys, steady: 0, warning: 1 } } : one,
      ),
    }));
    await expect
      .poll(() => tab.locator(".row .state").allInnerTexts())
      .toEqual(["drifting", "warning", "learning", "steady"]);
    await expect.poll(() => tab.locator("#announcer").textContent()).toContain("basket-value is warning.");
  });

  test("a lost connection is said, with the age of the data, and its return too", async () => {
    const tab = await visit("/");
    await tab.locator(".freshness.is-live").waitFor();
    service.cut(true);
    await tab.locator(".freshness.is-lost").waitFor();
    await expect.poll(() => tab.locator(".freshness").textContent()).toMatch(/Connection lostdata .+ old/);
    service.cut(false);
    await tab.locator(".freshness.is-live").waitFor({ timeout: 20_000 });
  });

  test("the keyboard reaches everything: skip link, pages, rows; the chart's cursor walks with the arrow keys", async () => {
    const tab = await visit("/");
    await tab.locator(".row").first().waitFor();
    const focused = () => tab.evaluate("document.activeElement.textContent.trim()");
    await tab.keyboard.press("Tab");
    expect(await focused()).toBe("Skip to content");
    const reached: unknown[] = [];
    for (let i = 0; i < 9; i += 1) {
      await tab.keyboard.press("Tab");
      reached.push(await focused());
    }
    expect(reached).toEqual([
      "Tidegauge",
      "Overview",
      "Signals",
      "Rejected",
      "Health",
      "support-bot",
      "assistant-beta",
      "basket-value",
      "checkout-latency",
    ]);
    await tab.locator(".row h2 a").first().press("Enter");
    await tab.waitForURL("**/m/support-bot?key=bot-fr");
    const plot = tab.locator(".plot");
    await plot.focus();
    await plot.press("End");
    const last = await plot.getAttribute("aria-valuetext");
    await plot.press("ArrowLeft");
    const before = await plot.getAttribute("aria-valuetext");
    expect(last).toMatch(/^Event 6,939, .+: 9\.33 times the alarm line$/);
    expect(before).toMatch(/^Event 6,907, /);
  });

  test("a person reads since when, what is new, and can say that it was a false alarm", async () => {
    const tab = await visit("/m/support-bot?key=bot-fr");
    await tab.locator(".clusters").waitFor();
    expect(await tab.locator(".lead").textContent()).toMatch(
      /^Since about .+ 21\s% of texts are about card delivery, france, arrive; before 0\.3\s%\.$/,
    );
    expect(await tab.locator(".cluster").first().textContent()).toMatch(/69× as often.*before0\.3\s%now21\s%/);
    await tab.getByRole("button", { name: "False alarm" }).click();
    await tab.getByLabel("Why (optional)").fill("a campaign of ours");
    await tab.getByRole("button", { name: "Mark as false alarm" }).click();
    await tab.getByText("Marked as a false alarm.").waitFor();
    expect(service.commands).toEqual([
      {
        path: "/api/v1/monitors/support-bot/keys/bot-fr/feedback",
        body: { kind: "false-alarm", episode: "ep_fr2", note: "a campaign of ours" },
      },
    ]);
  });

  test("the table holds the numbers of the chart, newest first, with what happened", async () => {
    const tab = await visit("/m/checkout-latency");
    await tab.getByRole("button", { name: "Table" }).click();
    const rows = tab.locator(".chart-table tbody tr");
    expect(await rows.first().textContent()).toMatch(/62,684–62,939/);
    await tab.getByRole("button", { name: /^Show all/ }).click();
    // 240 stretches, one of them parted at the alarm.
    expect(await rows.count()).toBe(241);
    expect(await tab.locator(".noted").allInnerTexts()).toEqual([
      expect.stringContaining("over"),
      expect.stringContaining("alarm"),
      expect.stringContaining("change began"),
    ]);
  });

  test("ten thousand keys: those in need first, only what is in sight is drawn, the last one can be scrolled to", async () => {
    const tab = await visit("/m/support-bot", 1440, 900, withKeys(createWorld(Date.now()), 10_000));
    const list = tab.getByRole("listbox", { name: "Keys" });
    const lines = list.getByRole("option");
    await lines.first().waitFor();
    expect(await lines.first().textContent()).toContain("bot-fr");
    expect(await lines.count()).toBeLessThan(60);
    const scrollAndLook = async () => {
      await tab.evaluate("document.querySelector('.keys-list').scrollTop = 1e9");
      return await list.getByText("key-09999").count();
    };
    await expect.poll(scrollAndLook, { timeout: 25_000, interval: 30 }).toBe(1);
    expect(await lines.count()).toBeLessThan(60);
    await tab.getByRole("searchbox", { name: "Search keys" }).fill("key-0042");
    await expect
      .poll(() => lines.allTextContents().then((texts) => texts.map((text) => text.slice(0, 9))))
      .toEqual(Array.from({ length: 10 }, (_, i) => `key-0042${i}`));
  });

  test("a wrong address and a missing monitor say so and lead on", async () => {
    const tab = await visit("/m/nowhere");
    await tab.getByRole("heading", { name: "There is no monitor called nowhere" }).waitFor();
    await tab.goto(`${service.url}/nothing/here`);
    await tab.getByRole("heading", { name: "There is no page here" }).waitFor();
    await tab.getByRole("link", { name: "Go to the overview" }).click();
    await tab.locator(".row").first().waitFor();
  });

  test("what a first visit transfers is at most 250 KiB, and nothing comes from elsewhere", async () => {
    const tab = await visit("/");
    const asked: string[] = [];
    tab.on("request", (request) => asked.push(request.url()));
    await tab.reload();
    await tab.locator(".row").first().waitFor();
    expect(asked.filter((url) => !url.startsWith(service.url) && !url.startsWith("data:"))).toEqual([]);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(file.parentPath, file.name))).length, 0);
    expect(bytes).toBeLessThan(250 * 1024);
  });
});
