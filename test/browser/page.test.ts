import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { seriousFindings } from "./axe.ts";
import { builtPage } from "./build-page.ts";
import { findChromium, openChromium } from "./chromium.ts";
import { type MockService, startMock } from "./mock-api.ts";
import { createWorld, type World, withDead, withHistory, withKeys } from "./mock-world.ts";

const chromium = findChromium();
if (chromium === null) console.warn("SKIPPED: browser tests of the live page (no Chromium; name one with CHROMIUM)");

const VIEWS = [
  "/",
  "/m/support-bot?key=bot-fr",
  "/m/checkout-latency",
  "/m/assistant-beta",
  "/alarms?state=any",
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

  interface Visit {
    readonly width?: number;
    readonly world?: World;
    readonly access?: "none" | "read" | "write";
    readonly colorScheme?: "light" | "dark";
    readonly silent?: Map<string, number>;
  }

  async function visit(address: string, options: Visit = {}): Promise<Page> {
    const {
      width = 1440,
      world = createWorld(Date.now()),
      access = "write",
      colorScheme = "light",
      silent = new Map(),
    } = options;
    complaints.length = 0;
    service = await startMock({ page: folder, now: Date.now(), world, access, silent });
    context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
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
      await tab.locator("main h1").first().waitFor();
      await tab.waitForTimeout(150);
    }
    expect(complaints).toEqual([]);
  });

  test("what is known before the page listens is shown too", async () => {
    const tab = await visit("/health");
    // Answers within the same task as the first drawing, long before any effect.
    await tab.addInitScript(() => {
      const ask = globalThis.fetch;
      const body = JSON.stringify({ access: "write", tokenWanted: false });
      globalThis.fetch = async (...question: Parameters<typeof fetch>) =>
        String(question[0]).endsWith("/session")
          ? ({ ok: true, status: 200, text: async () => body } as Response)
          : ask(...question);
    });
    await tab.reload();
    await tab.locator("main h1").waitFor();
  });

  test("a question that is never answered is asked again", async () => {
    const silent = new Map([
      ["/api/v1/session", 1],
      ["/api/v1/signals", 1],
    ]);
    const tab = await visit("/signals", { silent });
    await tab.getByText("The service does not answer.").first().waitFor({ timeout: 60_000 });
    await tab.locator(".signal").first().waitFor({ timeout: 60_000 });
    expect([...silent.values()]).toEqual([0, 0]);
  }, 150_000);

  test.each([
    ["light", 1440],
    ["dark", 1440],
    ["light", 390],
    ["dark", 390],
  ] as const)(
    "%s at %i pixels: axe finds nothing serious on any view, its folds open",
    async (colorScheme, width) => {
      const tab = await visit("/", { width, colorScheme, world: withDead(createWorld(Date.now())) });
      for (const view of [...VIEWS, "/m/nowhere"]) {
        await tab.goto(service.url + view);
        await tab.locator("main h1").first().waitFor();
        await tab.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })");
        expect(await seriousFindings(tab), view).toEqual([]);
      }
      await tab.goto(service.url);
      await tab.locator(".row").first().waitFor();
      await tab.keyboard.press("?");
      await tab.locator("dialog[open]").waitFor();
      expect(await seriousFindings(tab), "shortcuts").toEqual([]);
    },
    240_000,
  );

  test("no view is wider than a phone of 390 pixels", async () => {
    const tab = await visit("/", { width: 390 });
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
    await tab.locator(".freshness.is-live").waitFor({ timeout: 60_000 });
  });

  test("the keyboard reaches everything: skip link, pages, rows; the chart's cursor walks with the arrow keys", async () => {
    const tab = await visit("/");
    await tab.locator(".row").first().waitFor();
    const focused = () => tab.evaluate("document.activeElement.textContent.trim()");
    await tab.keyboard.press("Tab");
    expect(await focused()).toBe("Skip to content");
    const reached: unknown[] = [];
    for (let i = 0; i < 10; i += 1) {
      await tab.keyboard.press("Tab");
      reached.push(await focused());
    }
    expect(reached).toEqual([
      "Tidegauge",
      "Overview",
      "Alarms",
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

  test("alarms that wait are in one list: each leads to its explanation, and is acknowledged there and then", async () => {
    const tab = await visit("/alarms");
    const rows = tab.locator(".alarm");
    await rows.first().waitFor();
    expect(await rows.count()).toBe(1);
    await tab.getByRole("button", { name: "Acknowledge drift of support-bot, bot-fr" }).click();
    await tab.getByText("1 alarm acknowledged.").waitFor();
    expect(service.commands).toEqual([{ path: "/api/v1/episodes/ep_fr2/acknowledge", body: {} }]);
    await rows.getByText("acknowledged", { exact: true }).waitFor();
    await tab.getByLabel("State").selectOption("any");
    await expect.poll(() => rows.count()).toBe(3);
    expect(new URL(tab.url()).search).toBe("?state=any");
    await rows.first().getByRole("link").click();
    await tab.waitForURL("**/m/support-bot?key=bot-fr&episode=ep_fr2");
    await tab.locator(".clusters").waitFor();
  });

  test("the address of an alert shows its alarm, also when that is over and another one is on", async () => {
    const tab = await visit("/m/support-bot?key=bot-fr&episode=ep_fr1");
    await tab.locator(".lead-past").waitFor();
    expect(await tab.locator(".alarms .is-chosen a").getAttribute("href")).toContain("episode=ep_fr1");
  });

  test("who may only read sees everything, and why nothing can be changed", async () => {
    const tab = await visit("/alarms", { access: "read", world: withDead(createWorld(Date.now())) });
    const acknowledge = tab.getByRole("button", { name: /^Acknowledge/ });
    await acknowledge.waitFor();
    expect(await acknowledge.isDisabled()).toBe(true);
    await tab.getByText("Read only: sign in with the service's token to do this.").waitFor();
    await tab.goto(`${service.url}/m/support-bot?key=bot-fr`);
    await tab.locator(".clusters").waitFor();
    for (const name of ["Acknowledge", "This is the new normal", "False alarm"])
      expect(await tab.getByRole("button", { name, exact: true }).isDisabled(), name).toBe(true);
    await tab.goto(`${service.url}/health`);
    expect(await tab.getByRole("button", { name: "Deliver to ops again" }).isDisabled()).toBe(true);
    expect(service.commands).toEqual([]);
  });

  test("before the token is given nothing is asked for that would be refused", async () => {
    const tab = await visit("/alarms", { access: "none" });
    await tab.getByRole("heading", { name: "This service asks for its token" }).waitFor();
    await tab.waitForTimeout(500);
    expect(complaints).toEqual([]);
    expect(await seriousFindings(tab)).toEqual([]);
    await tab.getByRole("button", { name: "Sign in" }).click();
    await tab.getByLabel("The service's token").waitFor();
    expect(await seriousFindings(tab)).toEqual([]);
  });

  test("alerts that were given up are seen with the reason, and tried again", async () => {
    const tab = await visit("/health", { world: withDead(createWorld(Date.now())) });
    await tab.getByRole("cell", { name: "ops answers 503" }).waitFor();
    expect(await tab.getByRole("link", { name: "support-bot, bot-fr: drift opened" }).getAttribute("href")).toBe(
      "/m/support-bot?key=bot-fr&episode=ep_fr2",
    );
    await tab.getByRole("button", { name: "Deliver to ops again" }).click();
    await tab.getByText("1 alert to ops tried again.").waitFor();
    expect(service.commands).toEqual([{ path: "/api/v1/alerts/ops/redeliver", body: {} }]);
  });

  test("a refused record can be fetched, mended and sent again", async () => {
    const tab = await visit("/rejected");
    await tab.locator(".letter summary").first().click();
    expect(await tab.locator(".letter .code pre").first().textContent()).toBe(
      "tidegauge dead-letters replay -c tidegauge.yaml --monitor 'support-bot' --reason not-json",
    );
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

  test("who has seen an alarm and when another reference was learnt stand at the foot of the chart and in the table", async () => {
    const tab = await visit("/m/support-bot?key=bot-fr");
    await tab.getByRole("button", { name: "Table" }).click();
    const noted = (await tab.locator(".noted").allInnerTexts()).join("\n");
    expect(noted).toContain("acknowledged");
    expect(noted).toContain("reference 2 learnt");
    expect(noted).not.toContain("reference 1");
  });

  test("a key's whole history is in reach, and the finer curve of what one zooms into, by mouse and by keyboard", async () => {
    const tab = await visit("/m/checkout-latency", { world: withHistory(createWorld(Date.now()), 6_000) });
    const plot = tab.locator(".plot");
    const rows = async () => Number(await plot.getAttribute("aria-valuemax")) + 1;
    await plot.waitFor();
    expect(await rows()).toBe(1_500);
    await tab.getByRole("button", { name: "All", exact: true }).click();
    await plot.focus();
    const first = async () => {
      await plot.press("Home");
      return await plot.getAttribute("aria-valuetext");
    };
    // Four points told as one.
    await expect.poll(first).toMatch(/^Event 1,023, /);
    const box = (await plot.locator(".u-over").boundingBox())!;
    await tab.mouse.move(box.x + 1, box.y + 50);
    await tab.mouse.down();
    await tab.mouse.move(box.x + box.width / 20, box.y + 50, { steps: 5 });
    await tab.mouse.up();
    const stride = async () => {
      const event = (text: string | null) => Number(/[\d,]+/.exec(text ?? "")![0].replaceAll(",", ""));
      const from = event(await first());
      await plot.press("ArrowRight");
      return event(await plot.getAttribute("aria-valuetext")) - from;
    };
    await expect.poll(stride).toBe(256);
    await expect.poll(rows).toBeLessThan(400);
    await plot.press("Escape");
    await expect.poll(rows).toBe(1_500);
    await plot.press("End");
    await plot.press("+");
    await tab.getByRole("button", { name: "Show everything" }).waitFor();
    await tab.getByRole("button", { name: "Newest", exact: true }).click();
    await expect.poll(first).toMatch(/^Event 1,152,255, /);
    expect(complaints).toEqual([]);
  });

  test("ten thousand keys: those in need first, only what is in sight is drawn, the last one can be scrolled to", async () => {
    const tab = await visit("/m/support-bot", { world: withKeys(createWorld(Date.now()), 10_000) });
    const list = tab.getByRole("listbox", { name: "Keys" });
    const lines = list.getByRole("option");
    await lines.first().waitFor();
    expect(await lines.first().textContent()).toContain("bot-fr");
    expect(await lines.count()).toBeLessThan(60);
    // One wheel to the end: what is fetched meanwhile moves the end away, and a person at it goes on.
    const atEnd = async () => {
      await tab.evaluate("document.querySelector('.keys-list').scrollTop = 1e9");
      return await list.getByText("key-09999").count();
    };
    await expect.poll(atEnd, { timeout: 60_000, interval: 50 }).toBe(1);
    expect(await lines.count()).toBeLessThan(60);
    await tab.getByRole("searchbox", { name: "Search keys" }).fill("key-0042");
    await expect
      .poll(() => lines.allTextContents().then((texts) => texts.map((text) => text.slice(0, 9))))
      .toEqual(Array.from({ length: 10 }, (_, i) => `key-0042${i}`));
  }, 90_000);

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
