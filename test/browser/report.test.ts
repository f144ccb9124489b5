import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backtest } from "../../cli/commands/backtest.ts";
import { seriousFindings } from "./axe.ts";
import { builtReport } from "./build-page.ts";
import { findChromium, openChromium } from "./chromium.ts";

const chromium = findChromium();
if (chromium === null)
  console.warn("SKIPPED: the backtest's report in a browser (no Chromium; name one with CHROMIUM)");

const EVIL = "</script><script>document.title='evil'</script><img src=x onerror=\"document.title='evil'\">";
const folder = mkdtempSync(join(tmpdir(), "tidegauge-report-"));
const file = (name: string) => join(folder, name);

const CONFIG = `monitors:
  latency:
    detector: numeric
    key: /key
    reference: { first: 400 }
    falseAlarms: { events: 10000 }
  classic:
    detector: numeric
    options: { algorithm: page-hinkley }
  words:
    detector: short-text
    reference: { first: 300 }
    falseAlarms: { events: 5000 }
`;

/** A small generator, so that the streams are the same every time. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function numbers(): string {
  const random = randomOf(20);
  const lines: string[] = [];
  for (let i = 0; i < 6_000; i++) {
    const key = i % 3 === 0 ? EVIL : `key-${i % 3}`;
    const shift = key === EVIL && i > 3_000 ? 1.5 : 0;
    lines.push(
      JSON.stringify({ key, time: 1_760_000_000_000 + i * 1_000, value: random() + random() + random() + shift }),
    );
  }
  lines.splice(50, 0, "not json <script>");
  return `${lines.join("\n")}\n`;
}

function texts(): string {
  const random = randomOf(11);
  const usual = ["card", "order", "parcel", "invoice", "password", "refund", "account", "address", "phone", "bill"];
  const asked = [
    "where is",
    "what about",
    "I lost",
    "please change",
    "how long for",
    "nobody answers about",
    "thanks for",
  ];
  const of = (words: readonly string[]) => words[Math.floor(random() * words.length)]!;
  const usually = () =>
    `${of(asked)} my ${of(usual)} and ${of(asked)} the ${of(usual)} of ${Math.floor(random() * 400)}`;
  const lines: string[] = [];
  for (let i = 0; i < 1_500; i++) {
    const strange = i > 800 && random() < 0.6;
    const text = strange ? `${EVIL} voucher gift for ${of(usual)} ${Math.floor(random() * 400)}` : usually();
    lines.push(JSON.stringify({ text }));
  }
  return `${lines.join("\n")}\n`;
}

async function reportOf(monitor: string, input: string, name: string): Promise<string> {
  const argv = ["-q", "-c", file("tidegauge.yaml"), "-m", monitor, "-i", file(input), "--report", file(name)];
  expect(await backtest.run(argv)).toBe(0);
  return file(name);
}

beforeAll(async () => {
  await builtReport();
  writeFileSync(file("tidegauge.yaml"), CONFIG);
  writeFileSync(file("numbers.ndjson"), numbers());
  writeFileSync(file("texts.ndjson"), texts());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the report is one file, the same every time, and what events said is in it as data only", async () => {
  const html = readFileSync(await reportOf("latency", "numbers.ndjson", "one.html"), "utf8");
  expect(readFileSync(await reportOf("latency", "numbers.ndjson", "two.html"), "utf8")).toBe(html);
  expect(html).not.toContain("<img");
  expect(html.match(/<script/g)).toHaveLength(2);
  expect(html).not.toMatch(/(src|href)="/);
  expect(html).toContain("default-src 'none'");
  expect(statSync(file("one.html")).size).toBeLessThan(1_000_000);
});

test("a classic algorithm has no line, and so nothing is asked about others", async () => {
  const html = readFileSync(await reportOf("classic", "numbers.ndjson", "classic.html"), "utf8");
  const data = JSON.parse(/id="report">(.*?)<\/script>/.exec(html)![1]!) as { whatIf: unknown; promise: unknown };
  expect(data).toMatchObject({ whatIf: null, promise: null });
});

test("a report that would overwrite its input is refused", async () => {
  const argv = ["-q", "-c", file("tidegauge.yaml"), "-m", "latency", "-i", file("numbers.ndjson")];
  await expect(backtest.run([...argv, "--report", file("numbers.ndjson")])).rejects.toThrow(/--report .* is the input/);
});

describe.skipIf(chromium === null)("opened from disk", () => {
  let browser: Browser;
  const complaints: string[] = [];
  const asked: string[] = [];
  beforeAll(async () => {
    browser = await openChromium(chromium!);
  });
  afterAll(async () => {
    await browser?.close();
  });

  async function open(path: string, width: number, scheme: "light" | "dark" = "light"): Promise<Page> {
    complaints.length = 0;
    asked.length = 0;
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
    const tab = await context.newPage();
    tab.on("console", (message) => complaints.push(message.text()));
    tab.on("pageerror", (error) => complaints.push(String(error)));
    tab.on("request", (request) => asked.push(request.url()));
    await tab.goto(pathToFileURL(path).href);
    await tab.locator("h1").waitFor();
    return tab;
  }

  test("numbers: the alarm of the key in need, its curve, and other promises by a slider; no network, no word on the console", async () => {
    const path = await reportOf("latency", "numbers.ndjson", "numbers.html");
    const tab = await open(path, 1440);
    expect(await tab.locator("h1").textContent()).toMatch(/^1 alarm in 6,000 events of 3 keys, on 1 key\.$/);
    expect(await tab.locator(".report-head").textContent()).toMatch(/Rejected\s*not json 1/);
    expect(await tab.locator("h2.name").textContent()).toContain(EVIL);
    expect(await tab.locator(".monitor .lead").textContent()).toMatch(/values are higher/);
    await tab.locator(".plot canvas").waitFor();
    const slider = tab.getByRole("slider", { name: /One false alarm in/ });
    await slider.focus();
    await slider.press("ArrowRight");
    expect(await slider.getAttribute("aria-valuetext")).toMatch(
      /^One false alarm in 13,300 events: 1 alarm, 1 of 1 of this run, \d+ events after the change began, 0 others$/,
    );
    await slider.press("End");
    expect(await slider.getAttribute("aria-valuetext")).toMatch(/^One false alarm in 1,000,000 events: 1 alarm/);
    await tab.getByRole("searchbox", { name: "Search keys" }).fill("key-2");
    await tab.getByRole("link", { name: /key-2/ }).click();
    await expect.poll(() => tab.locator("h2.name").textContent()).toMatch(/^key-2 2,000 events$/);
    expect(await tab.title()).toBe("latency · backtest · Tidegauge");
    expect(asked).toEqual([pathToFileURL(path).href]);
    expect(complaints).toEqual([]);
    await tab.context().close();
  });

  test("texts: explained by what is new in them, markup and all", async () => {
    const tab = await open(await reportOf("words", "texts.ndjson", "texts.html"), 1440);
    await tab.locator(".cluster").first().waitFor();
    expect(await tab.locator(".explanation").textContent()).toMatch(/voucher|gift|strange/);
    await tab.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })");
    expect(await tab.locator("img").count()).toBe(0);
    expect(await tab.locator("body").textContent()).toContain("<img src=x");
    expect(await tab.title()).toBe("words · backtest · Tidegauge");
    expect(complaints).toEqual([]);
    await tab.context().close();
  });

  test.each(["light", "dark"] as const)(
    "%s: nothing serious for axe, and no wider than a phone of 390 pixels",
    async (scheme) => {
      for (const [monitor, input] of [
        ["latency", "numbers.ndjson"],
        ["words", "texts.ndjson"],
      ] as const) {
        const path = await reportOf(monitor, input, "axe.html");
        for (const width of [1440, 390]) {
          const tab = await open(path, width, scheme);
          await tab.locator(".plot canvas").waitFor();
          expect(await tab.evaluate("document.documentElement.scrollWidth"), `${monitor} ${width}`).toBe(width);
          expect(await seriousFindings(tab), `${monitor} ${width}`).toEqual([]);
          await tab.context().close();
        }
      }
    },
    120_000,
  );
});
